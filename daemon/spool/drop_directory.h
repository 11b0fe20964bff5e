// The drop directory: files that other users' processes put there by the set-gid helper, each a frame
// (smtp/drop_frame.h). Everything in it is hostile: it is opened without following or waiting, only ever copied, and
// moved out of the way if it is not what it must be. All calls block and belong on the disk pool.
#pragma once

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
  /// `spool`/drop, and `spool`/refused for what is set aside. `spool`/drop is never made here.
  explicit DropDirectory(const std::string& spool) : path_(spool + "/drop"), aside_(spool + "/refused") {}

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Up to `limit` names, unfinished ones of helpers left out. The directory is opened anew: it may have been made or
  /// replaced. Failures: not_found, denied (also if files cannot be removed from it), io.
  Result<std::vector<std::string>> list(std::size_t limit);
  /// How many there are, also where they cannot be taken from it. Failures: denied, io.
  [[nodiscard]] Result<std::size_t> count() const;
  /// Failures: not_found (gone meanwhile), invalid (no regular file with one name, or larger than `limit`; the text
  /// says why), denied (the mode keeps us out), io.
  Result<std::shared_ptr<DroppedFile>> open(const std::string& name, std::uint64_t limit);
  /// Durably: the message is in the queue, and must not come again after a power failure. Failures: not_found, io.
  Result<void> remove(const std::string& name);
  struct Aside {
    std::uint32_t uid = 0;  ///< whose it was
    std::string kept;       ///< where it is now; empty: it is removed
  };
  /// Out of the way: a regular file goes to refused/ under a new name, anything else is removed. Failures: not_found,
  /// io, denied, no_space (there are kAside already, and it stays where it is).
  Result<Aside> set_aside(const std::string& name);
  static constexpr std::size_t kAside = 1000;

 private:
  Result<void> sweep(const std::string& name, WallTime now);

  std::string path_;
  std::string aside_;
  UniqueFd directory_;
  std::size_t aside_used_ = 0;  ///< files in refused/
};

}  // namespace postern::spool
