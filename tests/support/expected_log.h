// The log is an output that tests check. A warning or error that a test did not announce fails it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::test {

/// In its scope facts whose formatted line contains `part` are announced; at its end at least one
/// must have come.
class ExpectLog {
 public:
  explicit ExpectLog(std::string part);
  ~ExpectLog();
  ExpectLog(const ExpectLog&) = delete;
  ExpectLog& operator=(const ExpectLog&) = delete;

 private:
  std::string part_;
};

/// All lines logged by the running test, of every level.
[[nodiscard]] const std::vector<std::string>& logged();
/// One of them contains `part`.
[[nodiscard]] bool was_logged(std::string_view part);

}  // namespace postern::test
