#include "queue/refused_shares.h"

#include <algorithm>

namespace postern::queue {
namespace {

constexpr std::uint64_t kPartOfDisk = 16;
// What postern-drop keeps free of ordinary users' messages, and the last part above it (sendmail-shim/drop).
constexpr std::uint64_t kDropBytes = (152ULL + 64) << 20U;
constexpr std::uint64_t kDropInodes = 2000 + 2000;
constexpr std::uint64_t kDropPart = 40;
constexpr std::uint64_t kDropMostBytes = 256ULL << 20U;
constexpr std::uint64_t kDropMostInodes = 25'000;

std::uint64_t less(std::uint64_t from, std::uint64_t what) { return from > what ? from - what : 0; }

}  // namespace

RefusedRoom refused_room(const spool::Space& space) {
  RefusedRoom room;
  if (space.total_bytes > 0) room.bytes = std::min(kRefusedBytes, space.total_bytes / kPartOfDisk);
  room.lacking_bytes = less(kDropBytes + std::min(space.total_bytes / kDropPart, kDropMostBytes), space.bytes);
  room.lacking_inodes = less(kDropInodes + std::min(space.total_inodes / kDropPart, kDropMostInodes), space.inodes);
  return room;
}

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

RefusedShares::Shares::iterator RefusedShares::too_large() {
  const auto files_of = [](const auto& one) { return one.second.files.size(); };
  const auto bytes_of = [](const auto& one) { return one.second.bytes; };
  const auto by_files = std::ranges::max_element(shares_, {}, files_of);
  if (by_files == shares_.end()) return by_files;
  const bool lacks_inodes = room_.lacking_inodes > 0 && files_of(*by_files) > kLittleRefusedFiles;
  if (files_ > kRefusedFiles || lacks_inodes) return by_files;
  const auto by_bytes = std::ranges::max_element(shares_, {}, bytes_of);
  const bool lacks_bytes = room_.lacking_bytes > 0 && bytes_of(*by_bytes) > kLittleRefusedBytes;
  return bytes_ > room_.bytes || lacks_bytes ? by_bytes : shares_.end();
}

std::optional<spool::RefusedFile> RefusedShares::displaced() {
  const auto most = too_large();
  if (most == shares_.end()) return std::nullopt;
  Share& share = most->second;
  spool::RefusedFile oldest = std::move(share.files.extract(share.files.begin()).mapped());
  --files_;
  share.bytes -= oldest.bytes;
  bytes_ -= oldest.bytes;
  room_.lacking_bytes = less(room_.lacking_bytes, oldest.bytes);
  room_.lacking_inodes = less(room_.lacking_inodes, 1);
  if (share.files.empty()) shares_.erase(most);
  return oldest;
}

}  // namespace postern::queue
