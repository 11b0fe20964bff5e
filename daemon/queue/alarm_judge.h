// When the operator is told that something is wrong, and that it is well again. Pure: what is known and the time are
// given.
//
//   a smarthost refuses the login          at once
//   refusals that may be the account's     at once
//   a smarthost cannot be used             after kPatience
//   it does not take the mail of a sender  likewise
//   the oldest message waits for too long  when its age has passed `after`; not while no smarthost is well, nor for
//                                          kAftermath after that: one trouble makes one alarm
//
//   failed/, corrupt/ or refused/ grew     at once
//
// Each trouble is told once, and when it has been gone for kSettled once more. The same subject has an alarm once an
// hour at most, however often it comes and goes. Each sender is a subject, so that the trouble of one hides not that of
// the next, but of all of them there is an alarm once an hour at most, which tells of those that are new. Doubtful
// refusals are told of again when they are twice as many. A directory that grew is told of again when it grows further;
// what lay there at the start was told before.
#pragma once

#include "base/clock.h"
#include "mail/report.h"

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  std::string text;        ///< one printable line of whole sentences
  bool taken_back = true;  ///< another one tells when it is over
};
/// "trouble", "well": for programs.
[[nodiscard]] std::string_view name(Alarm::What what);

class AlarmJudge {
 public:
  struct Site {
    std::string name;
    std::optional<mail::SiteTrouble> trouble;
    std::size_t waiting = 0;  ///< messages that wait for it and nothing else, those under way among them
  };
  struct SenderTrouble {
    std::string at;             ///< the smarthost that does not take its mail
    std::string sender;         ///< for people
    mail::SiteTrouble refusal;  ///< what it said
  };
  struct Seen {
    std::vector<Site> sites;
    std::vector<SenderTrouble> senders;  ///< none twice
    std::size_t waiting = 0;             ///< messages that are not delivered, those under way among them
    std::optional<Milliseconds> oldest;  ///< age of the oldest waiting message
    std::size_t doubtful = 0;            ///< of the waiting: refused for good, by words that may be about the account
    std::size_t failed = 0;              ///< messages in failed/, without alarms of our own
    std::size_t corrupt = 0;             ///< messages in corrupt/
    std::size_t refused = 0;             ///< dropped files that went to refused/ since the start
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
  /// A directory with messages that nobody looks at unless told to.
  struct Growth {
    std::optional<std::size_t> known;  ///< so many are told of; nothing: it was not looked yet
    std::optional<SteadyTime> told;
    bool untold = false;  ///< it grew since
    bool raised = false;
  };
  void look_at_directories(const Seen& seen, SteadyTime now, std::vector<Alarm>& alarms);
  void look_at_senders(const Seen& seen, SteadyTime now, std::vector<Alarm>& alarms);
  void look_at_doubt(const Seen& seen, SteadyTime now, std::vector<Alarm>& alarms);
  /// Whether this one is to be told now.
  static std::optional<Alarm::What> judge(Subject& subject, bool bad, Seconds patience, SteadyTime now);

  std::map<std::string, Subject> sites_;
  Subject age_;
  std::map<std::pair<std::string, std::string>, Subject> senders_;  ///< by smarthost and sender
  std::optional<SteadyTime> senders_told_;
  Subject doubt_;
  std::size_t doubt_told_ = 0;         ///< so many were
  std::array<Growth, 3> directories_;  ///< failed/, corrupt/, refused/
  std::optional<SteadyTime> none_was_well_;
};

/// A message to the operator, header and body, with LF line ends; ASCII, so that every server takes it.
struct AlarmMail {
  std::string hostname;
  std::string domain;
  std::string id;  ///< of the message: makes Message-ID
  std::string to;
  WallTime now;
};
[[nodiscard]] std::string alarm_text(const AlarmMail& mail, const Alarm& alarm);

}  // namespace postern::queue
