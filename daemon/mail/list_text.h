// What a verdict, a list and a question about messages have in common, whichever program writes them.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace postern::mail {

/// Octets of what a server said, in lists and in the first line of `postern status`; `queue show` and `--json` have
/// the whole.
inline constexpr std::size_t kListedWords = 200;

/// "1 message", "3 messages".
[[nodiscard]] std::string messages(std::size_t count);

/// What ordinary users read of a queue in which others have mail, too: "3 messages wait, none of them yours".
[[nodiscard]] std::string all_and_own(std::size_t all, std::size_t own);

/// "321", "1.2K", "50M".
[[nodiscard]] std::string short_size(std::int64_t bytes);

/// "<>" for the null sender.
[[nodiscard]] std::string bracketed(const std::string& address);

/// "14:02" today, "Nov 22 14:02" before that; local time.
[[nodiscard]] std::string clock_time(WallTime time, WallTime now);
/// The same, within an hour with its seconds: "14:02:07".
[[nodiscard]] std::string near_time(WallTime time, WallTime now);

/// "7 messages wait in storms, the first until 14:02:07": of several storms each has an end of its own, and of what
/// waits alone there is no digest. `until`: the end that comes first, if that is known.
[[nodiscard]] std::string waits_in_storms(std::size_t count, std::optional<WallTime> until, WallTime now);

}  // namespace postern::mail
