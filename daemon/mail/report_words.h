// Private to mail/: what a report says to people who know their own mail and nothing of mail servers. Whole sentences
// tell what became of which message, why, and what to do; what a server said stands beside them in its own words. What
// others chose (subjects, addresses, answers) begins no line but behind our own words or an indent.
#pragma once

#include "mail/report_lines.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// "This is the mail program of the computer HOST.\n"
[[nodiscard]] std::string who_tells(const Reporter& reporter);

/// "Mon, 23 Nov 2026 at 17:00:00 UTC", "... at 18:00:00 (UTC+01:00)"
[[nodiscard]] std::string date_for_people(WallTime time, std::chrono::minutes utc_offset);

/// Which message a report is about. `subject` and `message_id` are the bodies of these fields, or empty, and of one
/// that is empty nothing is said.
struct Told {
  std::string_view subject;
  std::string_view message_id{};
  std::string_view number{};  ///< "3. " of one of many
};

/// One sentence or more, with the recipients whom each is about. Who has the same answer is listed together, above it.
[[nodiscard]] std::string told_to_people(const Told& told, const Reporter& reporter, const Envelope& envelope,
                                         const std::vector<BouncedRecipient>& recipients,
                                         const std::optional<WallTime>& retry_until);

}  // namespace postern::mail
