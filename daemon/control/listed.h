// Messages as the listings of `postern queue list` and `mailq` show them.
#pragma once

#include "base/task.h"
#include "control/commands.h"
#include "queue/entry.h"
#include "queue/queue.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace postern::control {

/// Of a message with more recipients these are shown, and how many there are; `queue show` has them all.
inline constexpr std::size_t kListedRecipients = 100;

struct Listed {
  queue::Entry entry;
  std::size_t recipients = 0;  ///< all of them
};

/// The next ones; none: that was all. Shortened at once, since they may wait for long for
/// whoever reads the answer, and nobody's memory counts them.
Task<std::vector<Listed>> next_page(queue::Listing& listing);

/// How many messages of others there are besides those of this caller's own that were listed, which are all. Of an
/// administrator none: they were listed.
[[nodiscard]] std::uint64_t others(const queue::Totals& totals, std::uint64_t listed, const Caller& caller);

}  // namespace postern::control
