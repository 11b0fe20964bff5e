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

/// The first recipient's status that is doubtful; null: none is.
[[nodiscard]] inline const Status* first_doubtful(const DeliveryReport& report) {
  const auto found =
      std::ranges::find_if(report.recipients, [](const auto& status) { return status && status->doubtful; });
  return found == report.recipients.end() ? nullptr : &**found;
}

}  // namespace postern::mail
