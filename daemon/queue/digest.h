// Reports that are owed: how many reports go out in an hour, and what is over that (or could not be stored) until its
// digest. Both are memory only. The truth is in the files, whose log says `untold`; it is read again when such a
// message comes due. Pure: time is given.
#pragma once

#include "base/clock.h"
#include "base/ids.h"

#include <cstddef>
#include <cstdint>
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
/// Likewise recipients, unless it is one message that has more: about 1 MB of text.
inline constexpr std::size_t kDigestRecipients = 1000;

/// Where mail for a sender goes, aliases applied: what counts is who gets the reports, not whose name was on the mail.
using Mailboxes = std::vector<std::string>;

/// At most so many in any hour, to each mailbox and in all, so that no party takes the reports of another: one that has
/// had less than its part of either (the same for each party that had some of it within the hour) may have one, also
/// when others used it up. So they may be more than that: with n parties, which come one after the other and take what
/// they can, 1 + 1/2 + ... + 1/n times as many.
class ReportLimit {
 public:
  /// One more report to this mailbox about mail of this party (a uid, or mail::kNoUid for all that has none), if there
  /// may be one.
  [[nodiscard]] bool take(const std::string& to, std::uint32_t party, SteadyTime now, std::size_t to_each,
                          std::size_t in_all);

 private:
  struct Sent {
    SteadyTime when;
    std::uint32_t party;
    std::string to;
  };
  /// Whether this party may have one more of so many, those that count.
  template <typename Counts>
  [[nodiscard]] bool has_room(std::uint32_t party, std::size_t most, Counts counts) const;

  std::deque<Sent> sent_;
};

/// The messages whose senders wait for a digest: it is made when the first failure for their mailboxes is an hour old.
class OwedReports {
 public:
  /// A time ahead of `now` counts as now: the clock was set back.
  void add(const Mailboxes& to, const QueueId& id, WallTime since, WallTime now);
  /// When the first digest is to be made.
  [[nodiscard]] std::optional<WallTime> due() const;
  /// When the one for these is.
  [[nodiscard]] std::optional<WallTime> due(const Mailboxes& to) const;

  struct Batch {
    Mailboxes to;
    std::vector<QueueId> ids;
  };
  /// A batch whose time has come; it is forgotten here.
  [[nodiscard]] std::optional<Batch> take(WallTime now);
  /// The wall clock was set back: nothing is further ahead than an hour.
  void clock_set(WallTime now);

 private:
  using Order = std::multimap<WallTime, const Mailboxes*>;  ///< by their first failures; points to keys of owed_
  struct Owed {
    Order::iterator place;
    std::set<QueueId> ids;
  };
  void move(Owed& owed, WallTime since);

  std::map<Mailboxes, Owed> owed_;
  Order order_;
};

}  // namespace postern::queue
