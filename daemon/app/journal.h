// The log's way into journald, with fields of its own (POSTERN_ID, POSTERN_TO, ...) beside the line.
#pragma once

namespace postern::app {

/// Sends the log to the journal if standard error is connected to it (systemd.exec(5), $JOURNAL_STREAM);
/// otherwise leaves it on standard error.
void log_to_journal_if_there();

}  // namespace postern::app
