// Who is answered, by the Host that is asked for (own_host.h), and what the log says of the others.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace postern::metrics {

/// The names and addresses of this machine as of now, besides those of the loopback.
using OwnHosts = std::function<std::vector<std::string>()>;

class HostCheck {
 public:
  static constexpr Seconds kWindow{3600};
  static constexpr std::size_t kHosts = 20;  ///< that are told within a window; more would be no slip in the settings

  explicit HostCheck(OwnHosts own) : own_(std::move(own)) {}

  /// The machine is asked for its names and addresses no more often: anybody may ask, and it takes system calls.
  static constexpr Seconds kKnown{5};

  /// Whether the value of a Host field is this machine. If not, the log has a notice, one for each host in a window.
  bool is_ours(std::string_view field, SteadyTime now);
  /// The names and addresses are other ones now.
  void forget() { known_until_ = SteadyTime{}; }

 private:
  OwnHosts own_;
  std::vector<std::string> known_;
  SteadyTime known_until_{};
  SteadyTime begin_{};  ///< of the window
  std::unordered_set<std::string> told_;
};

}  // namespace postern::metrics
