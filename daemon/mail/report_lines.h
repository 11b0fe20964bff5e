// Private to mail/: the lines that reports are made of.
#pragma once

#include "mail/bounce_text.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// Of what goes on in a text for people, so that nothing in it can look like the beginning of something else.
inline constexpr std::string_view kIndent = "    ";

/// printable() that leaves backslashes alone: most texts here went through it before, and "\x" must not grow to
/// "\x5cx". Cut at kLongestWord, so that it fits into a line with what stands beside it.
[[nodiscard]] std::string one_line(std::string_view text);

/// "5.1.1": a code of RFC 3463, checked because it may have come from a server.
[[nodiscard]] bool is_enhanced(std::string_view code);

/// The header of a report, up to and with MIME-Version.
[[nodiscard]] std::string report_head(const Reporter& reporter, std::string_view to, std::string_view subject);

/// One part of a multipart text, its boundary line included; the content is ASCII.
[[nodiscard]] std::string mime_part(std::string_view boundary, std::string_view type, std::string_view content);

/// Likewise with UTF-8, encoded where it must be.
[[nodiscard]] std::string text_for_people(std::string_view boundary, std::string_view words);

/// The body of a Subject field as people know it: unfolded, decoded and not too long.
[[nodiscard]] std::string shown_subject(std::string_view body);

/// The content of a message/delivery-status.
[[nodiscard]] std::string told_to_programs(const Reporter& reporter, const Envelope& envelope,
                                           const std::vector<BouncedRecipient>& recipients,
                                           const std::optional<WallTime>& retry_until);

/// The report needs RFC 6531: only if the sender does. In its text all addresses are written in ASCII (RFC 6533 3), so
/// that a report of a smarthost without SMTPUTF8 can pass that very smarthost.
[[nodiscard]] bool needs_utf8(const Envelope& envelope);

}  // namespace postern::mail
