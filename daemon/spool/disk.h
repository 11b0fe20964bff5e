// The system calls of the spool, as an interface: PosixDisk is the kernel, tests have one that fails and one that
// crashes. Directories are descriptors, names are single path components except below kNoDirectory. All calls
// block, so they are for the disk pool and for start-up. Every failure is an errno made an Error (Error::code).
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::spool {

/// For paths relative to the working directory or absolute.
inline constexpr int kNoDirectory = -100;

struct FileInfo {
  bool regular = false;
  std::uint64_t size = 0;
  WallTime modified;
  std::uint64_t inode = 0;  ///< the same file has the same one, whatever its name
};

/// What an unprivileged process may still use.
struct Space {
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;
  // Of the whole file system; 0: not known, or without a number.
  std::uint64_t total_bytes = 0;
  std::uint64_t total_inodes = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;

  virtual Result<int> open(int directory, const std::string& name, int flags, mode_t mode) = 0;
  virtual Result<void> close(int fd) = 0;
  /// At the file's position (or its end with O_APPEND); may write less than asked.
  virtual Result<std::size_t> write(int fd, std::string_view bytes) = 0;
  virtual Result<std::size_t> pwrite(int fd, std::string_view bytes, std::uint64_t offset) = 0;
  /// 0 is the end of the file; may read less than asked.
  virtual Result<std::size_t> pread(int fd, std::span<char> into, std::uint64_t offset) = 0;
  virtual Result<void> truncate(int fd, std::uint64_t size) = 0;
  virtual Result<void> fdatasync(int fd) = 0;
  virtual Result<void> fsync(int fd) = 0;
  /// Never over a file that is there; on failure the old name is there, see rename.h. Failures: exists, not_found.
  virtual Result<void> rename(int from, const std::string& name, int to, const std::string& new_name) = 0;
  virtual Result<void> unlink(int directory, const std::string& name) = 0;
  virtual Result<void> mkdir(int directory, const std::string& name, mode_t mode) = 0;
  virtual Result<FileInfo> info(int fd) = 0;
  /// Symbolic links are not followed.
  virtual Result<FileInfo> info(int directory, const std::string& name) = 0;
  virtual Result<void> set_modified(int directory, const std::string& name, WallTime time) = 0;
  /// All names but "." and "..", in the order of their inodes: whoever examines a million of them after a boot then
  /// reads the disk forward rather than at random.
  virtual Result<std::vector<std::string>> list(int directory) = 0;
  virtual Result<Space> space(int directory) = 0;
  /// flock, exclusive, without waiting. Failure: busy.
  virtual Result<void> lock(int fd) = 0;
};

[[nodiscard]] Disk& posix_disk();

/// An open descriptor of a Disk with one owner.
class File {
 public:
  File() = default;
  File(Disk& disk, int fd) : disk_(&disk), fd_(fd) {}
  File(File&& other) noexcept : disk_(other.disk_), fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { (void)close(); }

  [[nodiscard]] static Result<File> open(Disk& disk, int directory, const std::string& name, int flags,
                                         mode_t mode = 0);
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  /// The error of close(2) matters where the file was written. Harmless when nothing is open.
  Result<void> close();

  /// All bytes, in as many calls as the disk needs.
  Result<void> write_all(std::string_view bytes);
  Result<void> pwrite_all(std::string_view bytes, std::uint64_t offset);
  /// Fills `into` unless the file ends before; the number of bytes read.
  Result<std::size_t> pread_full(std::span<char> into, std::uint64_t offset) const;

 private:
  Disk* disk_ = nullptr;
  int fd_ = -1;
};

}  // namespace postern::spool
