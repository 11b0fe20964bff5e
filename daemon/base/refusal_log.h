// How much a party may have in the log of what was refused: one user's rubbish must not fill it, in however many
// sessions or requests it comes. What is left out is counted, and the count told with the next line that is written.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <string>
#include <unordered_map>

namespace postern {

class RefusalLog {
 public:
  static constexpr Seconds kWindow{60};
  static constexpr std::size_t kLines = 20;     ///< of a party within a window
  static constexpr std::size_t kParties = 200;  ///< that are counted apart within a window; all others are one

  /// The line is to be written. `party`: printable, a user or a host.
  bool may_log(const std::string& party, SteadyTime now);

 private:
  struct Lines {
    std::size_t said = 0;
    std::size_t unsaid = 0;
  };

  SteadyTime begin_{};  ///< of the window, which is the same for all
  std::unordered_map<std::string, Lines> parties_;
};

}  // namespace postern
