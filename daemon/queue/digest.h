// Reports that are owed: how many reports go out in an hour, and what is over that (or could not be stored) until its
// digest. Both are memory only. The truth is in the files, whose log says `untold`; it is read again when such a
// message comes due. Pure: time is given.
#pragma once

#include "base/clock.h"
#include "base/ids.h"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace postern::queue {

inline constexpr Seconds kReportHour{3600};
/// One digest tells of so many messages; those beyond go into the next one.
inline constexpr std::size_t kDigestMessages = 500;

/// At most so many in any hour, to each and to all.
class ReportLimit {
 public:
  /// One more report to this sender, if there may be one.
  [[nodiscard]] bool take(const std::string& sender, SteadyTime now, std::size_t per_sender, std::size_t in_all);

 private:
  struct Sent {
    SteadyTime when;
    std::string sender;
  };
  std::deque<Sent> sent_;
};

/// The messages whose senders wait for a digest: it is made when the first failure of a sender is an hour old.
class OwedReports {
 public:
  /// A time ahead of `now` counts as now: the clock was set back.
  void add(const std::string& sender, const QueueId& id, WallTime since, WallTime now);
  /// When the first digest is to be made.
  [[nodiscard]] std::optional<WallTime> due() const;
  /// When the one for this sender is.
  [[nodiscard]] std::optional<WallTime> due(const std::string& sender) const;

  struct Batch {
    std::string sender;
    std::vector<QueueId> ids;
  };
  /// A batch whose time has come; it is forgotten here.
  [[nodiscard]] std::optional<Batch> take(WallTime now);
  /// The wall clock was set back: nothing is further ahead than an hour.
  void clock_set(WallTime now);

 private:
  struct Sender {
    WallTime since;
    std::set<QueueId> ids;
  };
  std::map<std::string, Sender> senders_;
};

}  // namespace postern::queue
