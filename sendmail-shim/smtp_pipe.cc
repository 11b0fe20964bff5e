#include "sendmail-shim/smtp_pipe.h"

#include "sendmail-shim/channel.h"
#include "sendmail-shim/smtp_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postern::shim {
namespace {

/// Bytes on their way in one direction. It reads only when it has nothing to write, so both directions
/// together never hold more than two pieces and neither waits for the other.
struct Flow {
  int from;
  int to;
  std::string bytes;
  std::size_t may_pass = 0;  ///< of bytes
  bool ended = false;        ///< nothing more comes from `from`
  int fault = 0;             ///< errno, if that is not its end
  bool broken = false;       ///< `to` takes nothing more

  [[nodiscard]] bool done() const { return ended && bytes.empty(); }

  void read() {
    std::array<char, 65536> piece{};
    const ssize_t count = ::read(from, piece.data(), piece.size());
    if (count > 0) {
      bytes.assign(piece.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      ended = true;
      fault = count == 0 ? 0 : errno;
    }
  }

  void write() {
    // A descriptor that polls as writable takes at least PIPE_BUF bytes without blocking (pipe(7)).
    const std::size_t size = std::min<std::size_t>(may_pass, PIPE_BUF);
    const ssize_t count = ::write(to, bytes.data(), size);
    if (count > 0) {
      bytes.erase(0, static_cast<std::size_t>(count));
      may_pass -= static_cast<std::size_t>(count);
    } else if (errno != EINTR && errno != EAGAIN) {
      broken = true;
    }
  }
};

/// A caller that closes what it does not read, such as `sendmail -bs | grep -q 250`, has handed in its message all the
/// same. Only of a session without one there is nothing else to tell than that nobody heard or could say a word.
Exit ending(const SmtpWatch& watch, const Flow& up, const Flow& down) {
  Exit exit = watch.outcome();
  if (exit.code != EX_OK || watch.stored_any()) return exit;
  if (down.broken) {
    return Exit{EX_IOERR, "the answers cannot be written to standard output; no message came, nothing was stored"};
  }
  // Whoever closes a socket that holds answers still has not failed to say anything.
  if (up.fault == 0 || up.fault == ECONNRESET) return exit;
  return Exit{EX_IOERR, std::string("standard input cannot be read: ") + std::strerror(up.fault)};
}

}  // namespace

Exit pipe_smtp(Channel& channel, int input, int output) {
  Flow up{input, channel.fd(), {}};
  Flow down{channel.fd(), output, {}};
  bool end_passed_on = false;
  SmtpWatch watch;
  const auto let_pass = [&] {
    up.may_pass += watch.client(std::string_view(up.bytes).substr(up.may_pass));
    if (down.broken) down.bytes.clear();  // the watch has them
    down.may_pass = down.bytes.size();
    if (up.ended) watch.client_ended();
  };
  while (!down.done()) {
    if (up.done() && !end_passed_on) {
      ::shutdown(channel.fd(), SHUT_WR);
      end_passed_on = true;
    }
    std::array<pollfd, 2> entries{};
    const std::array<Flow*, 2> flows = {&up, &down};
    for (std::size_t i = 0; i < flows.size(); ++i) {
      const Flow& flow = *flows[i];
      const bool writing = flow.may_pass > 0;
      const bool waiting = !writing && !flow.bytes.empty();
      const bool idle = flow.done() || waiting || (flow.broken && &flow == &up);
      entries[i].fd = idle ? -1 : writing ? flow.to : flow.from;
      entries[i].events = writing ? POLLOUT : POLLIN;
    }
    if (::poll(entries.data(), entries.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return Exit{EX_OSERR, std::string("poll: ") + std::strerror(errno)};
    }
    for (std::size_t i = 0; i < flows.size(); ++i) {
      if (entries[i].revents == 0) continue;
      if (entries[i].events == POLLOUT) {
        flows[i]->write();
      } else {
        flows[i]->read();
        if (flows[i] == &down) watch.daemon(down.bytes);
      }
    }
    let_pass();
  }
  return ending(watch, up, down);
}

}  // namespace postern::shim
