// The queue file, format versions 1 and 2 (postern-spool(5)): envelope lines, an empty line, `size` bytes of message
// with LF line ends, then the append-only delivery log. Pure text in, values out; no I/O. Only a message of which a
// recipient could not be read has version 2: a program that does not know its `unread` lines must not take it up, since
// it would tell nobody of them.
//
// The last envelope line, `sha256`, covers the message and then all envelope text before that line, so that it can
// be computed while the message arrives. Lines whose values are known only at the end (body, text, wire-size,
// size, sha256) have a fixed width: a file is completed by writing the envelope again over itself.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "mail/envelope.h"
#include "mail/status.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::spool {

/// No envelope is longer, written or read.
inline constexpr std::size_t kMaxEnvelope = mail::kLongestEnvelope;

/// What a log line says beyond its verdict. `untold`: settled, and the sender is yet to be told. `warned`: the sender
/// was told of the delay. `doubtful`: of a deferral, refused for good by a word that may be about the account. A
/// program that does not know these skips the line, and so tries the recipient again.
enum class Note { none, untold, warned, doubtful };

/// One line of the delivery log: what became of one recipient in one attempt.
struct LogLine {
  WallTime time;
  std::string recipient;  ///< empty: all that could not be read
  mail::Status status;
  Note note{};
};

/// A line of the delivery log that names the smarthost the message was rerouted to; empty: none any more. Failure:
/// invalid (a control byte).
Result<std::string> route_text(WallTime time, std::string_view smarthost);

/// A message of a storm waits for the others like it, and goes with them as one digest.
struct StormWait {
  WallTime until;
  std::string likeness;  ///< the same for all that are alike: a word

  friend bool operator==(const StormWait&, const StormWait&) = default;
};
/// A line of the delivery log that says so; nothing: it waits for them no more. A program that does not know it skips
/// it, and so sends the message by itself. Failure: invalid (the likeness is no word).
Result<std::string> storm_text(WallTime time, const std::optional<StormWait>& wait);

/// The envelope lines before `sha256`. Failures: invalid (a value holds a control byte or would not read back as
/// itself), limit (longer than kMaxEnvelope).
Result<std::string> envelope_text(const mail::Envelope& envelope);

/// What follows envelope_text(): the line with the checksum (64 hexadecimal digits) and the empty line.
[[nodiscard]] std::string checksum_text(std::string_view checksum);
inline constexpr std::size_t kChecksumText = 8 + 64 + 2;

/// The checksum of a message and its envelope_text().
[[nodiscard]] std::string checksum(std::string_view message, std::string_view envelope_text);

/// One line of the log with its LF. The text is made printable if it is not. Failure: invalid.
Result<std::string> log_text(const LogLine& line);

struct ParsedEnvelope {
  mail::Envelope envelope;
  std::size_t covered = 0;  ///< bytes of envelope text under the checksum
  std::size_t length = 0;   ///< bytes up to the message, the empty line included
  std::string checksum;
};

/// The size of the envelope in the first bytes of a file, or nothing if its end is not among them.
[[nodiscard]] std::size_t find_envelope_end(std::string_view start);

/// `text` is exactly the envelope with its empty line. Failures: corrupt, newer (a higher format version).
Result<ParsedEnvelope> parse_envelope(std::string_view text);

/// What can still be read of the envelope of a damaged file, from its first bytes: whole lines that make sense, up to
/// the first that is empty. Nothing where none says that it is the file of this id. Where the sender is not among them
/// there are no recipients either.
[[nodiscard]] mail::Envelope salvage_envelope(std::string_view start, const QueueId& id);

struct ParsedLog {
  std::vector<LogLine> lines;
  std::string rerouted_to;           ///< the last one named; empty: none
  std::optional<StormWait> storm{};  ///< likewise
  /// Since when it waits for others no more; nothing: it never did, or it does.
  std::optional<WallTime> storm_over{};
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
