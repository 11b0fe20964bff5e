// Gathers storms: judges what comes by the rows of the settings, keeps what is alike beyond their number from being
// tried until its window ends, and makes one digest of it then. A ticket that waits for that is in the phase `storm`
// and in no lane, and its file says so, for the next start. Whatever goes wrong, a message goes by itself rather than
// not at all; and what is looked at when the program crashes is a suspect, and is not gathered again. What cannot be
// noted as such, since too much is looked at, goes by itself, too.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "queue/ground.h"
#include "queue/messages.h"
#include "queue/open_work.h"
#include "queue/router.h"
#include "queue/storm_digest.h"
#include "queue/storms.h"
#include "queue/timekeeper.h"
#include "queue/under_way.h"
#include "spool/draft.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace postern::queue {

class StormKeeper {
 public:
  /// Where a row names users a message waits so long for the name service to say who sent it, and so many messages do:
  /// any other goes as it comes.
  static constexpr Seconds kPatience{10};
  static constexpr std::size_t kMostAsking = 200;

  /// The others outlive it. `goes` is called for what is not to wait, on the loop.
  StormKeeper(const Ground& ground, const Config& config, Messages& messages, Router& router, Timekeeper& time,
              OpenWork& work, std::function<void(const mail::Envelope&)> goes);

  /// One that was just stored and taken up. False: it goes as it comes. True: it is looked at first, active meanwhile,
  /// and then waits here or `goes`.
  [[nodiscard]] bool takes(const std::shared_ptr<spool::Draft>& stored);

  /// What waits here and is active by now, since somebody handles it, waits for no digest any more; its file says so
  /// when this returns, unless the disk fails.
  Task<void> let_out(QueueId id);
  /// It goes by itself, now. Failures: busy (it is in a digest by now, or being handled).
  Task<Result<void>> release(QueueId id);

  /// Those of whom it is known by now who sent them, or not in time, wait no more to be looked at.
  void judge_asked();
  /// By which row such a message would be gathered. Where the name service is asked this waits for it.
  Task<StormChoice> choice_for(mail::Envelope envelope) const;

  /// How long it has nothing to begin unless something comes; nothing: for ever. What is under way looks again by
  /// itself when it ends.
  [[nodiscard]] std::optional<Milliseconds> idle_for() const;
  /// Begins the digest that is due, if one is; there is one at a time.
  void start_digest();

 private:
  /// A digest that is stored, and whose originals the disk does not let go.
  struct Unended {
    StoredStorm stored;
    unsigned failures = 0;
    bool goes = false;   ///< it is in the queue all the same
    SteadyTime again{};  ///< when the disk is asked for them again
  };

  /// One that waits for the name service to say who sent it; it is active meanwhile.
  struct Asking {
    std::shared_ptr<spool::Draft> stored;
    std::uint32_t uid = 0;
    SteadyTime until;
  };
  /// Who it must be known to be; nothing: it does not matter, or it is nobody.
  [[nodiscard]] std::optional<std::uint32_t> asked_of(const mail::Envelope& envelope) const;
  /// Null: it is not known; it is asked, unless nobody answered lately.
  [[nodiscard]] const mail::User* find(std::uint32_t uid);

  /// No rule: it goes.
  void begin(std::shared_ptr<spool::Draft> stored, std::optional<StormRule> rule);
  Task<void> judge(std::shared_ptr<spool::Draft> stored, std::optional<StormRule> rule);
  /// Nothing: it goes.
  Task<std::optional<spool::StormWait>> wait_for(std::shared_ptr<spool::Draft> stored, StormRule rule);
  /// They are active, and go by themselves.
  Task<void> go_singly(std::vector<QueueId> ids);
  /// Of the batch that is due those that still wait; they are active then.
  std::vector<QueueId> take_batch();
  Task<void> gather(std::vector<QueueId> ids, UnderWay);
  /// Nothing: they go by themselves, and the log says why.
  Task<std::optional<StoredStorm>> store(std::vector<QueueId> ids);
  Task<void> end(Unended unended, UnderWay);
  Task<void> remove(Unended unended);
  void tell(const StoredStorm& stored) const;

  Ground ground_;
  const Config& config_;
  Messages& messages_;
  Router& router_;
  Timekeeper& time_;
  OpenWork& work_;
  std::function<void(const mail::Envelope&)> goes_;
  std::shared_ptr<bool> gathering_ = std::make_shared<bool>(false);
  std::deque<Unended> unended_;  ///< by Unended::again
  std::deque<Asking> asking_;
};

}  // namespace postern::queue
