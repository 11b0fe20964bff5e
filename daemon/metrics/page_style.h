// The style sheet of the page for browsers.
#pragma once

#include "metrics/html.h"

#include <string>

namespace postern::metrics {

[[nodiscard]] Literal page_style();
/// Its hash as a source of the policy that the page is sent with: "'sha256-...'" (CSP 3).
[[nodiscard]] const std::string& page_style_source();

}  // namespace postern::metrics
