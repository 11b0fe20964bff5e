// What follows from an attempt, carried out: decide() says what, the log, metrics and watchers hear of it. The order is
// the promise: a bounce is on disk before the recipient it reports is dropped, a verdict is on disk before the next
// attempt.
#pragma once

#include "base/task.h"
#include "mail/report.h"
#include "queue/decide.h"
#include "queue/ground.h"
#include "queue/messages.h"
#include "queue/reports.h"
#include "queue/stored_message.h"
#include "queue/timekeeper.h"
#include "queue/watchers.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {

class Outcomes {
 public:
  /// The others outlive it.
  Outcomes(const Ground& ground, const Config& config, Timekeeper& time, Messages& messages, Reports& reports,
           Watchers& watchers);

  /// An attempt of this message begins.
  void begins(const QueueId& id);
  /// An attempt at this site has ended after so long.
  void attempted(const std::string& site, SteadyTime::duration took, const mail::DeliveryReport& report);
  struct Outcome {
    bool told = true;                 ///< false: its sender was to be warned of the delay, and could not be told now
    std::vector<std::size_t> left{};  ///< of those that the evidence named, whom it still waits for
    std::vector<std::size_t> unanswered{};  ///< whom nothing was learnt of, in trouble of the site or of the sender
    std::size_t waiting = 0;                ///< with these, for how many nothing is decided yet
  };
  /// `site`: where the report comes from; empty: from an operator. The message waits again afterwards, or is gone.
  /// `others`: when those are due who go another way.
  Task<Outcome> perform(const StoredMessage& message, const mail::DeliveryReport& report, const std::string& site,
                        Evidence evidence, std::optional<WallTime> others = {});

 private:
  void tell(const StoredMessage& message, const Actions& actions, const mail::DeliveryReport& report,
            const std::string& site);
  void count_waits(const StoredMessage& message, const std::vector<std::size_t>& unanswered, const std::string& site);

  Ground ground_;
  const Config& config_;
  Timekeeper& time_;
  Messages& messages_;
  Reports& reports_;
  Watchers& watchers_;
};

}  // namespace postern::queue
