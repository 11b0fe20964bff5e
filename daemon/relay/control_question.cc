#include "relay/control_question.h"

#include "relay/commands.h"
#include "relay/verdict.h"
#include "smtp/limits.h"

#include <utility>

namespace postern::relay {
namespace {

/// One command whose answer must be 2xx for the next one to make sense. A server that closes is not spoken to again.
Task<Others> ask(Wire& wire, std::string line, Asked asked) {
  const auto reply = co_await wire.command(line, smtp::limits::kMail);
  if (reply && reply->code == kClosing) wire.give_up();
  if (reply && reply->positive()) co_return Others::taken;
  if (!reply || !is_refusal(*reply)) co_return Others::unknown;
  const Blame blame = blame_of(asked, *reply);
  if (blame == Blame::sender) co_return Others::sender_refused;
  co_return blame == Blame::site ? Others::site_refused : Others::unknown;
}

}  // namespace

Task<Others> ask_for_others(Wire& wire, const TransactionInput& input, const mail::Envelope& envelope,
                            std::string address) {
  std::string mail;
  append_mail(envelope, input.form, input.server, mail);
  mail::Recipient recipient;
  recipient.address = std::move(address);
  std::string rcpt;
  append_rcpt(recipient, input.form, input.server, rcpt);
  const std::string reset = "RSET\r\n";
  Others others = Others::unknown;
  Others ended = co_await ask(wire, reset, Asked::reset);
  if (ended == Others::taken) {
    others = co_await ask(wire, std::move(mail), Asked::mail);
    if (others == Others::taken) others = co_await ask(wire, std::move(rcpt), Asked::rcpt);
    const bool stands = !wire.broken();
    if (stands) ended = co_await ask(wire, reset, Asked::reset);
  }
  // No transaction must stay open: without a proper answer this connection is not used again.
  if (ended != Others::taken) wire.give_up();
  co_return others;
}

}  // namespace postern::relay
