#include "credentials/child.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

namespace postern::credentials {
namespace {

namespace asio = boost::asio;

constexpr auto kChildToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kLastWords = 500;
constexpr int kPieces = 64;  // of 4 KiB, read at most from a pipe that others may still be filling

struct Pipe {
  UniqueFd ours;
  UniqueFd theirs;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error(errno, "pipe");
  Pipe pipe;
  pipe.ours = UniqueFd(ends[0]);
  pipe.theirs = UniqueFd(ends[1]);
  if (::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK) != 0) return system_error(errno, "pipe");
  return pipe;
}

/// What the child does between fork and exec.
class SpawnPlan {
 public:
  SpawnPlan(int output, int errors) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    // Ours are O_CLOEXEC; what the daemon itself was started with may not be.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Children that were killed and given up, and are not gone yet: in microseconds they are, unless the kernel holds them
/// (a network file system) or they are another user's by now (sudo). Of the event loop's thread alone.
std::vector<pid_t>& given_up() {
  static std::vector<pid_t> pids;
  return pids;
}

void reap_those_gone_since() {
  std::erase_if(given_up(), [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

/// Whatever becomes of the Child meanwhile, no zombie stays.
Task<void> reap_when_gone(Executor loop, UniqueFd exit) {
  asio::posix::stream_descriptor gone(loop, exit.release());
  static_cast<void>(co_await gone.async_wait(asio::posix::stream_descriptor::wait_read, kChildToken));
  reap_those_gone_since();
}

std::vector<char*> child_environment() {
  // A child that answers for the daemon (sd_notify) would end it.
  constexpr std::array<std::string_view, 6> kOurs{
      "NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=", "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES="};
  std::vector<char*> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const bool ours = std::ranges::any_of(kOurs, [text](std::string_view name) { return text.starts_with(name); });
    if (!ours) kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  return kept;
}

}  // namespace

std::string Finished::last_words(const Redactor& redactor) const {
  if (redactor.repeats(errors)) return std::string(Redactor::kRemark);
  std::string_view rest = trim(errors);
  if (rest.size() > kLastWords) {
    // Not the second half of a word, which may be that of a token.
    rest.remove_prefix(rest.size() - kLastWords);
    rest.remove_prefix(std::min(rest.find_first_of(" \t\r\n"), rest.size()));
  }
  std::string words(trim(rest));
  std::ranges::replace(words, '\n', ' ');
  return printable(words);
}

Result<std::shared_ptr<Child>> Child::start(const Executor& loop, const std::vector<std::string>& argv) {
  if (argv.empty()) return Error{Failure::invalid, "no program is given"};
  reap_those_gone_since();
  auto output = make_pipe();
  if (!output) return output.error();
  auto errors = make_pipe();
  if (!errors) return errors.error();

  std::vector<std::string> words = argv;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const std::vector<char*> variables = child_environment();
  const SpawnPlan plan(output->theirs.get(), errors->theirs.get());
  pid_t pid = 0;
  const int failed =
      ::posix_spawnp(&pid, pointers[0], plan.actions(), plan.attributes(), pointers.data(), variables.data());
  if (failed != 0) return system_error(failed, "exec");
  // The system call itself: the header of glibc 2.36 cannot be used from C++.
  UniqueFd exit(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!exit) {
    const int error_number = errno;
    ::kill(-pid, SIGKILL);
    given_up().push_back(pid);  // the next start reaps it
    return system_error(error_number, "pidfd_open");
  }
  UniqueFd watched(::fcntl(exit.get(), F_DUPFD_CLOEXEC, 0));
  if (watched) spawn(loop, reap_when_gone(loop, std::move(watched)), "end of a command");
  return std::make_shared<Child>(loop, pid, std::move(output->ours), std::move(errors->ours), std::move(exit));
}

Child::Child(const Executor& loop, pid_t pid, UniqueFd output, UniqueFd errors, UniqueFd exit)
    : pid_(pid),
      output_(loop, output.release()),
      errors_(loop, errors.release()),
      exit_(loop, exit.release()),
      deadline_(loop) {}

/// Nobody waits here: reap_when_gone(), or the next start, reaps the process as soon as it is gone.
Child::~Child() {
  wipe(bytes_);
  if (reaped_) return;
  send_kill();
  reap();
}

/// The process itself as well: it may have gone to another group.
void Child::send_kill() const {
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
}

void Child::kill(Finished::End why) {
  if (reaped_ || finished_.end != Finished::End::unknown) return;
  finished_.end = why;
  send_kill();
  deadline_.expires_after(kDying);
  deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& code) {
    const auto self = weak.lock();
    boost::system::error_code ignored;
    if (!code && self) self->exit_.cancel(ignored);
  });
}

void Child::reap() {
  siginfo_t info{};
  const int failed = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
  reaped_ = true;
  if (failed == 0 && info.si_pid == 0) given_up().push_back(pid_);
  if (failed != 0 || info.si_pid != pid_ || finished_.end != Finished::End::unknown) return;
  finished_.end = info.si_code == CLD_EXITED ? Finished::End::exit : Finished::End::signal;
  finished_.status = info.si_status;
}

Child::Took Child::take_output() {
  const ssize_t count = ::read(output_.native_handle(), bytes_.data() + size_, bytes_.size() - size_);
  if (count < 0) return errno == EAGAIN || errno == EINTR ? Took::nothing : Took::end;
  if (count == 0) return Took::end;
  size_ += static_cast<std::size_t>(count);
  if (size_ < bytes_.size()) return Took::some;
  kill(Finished::End::too_much_output);
  return Took::end;
}

Child::Took Child::take_errors() {
  std::array<char, 4096> piece{};
  const ssize_t count = ::read(errors_.native_handle(), piece.data(), piece.size());
  if (count < 0) return errno == EAGAIN || errno == EINTR ? Took::nothing : Took::end;
  if (count == 0) return Took::end;
  std::string& errors = finished_.errors;
  errors.append(piece.data(), static_cast<std::size_t>(count));
  if (errors.size() > 2 * kLastWords) errors.erase(0, errors.size() - 2 * kLastWords);
  return Took::some;
}

Task<void> Child::pump(std::shared_ptr<Child> child, Descriptor& from, Take take) {
  for (;;) {
    const auto [code] = co_await from.async_wait(Descriptor::wait_read, kChildToken);
    if (code || !from.is_open()) co_return;
    if (((*child).*take)() == Took::end) co_return;
  }
}

void Child::drain(Take take) {
  for (int i = 0; i < kPieces && (this->*take)() == Took::some; ++i) {
  }
}

Task<Finished> Child::finish(Milliseconds time, std::size_t limit) {
  bytes_.resize(limit + 1);
  deadline_.expires_after(time);
  deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& code) {
    const auto self = weak.lock();
    if (!code && self) self->kill(Finished::End::out_of_time);
  });
  const Executor loop = exit_.get_executor();
  spawn(loop, pump(shared_from_this(), output_, &Child::take_output), "output of a command");
  spawn(loop, pump(shared_from_this(), errors_, &Child::take_errors), "errors of a command");
  const auto [code] = co_await exit_.async_wait(Descriptor::wait_read, kChildToken);
  deadline_.cancel();
  drain(&Child::take_output);
  drain(&Child::take_errors);
  finished_.left = static_cast<bool>(code);
  if (!code) reap();
  boost::system::error_code ignored;
  output_.close(ignored);
  errors_.close(ignored);
  if (reaped_) exit_.close(ignored);
  bytes_.resize(std::min(size_, limit));
  finished_.output = Secret(std::exchange(bytes_, std::string()));
  co_return std::move(finished_);
}

}  // namespace postern::credentials
