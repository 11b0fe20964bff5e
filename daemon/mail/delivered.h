// Asked of a report by whoever sends mail and by whoever judges a site.
#pragma once

#include "mail/report.h"

#include <algorithm>

namespace postern::mail {

/// Somebody was reached.
[[nodiscard]] inline bool delivered_any(const DeliveryReport& report) {
  return std::ranges::any_of(report.recipients,
                             [](const auto& status) { return status && status->verdict == Verdict::delivered; });
}

}  // namespace postern::mail
