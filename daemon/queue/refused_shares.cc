#include "queue/refused_shares.h"

#include <algorithm>

namespace postern::queue {

void RefusedShares::clear() {
  shares_.clear();
  files_ = 0;
  bytes_ = 0;
}

void RefusedShares::add(spool::RefusedFile file) {
  Share& share = shares_[party_(file.uid)];
  const std::uint64_t bytes = file.bytes;
  const std::pair key(file.since, file.name);
  if (!share.files.emplace(key, std::move(file)).second) return;
  ++files_;
  share.bytes += bytes;
  bytes_ += bytes;
}

std::optional<spool::RefusedFile> RefusedShares::displaced() {
  if (files_ <= kRefusedFiles && bytes_ <= kRefusedBytes) return std::nullopt;
  const bool by_files = files_ > kRefusedFiles;
  const auto most = std::ranges::max_element(shares_, {}, [by_files](const auto& one) {
    return by_files ? std::uint64_t{one.second.files.size()} : one.second.bytes;
  });
  Share& share = most->second;
  spool::RefusedFile oldest = std::move(share.files.extract(share.files.begin()).mapped());
  --files_;
  share.bytes -= oldest.bytes;
  bytes_ -= oldest.bytes;
  if (share.files.empty()) shares_.erase(most);
  return oldest;
}

}  // namespace postern::queue
