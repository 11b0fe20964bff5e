#include "sendmail-shim/complaints.h"

#include <algorithm>
#include <climits>
#include <cstddef>

#include <poll.h>
#include <unistd.h>

namespace postern::shim {

bool Complaints::wait_for_room() {
  const auto begin = std::chrono::steady_clock::now();
  pollfd entry{fd_, POLLOUT, 0};
  const int ready = ::poll(&entry, 1, static_cast<int>(patience_.count()));
  const auto waited = std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  patience_ -= std::min(patience_, waited);
  return ready > 0;
}

void Complaints::say(std::string_view text) {
  while (!text.empty() && wait_for_room()) {
    // So much a pipe with room takes without blocking (pipe(7)).
    const ssize_t count = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace postern::shim
