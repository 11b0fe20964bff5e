// One mail transaction (RFC 5321 3.3): MAIL, RCPT..., DATA, the text, and who got what verdict.
//
// Rules that decide: 421 at any place, a lost connection or a broken reply leaves every unanswered recipient to be
// tried again and is trouble of the site, perhaps of this message's doing. Other replies are verdicts on what they
// answer, except those about our account or the sender (verdict.h). A recipient refused in words that nobody knows is
// known to be the culprit if another one is accepted. Only a reply read after our final dot, with nothing behind it,
// counts as the verdict on the text; if it is lost, the delivery is uncertain.
//
// A server that answers in the middle of the text and hangs up ("552 too big") has given its verdict: what it said is
// read and counts if it is a 4xx or 5xx, since no further answer can come. An answer in the middle of the text on a
// connection that stands may belong to another command: it defers and is never final. A 2xx before
// our dot counts as nothing: before the dot goes out we look whether something was said already.
#pragma once

#include "base/task.h"
#include "mail/message.h"
#include "mail/report.h"
#include "relay/commands.h"
#include "relay/wire.h"
#include "smtp/capabilities.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace postern::relay {

/// So many refusals without a message taken between them are all that we let a connection come to: then it is ended,
/// and what is left goes by a fresh one. Postfix slows down at 10 and hangs up at 20 (smtpd_soft_error_limit,
/// smtpd_hard_error_limit), and such a 421 would look like the site's trouble.
inline constexpr std::size_t kMostRefusals = 8;

struct TransactionInput {
  std::string peer;                        ///< for texts
  smtp::Capabilities server;               ///< pipelining: use it
  bool reset_first = false;                ///< the transaction before this one was left open
  MailForm form;                           ///< how the message is offered
  std::size_t refusals = 0;                ///< on this connection since it took a message, fewer than kMostRefusals
  std::size_t most_recipients = SIZE_MAX;  ///< in one transaction
};

struct TransactionOutcome {
  enum class Progress { none, begun, postponed };
  mail::DeliveryReport report;
  Progress progress = Progress::none;  ///< begun: the server answered MAIL; postponed: the message may go elsewhere
  bool needs_reset = false;            ///< the server still holds an open transaction
  bool pipelining_failed = false;      ///< time-out or wrong replies while several commands were under way
  bool taken = false;                  ///< the message, at the dot
  bool enough = false;                 ///< the server said that this connection has carried enough
  /// Those without a status, or too many, are for another transaction, at once: with SMTPUTF8 if they alone need that.
  bool rest = false;
  bool dsn_doubted = false;                ///< `rest`, because of parameters of DSN: the next one without them
  bool cut_short = false;                  ///< as `rest`, if the trouble that is told proves to be none
  std::size_t refusals = 0;                ///< further ones
  std::size_t accepted = 0;                ///< recipients
  std::size_t most_recipients = SIZE_MAX;  ///< the server takes no more in one transaction, as was found out
  std::vector<std::size_t> doubted;        ///< indices of recipients whose refusal nothing in here has settled
  /// Recipients who were refused in words about the site or the sender; what each has if that is its own doing.
  std::vector<std::pair<std::size_t, mail::Status>> rebuffed{};
  bool theirs = false;          ///< that it is, is shown by others whom the site takes now
  bool sender_refused = false;  ///< and nobody accepted, though the server is well: another one may do
};

Task<TransactionOutcome> run_transaction(Wire& wire, const TransactionInput& input, mail::Message& message);

}  // namespace postern::relay
