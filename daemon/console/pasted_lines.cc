#include "console/pasted_lines.h"

#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace postern::console {

int PastedLines::descriptor() const {
  if (ended_) return -1;
  const pid_t foreground = ::tcgetpgrp(fd_);
  return foreground < 0 || foreground == ::getpgrp() ? fd_ : -1;  // < 0: it is no terminal of ours
}

void PastedLines::read(const SecretLines::Heard& heard) {
  std::array<char, 4096> piece{};
  const ssize_t got = ::read(fd_, piece.data(), piece.size());
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) {
    ended_ = true;
    return lines_.end(heard);
  }
  lines_.feed(std::string_view(piece.data(), static_cast<std::size_t>(got)), heard);
  ::explicit_bzero(piece.data(), piece.size());
}

}  // namespace postern::console
