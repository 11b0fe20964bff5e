#include "relay/control_question.h"

#include "relay/commands.h"
#include "relay/verdict.h"
#include "smtp/limits.h"

#include <utility>

namespace postern::relay {
namespace {

/// One command whose answer must be 2xx for the next one to make sense. A server that closes is not spoken to again.
Task<bool> agrees(Wire& wire, std::string line) {
  const auto reply = co_await wire.command(line, smtp::limits::kMail);
  if (reply && reply->code == kClosing) wire.give_up();
  co_return reply && reply->positive();
}

}  // namespace

Task<bool> takes_others(Wire& wire, const TransactionInput& input, const mail::Envelope& envelope,
                        std::string address) {
  std::string mail;
  append_mail(envelope, input.form, input.server, mail);
  mail::Recipient recipient;
  recipient.address = std::move(address);
  std::string rcpt;
  append_rcpt(recipient, input.form, input.server, rcpt);
  const std::string reset = "RSET\r\n";
  bool taken = false;
  bool ended = co_await agrees(wire, reset);
  if (ended) {
    taken = co_await agrees(wire, std::move(mail));
    if (taken) taken = co_await agrees(wire, std::move(rcpt));
    const bool stands = !wire.broken();
    if (stands) ended = co_await agrees(wire, reset);
  }
  // No transaction must stay open: without a proper answer this connection is not used again.
  if (!ended) wire.give_up();
  co_return taken;
}

}  // namespace postern::relay
