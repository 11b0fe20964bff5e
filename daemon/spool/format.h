// The queue file, format version 1 (postern-spool(5)): envelope lines, an empty line, `size` bytes of message with
// LF line ends, then the append-only delivery log. Pure text in, values out; no I/O.
//
// The last envelope line, `sha256`, covers the message and then all envelope text before that line, so that it can
// be computed while the message arrives. Lines whose values are known only at the end (body, wire-size, size,
// sha256) have a fixed width: a file is completed by writing the envelope again over itself.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "mail/envelope.h"
#include "mail/status.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::spool {

/// No envelope is longer, written or read.
inline constexpr std::size_t kMaxEnvelope = 4U << 20U;

/// One line of the delivery log: what became of one recipient in one attempt.
struct LogLine {
  WallTime time;
  std::string recipient;
  mail::Status status;
};

/// The envelope lines before `sha256`. Failures: invalid (a value holds a control byte or would not read back as
/// itself), limit (longer than kMaxEnvelope).
Result<std::string> envelope_text(const mail::Envelope& envelope);

/// What follows envelope_text(): the line with the checksum (64 hexadecimal digits) and the empty line.
[[nodiscard]] std::string checksum_text(std::string_view digest);
inline constexpr std::size_t kChecksumText = 8 + 64 + 2;

/// The checksum of a message and its envelope_text().
[[nodiscard]] std::string checksum(std::string_view message, std::string_view envelope_text);

/// One line of the log with its LF. The text is made printable if it is not. Failure: invalid.
Result<std::string> log_text(const LogLine& line);

struct ParsedEnvelope {
  mail::Envelope envelope;
  std::size_t covered = 0;  ///< bytes of envelope text under the checksum
  std::size_t length = 0;   ///< bytes up to the message, the empty line included
  std::string digest;
};

/// The size of the envelope in the first bytes of a file, or nothing if its end is not among them.
[[nodiscard]] std::size_t find_envelope_end(std::string_view start);

/// `text` is exactly the envelope with its empty line. Failures: corrupt, newer (a higher format version).
Result<ParsedEnvelope> parse_envelope(std::string_view text);

struct ParsedLog {
  std::vector<LogLine> lines;
  std::size_t length = 0;  ///< bytes of whole lines; what follows is a torn tail
};

/// Kinds of `log:` lines that are not known are skipped. Failure: corrupt (a whole line that is no log line).
Result<ParsedLog> parse_log(std::string_view text);

struct ParsedFile {
  ParsedEnvelope head;
  ParsedLog log;
};

/// A whole file: envelope, message against the checksum, log. Failures: corrupt, newer.
Result<ParsedFile> parse_file(std::string_view file);

}  // namespace postern::spool
