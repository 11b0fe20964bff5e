// Numbers and times as the page for browsers has them. Pure.
#pragma once

#include "base/clock.h"

#include <cstdint>
#include <string>

namespace postern::metrics {

/// "1,234,567"
[[nodiscard]] std::string grouped(std::uint64_t number);
/// How long a delivery took: "0.05 s", "3.2 s", "42 s", and from a minute on to_words().
[[nodiscard]] std::string delay_words(Milliseconds delay);

}  // namespace postern::metrics
