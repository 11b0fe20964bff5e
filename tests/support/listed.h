// A listing of entries that are there already.
#pragma once

#include "queue/queue.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace postern::test {

class Listed final : public queue::Listing {
 public:
  /// `entries` in order of acceptance.
  Listed(std::vector<queue::Entry> entries, const queue::Selection& selection) : entries_(std::move(entries)) {
    std::erase_if(entries_, [&](const queue::Entry& entry) {
      return (selection.after && entry.id <= *selection.after) || !queue::matches(selection, entry);
    });
  }
  Task<std::vector<queue::Entry>> next() override {
    const auto count = static_cast<std::ptrdiff_t>(std::min(kPage, entries_.size()));
    std::vector<queue::Entry> page(entries_.begin(), entries_.begin() + count);
    entries_.erase(entries_.begin(), entries_.begin() + count);
    co_return page;
  }

 private:
  std::vector<queue::Entry> entries_;
};

}  // namespace postern::test
