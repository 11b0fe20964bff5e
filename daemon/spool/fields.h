// The values of single lines of a queue file, written and read: paths, recipients, sources, log entries.
#pragma once

#include "base/result.h"
#include "mail/envelope.h"
#include "spool/format.h"

#include <optional>
#include <string>
#include <string_view>

namespace postern::spool {

/// An address in angle brackets and what follows after one blank.
struct Path {
  std::string_view address;
  std::string_view rest;
};
/// The closing bracket is the first one outside quotes (RFC 5321 4.1.2: Quoted-string, quoted-pairSMTP).
[[nodiscard]] std::optional<Path> parse_path(std::string_view text);
/// Failure: invalid, if the address would not read back as itself.
Result<std::string> path_text(std::string_view address);

/// `<address> NOTIFY=... ORCPT=...`
Result<std::string> recipient_text(const mail::Recipient& recipient);
[[nodiscard]] std::optional<mail::Recipient> parse_recipient(std::string_view text);

/// `local uid=1000 pid=77`, `smtp 127.0.0.1:51122 uid=33 helo=app1`, `daemon`; `helo` is last and made printable.
[[nodiscard]] std::string source_text(const mail::Source& source);
[[nodiscard]] std::optional<mail::Source> parse_source(std::string_view text);

/// `header=7bit body=8bit long-lines=none`, always of the same length. Words that are not known are skipped.
[[nodiscard]] std::string text_facts_text(const mail::TextFacts& facts);
[[nodiscard]] std::optional<mail::TextFacts> parse_text_facts(std::string_view text);

/// What follows the verdict of a log line: "-untold", or nothing.
[[nodiscard]] std::string_view note_text(Note note);
/// A log line after `log: ` and without its LF; nothing if it is of a kind we do not know.
[[nodiscard]] std::optional<LogLine> parse_log_value(std::string_view text);

}  // namespace postern::spool
