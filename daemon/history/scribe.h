// Makes records of what the queue and the doors tell, each for the share of the party whose doing it is (shares.h).
// What costs whoever brings it about nothing is bounded more closely: refusals of a party by their number a minute,
// attempts that say what was said before by being left out, and those that say something new each time by their number
// an hour.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "history/history.h"
#include "history/record.h"
#include "mail/parties.h"
#include "queue/recorder.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace postern::history {

/// At most so many of each in a window; of more than so many at once all others count as one.
class Allowances {
 public:
  static constexpr std::size_t kApart = 200;

  Allowances(std::size_t most, Seconds window) : most_(most), window_(window) {}
  bool take(std::string of, SteadyTime now);

 private:
  std::size_t most_;
  Seconds window_;
  SteadyTime begin_{};
  std::map<std::string, std::size_t> taken_;
};

class Scribe final : public queue::Recorder {
 public:
  /// Records of refusals of one party, or of one address, in a minute.
  static constexpr std::size_t kRefusals = 20;
  /// Records of deferrals of one party in an hour, besides the first of each recipient.
  static constexpr std::size_t kDeferrals = 100;
  /// Messages whose attempts are counted; of more than these it is not known how many there were.
  static constexpr std::size_t kTried = 10'000;
  /// Numbers of attempts, one for each recipient of these messages and each smarthost that they were tried at.
  static constexpr std::size_t kNumbers = 1'000'000;

  /// Both outlive it.
  Scribe(History& history, const Clock& clock) : history_(history), clock_(clock), began_(clock.wall()) {}

  /// Before the first one each uid is a party.
  void use_parties(mail::Parties parties) { parties_ = std::move(parties); }

  void accepted(const mail::Envelope& envelope, const queue::Title& title, std::string_view why) override;
  void refused(const queue::AtDoor& message, std::string_view reply) override;
  void answered(const queue::Answered& attempt) override;
  void deleted(const QueueId& id, const mail::Envelope& envelope, const std::vector<queue::RecipientState>& states,
               const queue::Title& title) override;
  void damaged(const QueueId& id, const mail::Envelope& envelope, const std::vector<queue::RecipientState>& states,
               const queue::Title& title, std::string_view why) override;
  void vanished(const QueueId& id, const mail::Envelope& envelope) override;
  void gathered(const mail::Envelope& original, const queue::Title& title, const QueueId& digest) override;
  void left(const QueueId& id) override;
  /// Messages that were tried and wait in the queue.
  [[nodiscard]] std::size_t tried() const { return tried_.size(); }

 private:
  /// A message that was tried and waits.
  struct Tried {
    bool counted = false;  ///< from the first one on
    std::uint32_t attempts = 0;
    std::size_t words = 0;                                        ///< of the trouble that was noted last, as a number
    bool numbered = false;                                        ///< these are whole
    std::map<std::string, std::vector<std::uint32_t>> numbers{};  ///< by smarthost, of each recipient
  };
  /// By the numbers of states; 0: it is not known.
  using Numbers = std::vector<std::uint32_t>;
  Tried* tried_before(const queue::Answered& attempt);
  void note(Record record, const mail::Source& source);
  void note(std::vector<Record> records, const mail::Source& source);
  bool may_defer_again(const queue::Answered& attempt);
  Numbers count_attempt(const queue::Answered& attempt);
  void note_trouble(const queue::Answered& attempt, const Record& common, const Numbers& numbers);
  void note_deferred(const queue::Answered& attempt, const Record& common, const Numbers& numbers);
  [[nodiscard]] bool says_more(const queue::Answered& attempt, const queue::Finding& finding);

  History& history_;
  const Clock& clock_;
  WallTime began_;
  mail::Parties parties_;
  Allowances refusals_{kRefusals, Seconds(60)};
  Allowances deferrals_{kDeferrals, Seconds(3600)};
  std::unordered_map<QueueId, Tried> tried_;
  std::size_t numbers_ = 0;  ///< of all of these
};

}  // namespace postern::history
