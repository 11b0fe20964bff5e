// The log as journald takes it: with fields of its own (POSTERN_ID, POSTERN_TO, ...) beside the line for a person.
#pragma once

#include "base/log.h"

#include <string>
#include <vector>

namespace postern {

/// "MESSAGE=...", "PRIORITY=4", "POSTERN_ID=..." (systemd.journal-fields(7)), values made printable and cut to 8 KiB.
[[nodiscard]] std::vector<std::string> journal_fields(const LogRecord& record);

/// Whether what is written to this descriptor goes to the journal: the service manager names the stream in
/// $JOURNAL_STREAM (systemd.exec(5)).
[[nodiscard]] bool is_journal_stream(int descriptor);

}  // namespace postern
