// When the operator is told that something is wrong, and that it is well again. Pure: what is known and the time are
// given.
//
//   a smarthost refuses the login          at once
//   a smarthost cannot be used             after kPatience
//   the oldest message waits for too long  when its age has passed `after`; not while no smarthost is well, nor for
//                                          kAftermath after that: one trouble makes one alarm
//
// Each trouble is told once, and when it has been gone for kSettled once more. The same subject has an alarm once an
// hour at most, however often it comes and goes.
#pragma once

#include "base/clock.h"
#include "mail/report.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {

inline constexpr Seconds kPatience{15 * 60};
inline constexpr Seconds kAftermath{10 * 60};
inline constexpr Seconds kSettled{60};
inline constexpr Seconds kAlarmGap{3600};
/// So often the queue looks for trouble.
inline constexpr Seconds kLookEvery{30};

struct Alarm {
  enum class What { trouble, well };
  What what = What::trouble;
  std::string text;  ///< one printable line of whole sentences
};
/// "trouble", "well": for programs.
[[nodiscard]] std::string_view name(Alarm::What what);

class AlarmJudge {
 public:
  struct Site {
    std::string name;
    std::optional<mail::SiteTrouble> trouble;
  };
  struct Seen {
    std::vector<Site> sites;
    std::size_t waiting = 0;             ///< messages
    std::optional<Milliseconds> oldest;  ///< age of the oldest waiting message
  };
  /// `after` 0: age is no trouble.
  [[nodiscard]] std::vector<Alarm> look(const Seen& seen, Seconds after, SteadyTime now);
  /// Something is wrong, or was told and is not taken back yet.
  [[nodiscard]] bool open() const;

 private:
  struct Subject {
    std::optional<SteadyTime> bad_since;
    std::optional<SteadyTime> good_since;
    std::optional<SteadyTime> told;
    bool raised = false;
  };
  /// Whether this one is to be told now.
  static std::optional<Alarm::What> judge(Subject& subject, bool bad, Seconds patience, SteadyTime now);

  std::map<std::string, Subject> sites_;
  Subject age_;
  std::optional<SteadyTime> none_was_well_;
};

/// A message to the operator, header and body, with LF line ends.
struct AlarmMail {
  std::string hostname;
  std::string domain;
  std::string id;  ///< of the message: makes Message-ID
  std::string to;
  WallTime now;
};
[[nodiscard]] std::string alarm_text(const AlarmMail& mail, const Alarm& alarm);

}  // namespace postern::queue
