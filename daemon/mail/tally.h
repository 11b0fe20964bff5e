// The number of messages in a form that programs read that only know the lists of other mail systems, above all
// check_mailq of the monitoring plugins (postern-monitoring(7)): it takes whatever mailq prints for the list of the
// mail system that it was told of, or believes to have found. For Sendmail it wants the line "Total Requests: N"; for
// Exim and nullmailer it counts lines of their forms. For Postfix it wants the last line, which the list ends with
// anyway. Pure.
#pragma once

#include "base/clock.h"

#include <cstdint>
#include <string>

namespace postern::mail {

/// What stands above the lines.
[[nodiscard]] std::string tally_heading();
/// One for each message, from 1 on. It counts for Exim and for nullmailer, and says nothing of the message.
[[nodiscard]] std::string tally_line(std::uint64_t number, WallTime now);
/// What stands below them.
[[nodiscard]] std::string tally_total(std::uint64_t count);

}  // namespace postern::mail
