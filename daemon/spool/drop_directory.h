// The drop directory: files that other users' processes put there by the set-gid helper, each a frame
// (smtp/drop_frame.h). Everything in it is hostile: it is opened without following or waiting, only ever copied, and
// moved out of the way if it is not what it must be. All calls block and belong on the disk pool.
#pragma once

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "spool/refused_directory.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace postern::spool {

/// A dropped file, open for reading. What it holds may change while it is read.
class DroppedFile {
 public:
  DroppedFile(UniqueFd file, std::uint32_t uid, std::uint64_t size) : file_(std::move(file)), uid_(uid), size_(size) {}

  [[nodiscard]] std::uint32_t uid() const { return uid_; }  ///< its owner, as the kernel knows it
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// The next bytes, at most `limit`; empty at the end. Failure: io.
  Result<std::string> read(std::size_t limit);

 private:
  UniqueFd file_;
  std::uint32_t uid_;
  std::uint64_t size_;
};

class DropDirectory {
 public:
  /// An unfinished file that nothing was done to for so long is removed, unless its helper still runs.
  static constexpr Seconds kAbandoned{3600};
  /// `spool`/drop, which is never made here.
  explicit DropDirectory(const std::string& spool, Seconds abandoned = kAbandoned)
      : path_(spool + "/drop"), abandoned_(abandoned) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  struct Entry {
    std::string name;
    std::uint32_t uid = 0;  ///< its owner; overflow_uid() where that cannot be seen
    /// Its modification time: the owner's word, and good for the order of that owner's files alone.
    std::chrono::sys_time<std::chrono::nanoseconds> changed;
  };
  /// Each file, one after the other and in no order, those that helpers have not finished left out. The directory is
  /// opened anew: it may have been made or replaced. Failures: not_found, denied (also if files cannot be removed from
  /// it), io.
  Result<void> visit(const std::function<void(Entry)>& each);
  struct Lying {
    std::size_t files = 0;
    std::optional<WallTime> oldest;           ///< since when it lies there, by the kernel's word
    std::optional<std::uint32_t> oldest_uid;  ///< the owner of that
  };
  /// What there is, also where it cannot be taken away; nothing where there is no drop directory. Failures: denied, io.
  [[nodiscard]] Result<Lying> lying() const;
  /// Failures: not_found (gone meanwhile), invalid (no regular file with one name, or larger than `limit`; the text
  /// says why), denied (the mode keeps us out), io.
  Result<std::shared_ptr<DroppedFile>> open(const std::string& name, std::uint64_t limit);
  /// Durably: the message is in the queue, and must not come again after a power failure. Failures: not_found, io.
  Result<void> remove(const std::string& name);
  struct Aside {
    std::uint32_t uid = 0;            ///< whose it was
    std::optional<RefusedFile> kept;  ///< nothing: it is removed
  };
  /// Out of the way: a regular file goes to `refused`, anything else is removed. Failures: not_found, io, denied,
  /// no_space.
  Result<Aside> set_aside(const std::string& name, const RefusedDirectory& refused);

 private:
  Result<void> sweep(const std::string& name, WallTime now);

  std::string path_;
  Seconds abandoned_;
  UniqueFd directory_;
};

}  // namespace postern::spool
