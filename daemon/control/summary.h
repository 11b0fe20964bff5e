// The first line of `postern status`: whether mail flows and if not, why, in one sentence. Pure.
#pragma once

#include "base/clock.h"
#include "queue/drop_state.h"
#include "queue/entry.h"

#include <cstddef>
#include <string>
#include <vector>

namespace postern::control {

struct Summary {
  int exit = 0;  ///< exits::kWell, kTrouble or kAttention: the worst of what the text says
  std::string text;
  bool well = false;  ///< nothing at all is wrong, and a smarthost is known to take mail
};

/// The line itself. "all is well" stands in it only where nothing else is said.
[[nodiscard]] std::string first_line(const Summary& summary);

/// Octets of what a server said, in lists and in the first line; `queue show` and `--json` have the whole.
inline constexpr std::size_t kListedWords = 200;

/// Dropped mail that is not taken up for longer is trouble: it is looked for every minute.
inline constexpr Seconds kLongInDrop{180};

/// Mail that waits longer than this is trouble even if nobody complains.
inline constexpr Seconds kLongWait{3600};

[[nodiscard]] Summary sum_up(const queue::Totals& totals, const std::vector<queue::SiteStatus>& sites,
                             const std::string& config_file, WallTime now);

/// Adds that a smarthost without trouble is weaker than before (mail::CheckReport::weaker): mail flows, but a person
/// should look.
void add_weaker(Summary& summary, const std::string& site, const std::vector<std::string>& weaker);

/// Says before everything else that no mail is taken.
void add_refusal(Summary& summary, const queue::Refusal& refusal, const std::string& spool, WallTime now);

/// Says that dropped mail is not taken up, and that there are refused files, which is no trouble: anybody can make
/// some.
void add_dropped(Summary& summary, const queue::DropState& state, const std::string& spool, WallTime now);

/// Says before everything else what is wrong with the daemon itself: its settings file, an address nobody can connect
/// to.
void add_complaints(Summary& summary, const std::vector<std::string>& complaints);

/// "14:02" today, "Nov 22 14:02" before that; local time.
[[nodiscard]] std::string clock_time(WallTime time, WallTime now);

/// "1 message", "3 messages".
[[nodiscard]] std::string messages(std::size_t count);

}  // namespace postern::control
