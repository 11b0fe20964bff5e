#include "queue/in_flight.h"

#include "base/log.h"
#include "base/result.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace postern::queue {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// What the handler needs: a file and kMemory bytes. The memory is published last.
std::atomic<int> crash_file = -1;
std::atomic<char*> crash_memory = nullptr;
static_assert(std::atomic<char*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

bool write_whole(int file, const char* memory) {
  const ssize_t written = ::pwrite(file, memory, Suspects::kMemory, 0);
  if (written >= 0 && static_cast<std::size_t>(written) != Suspects::kMemory) errno = ENOSPC;
  return written == static_cast<ssize_t>(Suspects::kMemory);
}

/// The service manager's watchdog ends a daemon whose loop hangs (a disk that does not answer, a machine that slept) by
/// SIGABRT: no message did that. abort() and assert() are signals that the process sends itself.
bool sent_from_outside(int signal, const siginfo_t& info) {
  return signal == SIGABRT && info.si_code == SI_USER && info.si_pid != ::getpid();
}

/// Async-signal-safe. SA_RESETHAND has restored the default action, which the raised signal finds when this returns.
void on_crash(int signal, siginfo_t* info, void*) {
  char* memory = crash_memory.exchange(nullptr);
  if (memory != nullptr && !sent_from_outside(signal, *info)) {
    memory[Suspects::kCrashedAt] = 1;
    (void)write_whole(crash_file.load(), memory);
  }
  ::raise(signal);
}

/// A stack that overflowed has no room for a handler.
void give_handler_a_stack() {
  static std::array<char, 64UL << 10U> stack;
  stack_t alternative{};
  alternative.ss_sp = stack.data();
  alternative.ss_size = stack.size();
  ::sigaltstack(&alternative, nullptr);
}

void catch_crashes() {
  struct sigaction action{};
  action.sa_sigaction = on_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_ONSTACK | SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGABRT, &action, nullptr);
  if (kSanitized) return;  // the others are the sanitizer's, for its report
  give_handler_a_stack();
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::sigaction(signal, &action, nullptr);
}

}  // namespace

InFlight::InFlight(const std::string& spool)
    : path_(spool + "/in-flight"),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)) {
  // Of a directory or a device, or of what was written by halves, this is an error too, or a table that is none.
  if (!file_ || ::pread(file_.get(), memory_.data(), memory_.size(), 0) < 0) {
    log(Level::warning, "a message that makes the program crash cannot be recognised",
        {{"why", system_error(errno, path_).text}});
    file_.reset();
    return;
  }
  crash_file = file_.get();
  crash_memory = memory_.data();
  catch_crashes();
}

InFlight::~InFlight() { crash_memory = nullptr; }

void InFlight::save() {
  if (!file_ || write_whole(file_.get(), memory_.data())) return;
  log(Level::warning, "what is under way cannot be noted; an older crash may count again",
      {{"why", system_error(errno, path_).text}});
}

}  // namespace postern::queue
