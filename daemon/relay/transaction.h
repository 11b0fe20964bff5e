// One mail transaction (RFC 5321 3.3): MAIL, RCPT..., DATA, the text, and who got what verdict.
//
// Rules that decide: 421 at any place, a lost connection or a broken reply leaves every unanswered recipient to be
// tried again and is trouble of the site. Other replies are verdicts on what they answer, except those about our
// account (verdict.h). Only a reply read after our final dot, with nothing behind it, counts as the verdict on the
// text; if it is lost, the delivery is uncertain.
//
// A server that answers in the middle of the text and hangs up ("552 too big") has given its verdict: what it said is
// read and counts if it is a 4xx or 5xx, since no further answer can come. An answer in the middle of the text on a
// connection that stands may belong to another command: it defers and is never final. A 2xx before
// our dot counts as nothing: before the dot goes out we look whether something was said already.
#pragma once

#include "base/task.h"
#include "mail/message.h"
#include "mail/report.h"
#include "relay/wire.h"
#include "smtp/capabilities.h"

#include <string>

namespace postern::relay {

struct TransactionInput {
  std::string peer;           ///< for texts
  smtp::Capabilities server;  ///< pipelining: use it
  bool reset_first = false;   ///< the transaction before this one was left open
};

struct TransactionOutcome {
  enum class Progress { none, begun, postponed };
  mail::DeliveryReport report;
  Progress progress = Progress::none;  ///< begun: the server answered MAIL; postponed: by 451
  bool needs_reset = false;            ///< the server still holds an open transaction
  bool pipelining_failed = false;      ///< time-out or wrong replies while several commands were under way
};

Task<TransactionOutcome> run_transaction(Wire& wire, const TransactionInput& input, mail::Message& message);

}  // namespace postern::relay
