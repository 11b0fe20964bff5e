// What a run of sendmail says on standard error. Nobody may be reading there, and the mail matters more.
#pragma once

#include <chrono>
#include <string_view>

namespace postern::shim {

class Complaints {
 public:
  explicit Complaints(int fd) : fd_(fd) {}
  /// Waits for room for at most a second, in all calls together; what then finds none is lost. SIGPIPE is the caller's
  /// to ignore.
  void say(std::string_view text);

 private:
  bool wait_for_room();

  int fd_;
  std::chrono::milliseconds patience_{1000};  ///< what is left of it
};

}  // namespace postern::shim
