#include "queue/doubt.h"

#include "base/zone.h"

#include <fmt/format.h>

namespace postern::queue {

std::string doubt_text(const std::vector<RecipientState>& states, std::string_view site, std::string_view sender,
                       WallTime until) {
  const RecipientState* most = nullptr;
  for (const RecipientState& one : states) {
    if (one.settled() || !one.last || !one.last->doubtful || !one.refused_since) continue;
    if (most == nullptr || one.doubtful > most->doubtful) most = &one;
  }
  if (most == nullptr) return {};
  // Of the refusals after these not each one is logged.
  const std::string_view at_least = most->doubtful < kProvingRefusals ? "" : "at least ";
  return fmt::format(
      "refused {}{} {} since {}, and it is not known whether this is about the message or the account; it fails when "
      "refused {} times over {} minutes and {} takes other mail from {}; until then it waits, at most until {}",
      at_least, most->doubtful, most->doubtful == 1 ? "time" : "times", local_text(*most->refused_since, "%b %e %H:%M"),
      kProvingRefusals, kProvingTime.count() / 60, site, sender, local_text(until, "%b %e %H:%M"));
}

}  // namespace postern::queue
