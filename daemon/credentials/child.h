// Private to credentials/: a child process whose output is collected without blocking the event loop and without a
// handler of SIGCHLD.
#pragma once

#include "base/clock.h"
#include "base/fd.h"
#include "base/redactor.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"
#include "base/text.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>
#include <memory>
#include <string>
#include <vector>

namespace postern::credentials {

struct Finished {
  enum class End { exit, signal, out_of_time, too_much_output, unknown };
  End end = End::unknown;
  int status = 0;      ///< exit status or signal
  Secret output;       ///< standard output
  std::string errors;  ///< the end of standard error
  bool left = false;   ///< it was to be killed, and was still there kDying later

  /// The end of standard error, some 500 bytes, on one line, printable: for the log alone.
  [[nodiscard]] std::string last_words(const Redactor& redactor) const;
};

/// Killed with its process group if it is let go before it has ended. What cannot be killed, since another user runs it
/// or the kernel holds it, is left behind, and reaped when it is gone.
class Child : public std::enable_shared_from_this<Child> {
 public:
  /// argv[0] without a slash is looked for in PATH. The child has the daemon's environment without what systemd means
  /// for the daemon alone. Failures: not_found, denied, invalid (no argv), io.
  static Result<std::shared_ptr<Child>> start(const Executor& loop, const std::vector<std::string>& argv);
  Child(const Executor& loop, pid_t pid, UniqueFd output, UniqueFd errors, UniqueFd exit);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// For what is killed to be gone.
  static constexpr Seconds kDying{2};

  /// Once. Ends when the process has ended, even if others still hold its output open, or kDying after it should have.
  Task<Finished> finish(Milliseconds time, std::size_t limit);

 private:
  enum class Took { some, nothing, end };
  using Take = Took (Child::*)();
  using Descriptor = boost::asio::posix::stream_descriptor;

  Took take_output();
  Took take_errors();
  static Task<void> pump(std::shared_ptr<Child> child, Descriptor& from, Take take);
  void drain(Take take);
  void kill(Finished::End why);
  void send_kill() const;
  void reap();

  pid_t pid_;
  Descriptor output_;
  Descriptor errors_;
  Descriptor exit_;  ///< readable when the process has ended (pidfd_open(2))
  boost::asio::steady_timer deadline_;
  bool reaped_ = false;
  std::string bytes_;  ///< as large as it may become, so that it never moves
  std::size_t size_ = 0;
  Finished finished_;
};

}  // namespace postern::credentials
