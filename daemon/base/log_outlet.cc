#include "base/log_outlet.h"

#include "base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace postern {
namespace {

constexpr Milliseconds kFirstPause{20};
constexpr Milliseconds kLongestPause{1000};
constexpr Milliseconds kAtTheEnd{1000};
/// A pipe that poll(2) calls writable takes so much without waiting (pipe(7), PIPE_BUF).
constexpr std::size_t kPiece = 4096;
constexpr std::size_t kForTrouble = 8;  // one part of so many is for warnings and errors

std::optional<std::size_t> taken(ssize_t count) {
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) return 0;
  return std::nullopt;
}

std::optional<std::size_t> write_piece(int descriptor, std::string_view text) {
  pollfd ready{descriptor, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1) return 0;
  return taken(::write(descriptor, text.data(), std::min(text.size(), kPiece)));
}

/// Ours alone, so that it may be made not to wait: others use what we were started with, too. Not allowed where a pipe
/// is another user's.
UniqueFd opened_anew(int descriptor) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

struct LogOutlet::State {
  State(Take takes, Told tells, std::size_t most) : take(std::move(takes)), told(std::move(tells)), limit(most) {}

  /// What the lock protects; each is called with it held.
  void put(std::string line, Level level);
  void tell_lost();
  void keep(std::string line, Level level);
  void push(std::string line);
  bool offer(std::string& line);
  void offer_kept();

  Take take;
  Told told;
  std::size_t limit;
  std::mutex mutex;
  std::deque<std::string> kept;
  std::size_t size = 0;  ///< of what is kept, in bytes
  std::uint64_t lost = 0;
  bool midway = false;        ///< the reader has the beginning of the line that is offered
  bool torn = false;          ///< the reader has the beginning of one that it never gets the end of
  bool handing_over = false;  ///< there is a thread

  static void hand_over(const std::shared_ptr<State>& state);
};

/// Whether the line is done with: taken, or never to be taken. Else what is left of it stays in `line`.
bool LogOutlet::State::offer(std::string& line) {
  while (torn || !line.empty()) {
    const std::optional<std::size_t> count = take(torn ? std::string_view("\n") : line);
    if (!count) {
      ++lost;
      torn = torn || std::exchange(midway, false);
      return true;
    }
    if (*count == 0) return false;
    if (std::exchange(torn, false)) continue;
    line.erase(0, *count);
    midway = !line.empty();
  }
  return true;
}

/// What was lost before the line is told before it: a reader that is slow, but never lets it come to nothing kept,
/// would not hear of it.
void LogOutlet::State::keep(std::string line, Level level) {
  const std::size_t most = level >= Level::warning ? limit : limit - limit / kForTrouble;
  const std::size_t room = most - std::min(size, most);
  // Only where the line has room is it worth finding out how many were lost.
  std::string words = lost > 0 && line.size() <= room ? told(lost) : std::string();
  if (words.size() + line.size() > room) {
    ++lost;
    return;
  }
  if (std::exchange(lost, 0) > 0) push(std::move(words));
  push(std::move(line));
}

void LogOutlet::State::push(std::string line) {
  size += line.size();
  kept.push_back(std::move(line));
}

void LogOutlet::State::tell_lost() {
  if (!kept.empty() || lost == 0) return;
  std::string words = told(lost);
  const std::uint64_t before = std::exchange(lost, 0);
  const bool done = offer(words);
  // It could not be said either: nobody was told.
  if (lost > 0) lost = before;
  if (!done) push(std::move(words));
}

void LogOutlet::State::put(std::string line, Level level) {
  offer_kept();
  if (!kept.empty() || !offer(line)) keep(std::move(line), level);
}

void LogOutlet::State::offer_kept() {
  while (!kept.empty()) {
    std::string& line = kept.front();
    size -= line.size();
    const bool done = offer(line);
    size += line.size();
    if (!done) return;
    size -= line.size();
    kept.pop_front();
  }
  tell_lost();
}

void LogOutlet::State::hand_over(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (Milliseconds pause = kFirstPause; !state->kept.empty(); pause = std::min(2 * pause, kLongestPause)) {
    const std::size_t before = state->kept.size();
    state->offer_kept();
    if (state->kept.size() < before) pause = kFirstPause;
    if (state->kept.empty()) break;
    lock.unlock();
    std::this_thread::sleep_for(pause);
    lock.lock();
  }
  state->handing_over = false;
}

LogOutlet::LogOutlet(Take take, Told told, std::size_t kept)
    : state_(std::make_shared<State>(std::move(take), std::move(told), kept)) {}

LogOutlet::~LogOutlet() { drain(kAtTheEnd); }

void LogOutlet::put(std::string line, Level level) {
  const std::scoped_lock lock(state_->mutex);
  state_->put(std::move(line), level);
  if (state_->kept.empty() || state_->handing_over) return;
  // Signals belong to who expects them; a new thread inherits the mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    state_->handing_over = true;
    std::thread(State::hand_over, state_).detach();
  } catch (const std::system_error&) {
    state_->handing_over = false;  // no thread is to be had: the next line tries again
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LogOutlet::drain(Milliseconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  for (;;) {
    {
      // The thread may sleep longer than there is time.
      const std::scoped_lock lock(state_->mutex);
      state_->offer_kept();
      if (state_->kept.empty()) return;
    }
    if (std::chrono::steady_clock::now() >= end) return;
    std::this_thread::sleep_for(kFirstPause);
  }
}

LogOutlet::Take take_by_descriptor(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) status.st_mode = 0;
  if (S_ISSOCK(status.st_mode)) {
    return [descriptor](std::string_view text) {
      return taken(::send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
    };
  }
  if (S_ISREG(status.st_mode)) {
    return [descriptor](std::string_view text) { return taken(::write(descriptor, text.data(), text.size())); };
  }
  // Shared, since a function must be copyable.
  const auto own = std::make_shared<UniqueFd>(opened_anew(descriptor));
  return [own, descriptor](std::string_view text) { return write_piece(*own ? own->get() : descriptor, text); };
}

}  // namespace postern
