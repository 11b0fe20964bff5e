// Whose doing are refusals of recipients in words that nobody knows, or of relaying: theirs, or the account's? The
// server is asked, in the same session, whether it would now take mail from the same sender for an address of which it
// took some lately. No message is sent.
#pragma once

#include "base/task.h"
#include "mail/message.h"
#include "relay/transaction.h"
#include "relay/wire.h"

#include <string>

namespace postern::relay {

/// True: it would, so the refusals that the address speaks for (relay/learnt) were the recipients' own. Anything else
/// says nothing about them, a connection that breaks under it too; the wire is broken then, and no trouble of the site.
Task<bool> takes_others(Wire& wire, const TransactionInput& input, const mail::Envelope& envelope, std::string address);

}  // namespace postern::relay
