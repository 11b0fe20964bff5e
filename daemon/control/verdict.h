// The first line of `postern status`: whether mail flows and if not, why, in one sentence. Pure.
#pragma once

#include "base/clock.h"
#include "queue/queue.h"

#include <string>
#include <vector>

namespace postern::control {

struct Verdict {
  int exit = 0;  ///< exits::kWell, kTrouble or kAttention: the worst of what the text says
  std::string text;
};

/// Mail that waits longer than this is trouble even if nobody complains.
inline constexpr Seconds kLongWait{3600};

[[nodiscard]] Verdict judge(const queue::Totals& totals, const std::vector<queue::SiteStatus>& sites,
                            const std::string& config_file, WallTime now);

/// Adds that a smarthost without trouble is weaker than before (mail::CheckReport::weaker): mail flows, but a person
/// should look.
void add_weaker(Verdict& verdict, const std::string& site, const std::vector<std::string>& weaker);

/// Says before everything else that no mail is taken.
void add_refusal(Verdict& verdict, const queue::Refusal& refusal, const std::string& spool, WallTime now);

/// "14:02" today, "Nov 22 14:02" before that; local time.
[[nodiscard]] std::string clock_time(WallTime time, WallTime now);

/// "1 message", "3 messages".
[[nodiscard]] std::string messages(std::size_t count);

}  // namespace postern::control
