// What is kept in refused/: so many files and so many bytes, shared among the parties. One more takes the place of the
// oldest of the party that has the most. Pure.
#pragma once

#include "queue/drop_box.h"
#include "spool/refused_directory.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace postern::queue {

inline constexpr std::size_t kRefusedFiles = 1000;
inline constexpr std::uint64_t kRefusedBytes = 256ULL << 20U;  ///< on the disk

class RefusedShares {
 public:
  explicit RefusedShares(PartyOf party) : party_(std::move(party)) {}

  void clear();
  void add(spool::RefusedFile file);
  /// While too much is kept: what goes next, and counts no more.
  [[nodiscard]] std::optional<spool::RefusedFile> displaced();

 private:
  struct Share {
    std::map<std::pair<WallTime, std::string>, spool::RefusedFile> files;
    std::uint64_t bytes = 0;
  };

  PartyOf party_;
  std::map<std::uint32_t, Share> shares_;
  std::size_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace postern::queue
