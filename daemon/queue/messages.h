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
#include "queue/suspects.h"
#include "queue/watchers.h"
#include "spool/draft.h"
#include "spool/recovery.h"

#include <cstddef>
#include <map>
#include <optional>
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
  /// Of what is counted as it happens; the rest of it is counted when it is asked for.
  [[nodiscard]] Totals& counted() { return counted_; }
  [[nodiscard]] const Totals& counted() const { return counted_; }

  /// What was in the spool at the start.
  void take_up(const spool::Recovered& recovered);
  /// One that was just stored; due now.
  void add(const spool::Draft& draft);
  /// With what its log could not take. Failures: as Spool::read().
  Task<Result<MessagePtr>> load(QueueId id);
  /// What the disk did not take of its delivery log, and its file still needs.
  [[nodiscard]] std::vector<spool::LogLine> unwritten(const QueueId& id) const;

  /// Nobody is waited for any more: the file goes, or to failed/ if there is a failure that nobody was told.
  Task<void> finish(const StoredMessage& message, const std::vector<Finding>& findings);
  /// The message waits on: what was learnt goes to its file, if anything was.
  Task<void> keep(const StoredMessage& message, Actions actions);
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
  struct Aside {
    spool::Area area = spool::Area::hold;
    std::vector<QueueId> ids;
  };
  /// Of those whose envelopes are to be read, the next ones of one area; at most so many.
  [[nodiscard]] Aside take_unread_aside(std::size_t count);

 private:
  [[nodiscard]] WallTime later() const { return ground_.clock.wall() + config_.retry.min; }

  Ground ground_;
  const Config& config_;
  Watchers& watchers_;
  Index index_;
  Suspects suspects_;
  std::map<QueueId, std::vector<spool::LogLine>> unwritten_;
  struct Share {
    std::uint32_t party = mail::kNoUid;
    std::uint64_t size = 0;
  };
  std::map<QueueId, std::optional<Share>> aside_;  ///< nothing: it does not count (yet)
  std::map<spool::Area, std::vector<QueueId>> unread_aside_;
  Totals counted_;
  std::size_t damaged_ = 0;  ///< since tell_damaged()
};

}  // namespace postern::queue
