// What `postern status` and the page for browsers say alike, so that they never disagree. Pure.
#pragma once

#include "base/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace postern::mail {

/// "in 4m" or "4m ago"; "now" within a second.
[[nodiscard]] std::string relative(WallTime time, WallTime now);

/// How a smarthost is.
struct SiteCondition {
  bool tried = false;
  bool weaker = false;  ///< than before (CheckReport::weaker)
  bool trouble = false;
  bool login_refused = false;
};
/// In a word or two: "well", "trouble".
[[nodiscard]] std::string_view state_word(const SiteCondition& condition);

/// When trouble began and when it is looked for whether it is over.
struct TroubleTimes {
  std::string step;  ///< name(Step); empty: it says nothing
  std::optional<WallTime> since;
  std::optional<WallTime> next_probe;
};
/// Behind the words of a trouble: " at data, since 14:02, next try in 3m". Up to the login the words tell how far it
/// came; in a transaction they may be the server's alone.
[[nodiscard]] std::string behind_trouble(const TroubleTimes& times, WallTime now);

/// The words of a trouble where they stand below what was `told` before: cut as they are there, and "as above" where
/// they stand there. Printable.
[[nodiscard]] std::string unless_told(std::string_view words, std::string_view told);

/// Of a sender whose mail a smarthost does not take, since these `words`: "mail of a@b.example is not taken: 554 no,
/// since 14:02, next try in 3m". Without a sender's name the words are not told either.
[[nodiscard]] std::string sender_words(std::string_view sender, std::string_view words, const TroubleTimes& times,
                                       WallTime now);

/// Of a smarthost whose limit is reached: "has its limit until 14:02 (30/minute)", `words` and `limit` being of
/// queue/rate.h.
[[nodiscard]] std::string limit_words(std::string_view words, std::string_view limit, WallTime until, WallTime now);

}  // namespace postern::mail
