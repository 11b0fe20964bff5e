// What programs write before the header of a message and is none of it.
#pragma once

#include <optional>
#include <string_view>

namespace postern::mail {

/// "From user Mon Nov 23 17:04:05 2026", also with ">" before it: what stands between the messages of a mailbox file
/// (RFC 4155) and gets in front of a header by programs that write such files. Words that only begin so may be text.
[[nodiscard]] bool is_mailbox_line(std::string_view line);
/// The text behind all such lines at its beginning.
[[nodiscard]] std::string_view without_mailbox_lines(std::string_view text);

enum class EmptyLines { end_the_header, are_no_header };
/// The text from its header on: without such lines, and, where a field of a known name follows, without a byte order
/// mark, which editors and PowerShell write, and without a few lines that begin as theirs do ("From root@web1
/// 2026-11-30"). Nothing but a known name makes sure that it is no text, of which every byte stays. An empty line
/// before all else says that there is no header (`(echo; cat report) | sendmail root`, RFC 5322 3.5). Where the header
/// has to name the recipients it is a slip, and goes under the same condition.
[[nodiscard]] std::string_view from_header_on(std::string_view text, EmptyLines empty = EmptyLines::end_the_header);
/// The same of a text of which more may come. Nothing: that decides, and no more than some KiB of it.
[[nodiscard]] std::optional<std::string_view> from_header_on_so_far(std::string_view text);

}  // namespace postern::mail
