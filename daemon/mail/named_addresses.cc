#include "mail/named_addresses.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace postern::mail {

void NamedAddresses::add(std::string address) {
  if (address.empty() || std::ranges::find(each_, address) != each_.end()) return;
  if (each_.size() == kMost || bytes_ + address.size() > kRoom) {
    ++left_out_;
    return;
  }
  bytes_ += address.size();
  each_.push_back(std::move(address));
}

std::string NamedAddresses::text(std::size_t all) const {
  const std::size_t shown = std::min(each_.size(), kInText);
  std::string text =
      fmt::format("{}", fmt::join(each_.begin(), each_.begin() + static_cast<std::ptrdiff_t>(shown), ","));
  const std::size_t known = std::max(all, each_.size() + left_out_);
  if (known > shown) text += fmt::format(" and {} more", known - shown);
  return text;
}

}  // namespace postern::mail
