// Who is told what: RFC 3461's NOTIFY and the rules against answering machines, as pure functions.
//
// A report is made by us only where the sender asked for it (or said nothing, which means FAILURE and DELAY here, as
// RFC 3461 4.1 lets an MTA choose), and only to a sender that is not null (RFC 5321 4.5.5).
#pragma once

#include "mail/envelope.h"
#include "mail/status.h"

#include <string_view>

namespace postern::queue {

enum class Notice { none, failed, delayed, relayed };

/// With DSN the smarthost got NOTIFY and reports a success itself; without, we say `relayed` (RFC 3461 5.2.2).
enum class Upstream { with_dsn, without_dsn };

/// `deferred` is asked once the delay is long enough for a warning.
[[nodiscard]] Notice notice_for(const mail::Envelope& envelope, const mail::Recipient& recipient, mail::Verdict verdict,
                                Upstream upstream);

/// Who wrote the message, as its header tells.
///
/// RFC 3834 section 2 has programs not answer what says that it was made by a program (section 5: Auto-Submitted with
/// any value but "no"): two of them would answer each other for ever. Reports are from the null sender and cannot loop,
/// but a failure report that fills the mailbox nobody reads, cron's, helps nobody either: such mail is kept in failed/.
///
/// Of lists (List-Id, or Precedence: bulk, list or junk) it says that those who answer by default must not. That is of
/// autoresponders: a list manager lives by its failure reports. It is only not warned of delays unless NOTIFY asks.
enum class Author { person, list, program };
[[nodiscard]] Author author_of(std::string_view message);

/// The notice that is left once the author is known.
[[nodiscard]] Notice permitted(Notice notice, Author author, const mail::Recipient& recipient);

}  // namespace postern::queue
