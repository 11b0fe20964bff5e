#include "history/unread.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace postern::history {

void Unread::add(const std::vector<std::string>& files) {
  count_ += files.size();
  for (const std::string& one : files) {
    if (named_.size() < kNamed) named_.push_back(one);
  }
}

std::string Unread::text() const {
  if (count_ == 0) return {};
  const bool one = count_ == 1;
  std::string text = fmt::format("{} {} of the history cannot be read as a whole, and what {} may be missing here: {}",
                                 count_, one ? "file" : "files", one ? "it has" : "they have", fmt::join(named_, "; "));
  if (count_ > named_.size()) text += fmt::format("; and {} more", count_ - named_.size());
  return text;
}

}  // namespace postern::history
