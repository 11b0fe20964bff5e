// The messages: their tickets in memory and their files in the spool, which change together. A ticket is active while
// its file is read or changed, so that nobody else takes it.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "queue/decide.h"
#include "queue/ground.h"
#include "queue/index.h"
#include "queue/queue.h"
#include "queue/stored_message.h"
#include "queue/storms.h"
#include "queue/suspects.h"
#include "queue/title.h"
#include "queue/watchers.h"
#include "spool/draft.h"
#include "spool/recovery.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace postern::queue {

class Messages {
 public:
  /// `config` and `watchers` outlive it.
  Messages(const Ground& ground, const Config& config, Watchers& watchers);

  [[nodiscard]] Index& index() { return index_; }
  [[nodiscard]] const Index& index() const { return index_; }
  [[nodiscard]] const mail::Parties& parties() const { return config_.parties; }
  [[nodiscard]] Suspects& suspects() { return suspects_; }
  /// What waits for others like it, in the phase `storm`.
  [[nodiscard]] Storms& storms() { return storms_; }
  [[nodiscard]] const Storms& storms() const { return storms_; }
  /// Of what is counted as it happens; the rest of it is counted when it is asked for.
  [[nodiscard]] Totals& counted() { return counted_; }
  [[nodiscard]] const Totals& counted() const { return counted_; }

  /// `added` is called with each that add() or add_own() takes up.
  void when_added(std::function<void(const mail::Envelope& envelope)> added) { added_ = std::move(added); }
  /// What was in the spool at the start.
  void take_up(const spool::Recovered& recovered);
  /// One that was just stored; due now.
  void add(const spool::Draft& draft);
  /// Likewise, of our own making: the log tells of it, as submission does of what others send. `why`: "bounce", ...
  void add_own(const spool::Draft& draft, std::string_view why, const Title& title = {});
  /// One that waits, and waited for others like it when the program ended, does so again.
  void wait_for_storm(const QueueId& id, const spool::StormWait& wait, std::uint32_t party);
  /// It waits for others no more since then.
  void let_out(const QueueId& id, WallTime since) { let_out_.insert_or_assign(id, since); }
  /// The same of one that waits for none, as its file has it; where that says that it does, it is so from now on.
  void let_out(const QueueId& id, const std::optional<spool::StormWait>& wait, const std::optional<WallTime>& over);
  /// Since when it could be tried, which its age is counted from: its acceptance, or when it waited for others no more.
  [[nodiscard]] WallTime ready_since(const QueueId& id, WallTime accepted) const;
  /// The wall clock was set back, see Storms.
  void clock_set();
  /// With what its log could not take. Failures: as Spool::read().
  Task<Result<MessagePtr>> load(QueueId id);
  /// What the disk did not take of its delivery log, and its file still needs.
  [[nodiscard]] std::vector<spool::LogLine> unwritten(const QueueId& id) const;

  /// Nobody is waited for any more: the file goes, or to failed/ if there is a failure that nobody was told.
  Task<void> finish(const StoredMessage& message, const std::vector<Finding>& findings);
  /// The message waits on: what was learnt goes to its file, if anything was. So does the time of the next attempt, or
  /// `others` if that is earlier: when those are due who go another way.
  Task<void> keep(const StoredMessage& message, Actions actions, std::optional<WallTime> others = {});
  /// An active one that could not be read: it goes to corrupt/, is held, or waits for a better time.
  Task<void> put_aside(QueueId id, Error why);
  /// Logs how many more were put aside as damaged since it was last called than were told singly.
  void tell_damaged();
  /// Failures: as Spool::move(). The ticket is the caller's matter.
  Task<Result<spool::Changed>> move(QueueId id, spool::Area from, spool::Area to);
  /// The queue knows the message no more.
  void gone(const QueueId& id);

  /// What lies in hold/ or failed/ counts for its party, too, once it is known whose it is. It is moved to hold/ ...
  void note_held(const Ticket& ticket);
  /// ... or its envelope was read, if it still lies there,
  void note_aside(const QueueId& id, const Whose& whose, std::uint64_t size);
  /// and leaves it.
  void forget_aside(const QueueId& id);
  /// Of one that waits, or was found damaged since the start; nothing: it is not known.
  [[nodiscard]] std::optional<Whose> whose_is(const QueueId& id) const;
  struct Aside {
    spool::Area area = spool::Area::hold;
    std::vector<QueueId> ids;
  };
  /// Of those whose envelopes are to be read, the next ones of one area; at most so many.
  [[nodiscard]] Aside take_unread_aside(std::size_t count);

 private:
  void tell_own(const mail::Envelope& envelope, std::string_view why, const Title& title) const;
  /// What became of the originals of digests, since the process before had no time to.
  void tell_gathered(const std::vector<spool::Gathering>& gathered) const;
  /// The file of an active one that is damaged goes to corrupt/, if it can.
  Task<void> put_aside_damaged(QueueId id, Error why);
  [[nodiscard]] WallTime later() const { return ground_.clock.wall() + config_.retry.min; }

  Ground ground_;
  const Config& config_;
  Watchers& watchers_;
  std::function<void(const mail::Envelope& envelope)> added_ = [](const mail::Envelope&) {};
  Index index_;
  Suspects suspects_;
  Storms storms_;
  std::map<QueueId, WallTime> let_out_;  ///< of it; few wait longer
  std::map<QueueId, std::vector<spool::LogLine>> unwritten_;
  struct Share {
    std::uint32_t party = mail::kNoUid;
    std::uint64_t size = 0;
  };
  std::map<QueueId, std::optional<Share>> aside_;  ///< nothing: it does not count (yet)
  std::map<spool::Area, std::vector<QueueId>> unread_aside_;
  Totals counted_;
  std::size_t damaged_ = 0;  ///< since tell_damaged()
  /// Whose those in corrupt/ are, which may not be read in them any more; of more than so many it is not known.
  static constexpr std::size_t kMostDamaged = 10'000;
  std::map<QueueId, Whose> whose_damaged_;
};

}  // namespace postern::queue
