// Looks for trouble now and then, and tells the operator by mail and by a program. When that is due is judged in
// alarm_judge.h; the program is run again if it fails (alarm_backlog.h).
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "queue/alarm_backlog.h"
#include "queue/alarm_judge.h"
#include "queue/ground.h"
#include "queue/inspector.h"
#include "queue/open_work.h"
#include "queue/queue.h"
#include "queue/reports.h"
#include "queue/sites.h"
#include "queue/watchers.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace postern::queue {

class Alarms {
 public:
  /// The others outlive it.
  Alarms(const Ground& ground, const Config& config, const Sites& sites, Reports& reports, Watchers& watchers,
         OpenWork& work);

  /// Looks if it is time to; `inspector` is asked then alone, for it goes through the whole queue.
  void watch_over(const Inspector& inspector);
  /// Something is wrong, or was told and is not taken back yet, or could not be told: it is to be looked again.
  [[nodiscard]] bool open() const { return judge_.open() || put_off_ || !untold_.empty(); }

 private:
  void look(const Inspector& inspector, SteadyTime now);
  void raise(Alarm alarm, SteadyTime now);
  /// Runs the program for what is untold, one after the other.
  void tell();
  void was_told(const Alarm& alarm, const Result<void>& result);
  /// From the null sender: an alarm that fails makes no report.
  Task<void> send(Alarm alarm);
  /// Nor another alarm: of an alarm in failed/ nobody is told.
  void follow(const QueueId& id);
  [[nodiscard]] std::size_t failed_alarms(std::size_t failed);

  Ground ground_;
  const Config& config_;
  const Sites& sites_;
  Reports& reports_;
  Watchers& watchers_;
  OpenWork& work_;
  AlarmJudge judge_;
  AlarmBacklog untold_;
  std::shared_ptr<int> telling_;  ///< the program runs for what was taken from untold_
  struct Mail {
    std::shared_ptr<void> watch;
    bool failed = false;
    bool ended = false;
  };
  std::map<QueueId, std::shared_ptr<Mail>> mails_;  ///< alarms that are on their way
  std::size_t failed_alarms_ = 0;                   ///< in failed/
  std::optional<SteadyTime> looked_;
  bool put_off_ = false;            ///< it is to be looked, but was a moment ago
  std::uint64_t seen_changes_ = 0;  ///< of the sites, when it was last looked
};

}  // namespace postern::queue
