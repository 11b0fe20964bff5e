#include "sendmail-shim/smtp_pipe.h"

#include "sendmail-shim/channel.h"
#include "sendmail-shim/smtp_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
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
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      ended = true;
      fault = count == 0 ? 0 : errno;
    }
  }

  /// Whether anything was written.
  bool write() {
    // A descriptor that polls as writable takes at least PIPE_BUF bytes without blocking (pipe(7)).
    const std::size_t size = std::min<std::size_t>(may_pass, PIPE_BUF);
    const ssize_t count = ::write(to, bytes.data(), size);
    if (count > 0) {
      bytes.erase(0, static_cast<std::size_t>(count));
      may_pass -= static_cast<std::size_t>(count);
      return true;
    }
    if (errno != EINTR && errno != EAGAIN) broken = true;
    return false;
  }
};

/// Since when the daemon has kept everybody waiting.
class Stillness {
 public:
  explicit Stillness(Silence longest) : longest_(longest) {}

  void end() { since_ = std::chrono::steady_clock::now(); }
  void heard() {
    greeted_ = true;
    end();
  }

  /// For poll(2): until it is too long. 0: it is.
  [[nodiscard]] int left() const {
    const auto end = since_ + (greeted_ ? longest_.answer : longest_.greeting);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    return static_cast<int>(std::max(left, std::chrono::milliseconds(0)).count());
  }

 private:
  Silence longest_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  bool greeted_ = false;
};

/// Where the client reads nothing, nobody waits for it to read this.
void tell_of_silence(const Flow& down) {
  constexpr std::string_view kWords = "421 4.3.2 the mail daemon did not answer in time\r\n";
  pollfd entry{down.to, POLLOUT, 0};
  if (down.broken || ::poll(&entry, 1, 0) <= 0) return;
  static_cast<void>(!::write(down.to, kWords.data(), kWords.size()));
}

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

Exit pipe_smtp(Channel& channel, int input, int output, Silence longest) {
  Flow up{input, channel.fd(), {}};
  Flow down{channel.fd(), output, {}};
  bool end_passed_on = false;
  SmtpWatch watch;
  Stillness stillness(longest);
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
    // While the client has an answer to read, or the word, it is the client that is waited for.
    const bool by_daemon = down.bytes.empty() && (watch.owed() || up.may_pass > 0 || end_passed_on);
    const int ready = ::poll(entries.data(), entries.size(), by_daemon ? stillness.left() : -1);
    if (ready < 0 && errno != EINTR) return Exit{EX_OSERR, std::string("poll: ") + std::strerror(errno)};
    if (!by_daemon) stillness.end();
    if (ready < 0) continue;
    if (by_daemon && ready == 0 && stillness.left() == 0) {
      tell_of_silence(down);
      watch.daemon_is_silent();
      break;
    }
    for (std::size_t i = 0; i < flows.size(); ++i) {
      if (entries[i].revents == 0) continue;
      if (entries[i].events == POLLOUT) {
        const bool moved = flows[i]->write();
        // What the kernel takes for a daemon that owes an answer is no sign of life.
        if (moved && flows[i] == &up && !watch.owed()) stillness.end();
      } else {
        flows[i]->read();
        if (flows[i] != &down) continue;
        watch.daemon(down.bytes);
        stillness.heard();
      }
    }
    let_pass();
  }
  return ending(watch, up, down);
}

}  // namespace postern::shim
