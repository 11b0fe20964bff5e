// A file descriptor with one owner.
#pragma once

#include <string_view>
#include <utility>

namespace postern {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  /// Closes what is held (errors of close are of no use here: see Disk::close where they are).
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// Blocking, and however often the kernel takes a part only. False: errno tells why, and how much was written is not
/// known.
bool write_all(int fd, std::string_view bytes);

}  // namespace postern
