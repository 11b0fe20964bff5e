// mailq: the daemon's list of the queue; and where no daemon answers, what can be known without it.
#pragma once

#include "sendmail-shim/control.h"
#include "sendmail-shim/exit.h"

#include <chrono>
#include <string>

namespace postern::shim {

/// Who reads the list. A program gets lines besides that count the messages (mail/tally.h); where their number cannot
/// be known it gets as many as for a very long queue, since to some programs no line is a mail system that is well: the
/// check of a nullmailer's queue does not look at the exit status.
enum class Reader { person, program };
inline constexpr unsigned kTallyOfUnknown = 1000;

/// How long a daemon that says nothing is waited for by whoever asks it something, such as the list. A program may wait
/// for us to end however long it takes, as an installation does.
[[nodiscard]] std::chrono::seconds patience_of(Reader reader);

/// `spool`: where the mail of the daemon behind `socket` lies; empty: not known. Ends with EX_UNAVAILABLE where no
/// daemon answers.
[[nodiscard]] Exit list_queue(const std::string& socket, const std::string& spool, Reader reader, const Print& print);

}  // namespace postern::shim
