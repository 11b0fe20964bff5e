// Looks for trouble now and then, and tells the operator by mail and by a program. When that is due is judged in
// alarm_judge.h.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "queue/alarm_judge.h"
#include "queue/ground.h"
#include "queue/open_work.h"
#include "queue/queue.h"
#include "queue/reports.h"
#include "queue/sites.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace postern::queue {

class Alarms {
 public:
  /// The others outlive it.
  Alarms(const Ground& ground, const Config& config, const Sites& sites, Reports& reports, OpenWork& work);

  /// Looks if it is time to; `totals` is asked then alone, for it goes through the whole queue.
  void watch_over(const std::function<Totals()>& totals);
  /// Something is wrong, or was told and is not taken back yet: it is to be looked again.
  [[nodiscard]] bool open() const { return judge_.open(); }

 private:
  /// From the null sender: an alarm that fails makes no further mail.
  Task<void> send(Alarm alarm);

  Ground ground_;
  const Config& config_;
  const Sites& sites_;
  Reports& reports_;
  OpenWork& work_;
  AlarmJudge judge_;
  std::optional<SteadyTime> looked_;
  std::uint64_t seen_changes_ = 0;  ///< of the sites, when it was last looked
};

}  // namespace postern::queue
