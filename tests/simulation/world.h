// Two hundred hosts with one smarthost, in virtual time: each has the real Site, schedule and Rate of the queue; what
// lies between them (files, sockets, the event loop) is a list of events. Deterministic: chance comes from a seed.
#pragma once

#include "base/clock.h"
#include "mail/report.h"
#include "queue/rate.h"
#include "queue/schedule.h"
#include "queue/site.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace postern::simulation {

/// The smarthost, and what the hosts are told of it.
struct Scenario {
  std::string name;
  bool away = false;         ///< from kLeaves to kReturns nothing listens
  bool greylists = false;    ///< a host's first message within the last day waits for kGreylisted
  std::size_t at_once = 0;   ///< more connections of all hosts together are turned away; 0: any number
  std::size_t a_day = 0;     ///< more messages of one host are refused for now; 0: any number
  queue::RateLimits rate{};  ///< what the hosts have for that in their settings
};

inline constexpr std::size_t kHosts = 200;
/// Each host has an alert every ten minutes on average, for so long.
inline constexpr Seconds kAlerts{4 * 3600};
inline constexpr Seconds kLeaves{3600};
inline constexpr Seconds kReturns{2 * 3600};
inline constexpr Seconds kGreylisted{5 * 60};
/// Then all is to be in.
inline constexpr Seconds kEnd{3 * 24 * 3600};

struct Outcome {
  std::size_t alerts = 0;
  std::size_t delivered = 0;
  std::size_t while_away = 0;      ///< attempts
  std::size_t busiest_second = 0;  ///< attempts in one second, after kReturns
  std::size_t turned_away = 0;     ///< for too many connections
  std::size_t over_the_day = 0;    ///< refused for the limit of a day
  Milliseconds half{0};            ///< after kReturns half of what waited then was in ...
  Milliseconds last{0};            ///< ... and all
  Milliseconds longest{0};         ///< from an alert to its delivery
};

[[nodiscard]] Outcome simulate(const Scenario& scenario, std::uint64_t seed);

/// One line of the table of results, and its heading.
[[nodiscard]] std::string heading();
[[nodiscard]] std::string line(const Scenario& scenario, const Outcome& outcome);

}  // namespace postern::simulation
