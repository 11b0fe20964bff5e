// The log as journald takes it: with fields of its own (POSTERN_QUEUE_ID, POSTERN_RECIPIENT, ...) beside the line for a
// person, each kind of fact with a MESSAGE_ID by which a catalog tells what it means
// (packaging/systemd/postern.catalog).
#pragma once

#include "base/log.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// What this daemon is called in the journal.
inline constexpr std::string_view kLogName = "posternd";

/// The kind of a fact, for sd_journal's MESSAGE_ID: 32 hexadecimal digits, a name-based UUID of the event's words (RFC
/// 9562 5.8, by SHA-256). So every kind has one and keeps it as long as its words, and no two share one. Empty where
/// the library has no memory for a digest: the line goes without.
[[nodiscard]] std::string message_id_of(std::string_view event) noexcept;

/// "MESSAGE=...", "PRIORITY=4", "POSTERN_QUEUE_ID=..." (systemd.journal-fields(7)), values made printable and cut to 8
/// KiB. `message` is printable, as `identifier` is, under which syslog knows the program. `message_id` is that of the
/// record's event: it is made elsewhere, since the last lines come when OpenSSL is gone already.
[[nodiscard]] std::vector<std::string> journal_fields(const LogRecord& record, std::string_view message,
                                                      std::string_view message_id,
                                                      std::string_view identifier = kLogName);

/// Of a further line about the same fact: what a reader of lines needs and the queue id, so that the fact is found
/// once, and its level asked for once.
[[nodiscard]] std::vector<std::string> further_journal_fields(const LogRecord& record, std::string_view message,
                                                              std::string_view identifier);

/// Whether what is written to this descriptor goes to the journal: the service manager names the stream in
/// $JOURNAL_STREAM (systemd.exec(5)).
[[nodiscard]] bool is_journal_stream(int descriptor);

}  // namespace postern
