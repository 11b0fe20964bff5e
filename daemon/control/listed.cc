#include "control/listed.h"

#include <algorithm>
#include <utility>

namespace postern::control {

Task<std::vector<Listed>> next_page(queue::Listing& listing) {
  std::vector<queue::Entry> page = co_await listing.next();
  std::vector<Listed> listed;
  listed.reserve(page.size());
  for (queue::Entry& entry : page) {
    const std::size_t all = entry.recipients.size();
    if (all > kListedRecipients) {
      entry.recipients.resize(kListedRecipients);
      entry.recipients.shrink_to_fit();
    }
    listed.push_back(Listed{std::move(entry), all});
  }
  co_return listed;
}

std::uint64_t others(const queue::Totals& totals, std::uint64_t listed, const Caller& caller) {
  if (caller.administrator) return 0;
  const std::uint64_t all =
      totals.waiting + totals.active + totals.storm + totals.held + totals.failed + totals.corrupt + totals.owed;
  // Of a queue that moves while it is listed one's own may be more than are left.
  return all - std::min(all, listed);
}

}  // namespace postern::control
