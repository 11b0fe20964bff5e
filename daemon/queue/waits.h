// Tells the log of each message that it waits though no answer is about it: its smarthost is in trouble, or does not
// take its sender, or has a limit that is used up for long, or nobody says by which route it goes. Once for a message,
// until it has an answer; then again, and once more where the first line was about the site and now its sender is not
// taken.
//
// The one whose attempt met the trouble is told at once. Of the others, those that came since the start are told some
// at a time, a few seconds after they came: most are tried meanwhile, and their line of acceptance stands before. What
// lay in the spool at the start was told by the process before, and is told when an attempt of its own meets trouble.
// So a queue of hundreds of thousands makes no burst of lines, and what is read for it are envelopes alone.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "queue/ground.h"
#include "queue/messages.h"
#include "queue/open_work.h"
#include "queue/outcomes.h"
#include "queue/router.h"
#include "queue/sites.h"
#include "queue/stored_message.h"
#include "queue/timekeeper.h"
#include "queue/under_way.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {

class Waits {
 public:
  /// So many are told after one look ...
  static constexpr std::size_t kAtOnce = 200;
  /// ... and the next comes after so long where there are more, or others came.
  static constexpr Seconds kSoon{5};
  /// Else after so long, which costs no wake-up of its own.
  static constexpr Seconds kEvery{60};
  /// A message is told when it is due for so long.
  static constexpr Seconds kYoung{2};

  /// The others outlive it.
  Waits(const Ground& ground, Messages& messages, const Sites& sites, const Router& router, const Timekeeper& time,
        OpenWork& work)
      : ground_(ground), messages_(messages), sites_(sites), router_(router), time_(time), work_(work) {}

  /// Something came that may wait.
  void changed();
  /// An attempt by this route has ended, or the message waits in trouble without one.
  void ended(const StoredMessage& message, const Route& route, const Outcomes::Outcome& outcome);
  /// Tells some of those that wait.
  void look();
  /// When look() will do something by time alone.
  [[nodiscard]] std::optional<SteadyTime> next() const;
  void stop() { stopped_ = true; }

 private:
  using Held = Sites::Held;
  /// What those wait in that stand in this lane.
  [[nodiscard]] std::optional<Held> held_in(std::uint16_t lane) const;
  /// What this one waits in.
  [[nodiscard]] std::optional<Held> held(const Ticket& ticket) const;
  Task<void> tell(std::vector<QueueId> ids, UnderWay under_way);
  void tell_one(const QueueId& id, const mail::Envelope& envelope, const std::vector<RecipientState>& states,
                const std::string& message_id);

  Ground ground_;
  Messages& messages_;
  const Sites& sites_;
  const Router& router_;
  const Timekeeper& time_;
  OpenWork& work_;
  SteadyTime next_{};
  bool soon_ = false;
  std::shared_ptr<bool> telling_ = std::make_shared<bool>(false);
  bool stopped_ = false;
};

}  // namespace postern::queue
