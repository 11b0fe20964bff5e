// refused/: dropped files that are no mail, kept for a person to look at. Their owners may still have them open, so
// that what they hold and their modification time are not to be trusted. All calls block and belong on the disk pool.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "spool/disk.h"

#include <cstdint>
#include <functional>
#include <string>

namespace postern::spool {

struct RefusedFile {
  std::string name;
  std::uint32_t uid = 0;    ///< its owner
  std::uint64_t bytes = 0;  ///< that it takes from the disk
  WallTime since;           ///< since when it is here, or was changed last
};

class RefusedDirectory {
 public:
  /// `spool`/refused, made with the first file.
  explicit RefusedDirectory(const std::string& spool) : path_(spool + "/refused") {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(const RefusedFile& file) const { return path_ + "/" + file.name; }

  /// Each file, in no order; none where there is no directory. Failures: denied, io.
  Result<void> visit(const std::function<void(RefusedFile)>& each) const;
  /// Moves the file `name` of the open directory here, under a new name. Failures: not_found, io, denied, no_space.
  [[nodiscard]] Result<RefusedFile> take(int directory, const std::string& name) const;
  /// Failures: not_found, io, denied.
  [[nodiscard]] Result<void> remove(const std::string& name) const;
  /// Of the disk that it is on. Failures: not_found, denied, io.
  [[nodiscard]] Result<Space> space() const;
  /// The first bytes, at most `limit`, as they are; none where they cannot be read.
  [[nodiscard]] std::string beginning(const std::string& name, std::size_t limit) const;

 private:
  std::string path_;
};

}  // namespace postern::spool
