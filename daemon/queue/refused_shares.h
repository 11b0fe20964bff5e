// What is kept in refused/: so many files and so many bytes, shared among the parties. One more takes the place of the
// oldest of the party that has the most. What lies there counts for nobody in drop/, so it is a small part of the disk,
// and gives way where that lacks what a user needs to drop an alert; but the little that a party has is kept. Pure.
#pragma once

#include "queue/drop_box.h"
#include "spool/disk.h"
#include "spool/refused_directory.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace postern::queue {

inline constexpr std::size_t kRefusedFiles = 1000;
inline constexpr std::uint64_t kRefusedBytes = 256ULL << 20U;  ///< on the disk, and no more than a sixteenth of it
/// Of one party, which does not give way to what the disk lacks.
inline constexpr std::size_t kLittleRefusedFiles = 16;
inline constexpr std::uint64_t kLittleRefusedBytes = 1ULL << 20U;

/// What refused/ may have on a disk, and what that lacks of the last part that postern-drop shares out.
struct RefusedRoom {
  std::uint64_t bytes = kRefusedBytes;
  std::uint64_t lacking_bytes = 0;
  std::uint64_t lacking_inodes = 0;
};
[[nodiscard]] RefusedRoom refused_room(const spool::Space& space);

class RefusedShares {
 public:
  explicit RefusedShares(PartyOf party) : party_(std::move(party)) {}

  void clear();
  void add(spool::RefusedFile file);
  /// From now on, until another.
  void use(const RefusedRoom& room) { room_ = room; }
  /// While too much is kept: what goes next, and counts no more, neither as kept nor as lacking.
  [[nodiscard]] std::optional<spool::RefusedFile> displaced();

 private:
  struct Share {
    std::map<std::pair<WallTime, std::string>, spool::RefusedFile> files;
    std::uint64_t bytes = 0;
  };

  using Shares = std::map<std::uint32_t, Share>;
  /// The share that is to give way; the end: none.
  [[nodiscard]] Shares::iterator too_large();

  PartyOf party_;
  RefusedRoom room_;
  Shares shares_;
  std::size_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace postern::queue
