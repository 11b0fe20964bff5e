// Whose doing are refusals of recipients in words that nobody knows, of relaying, or of the sender: theirs, or the
// account's? The
// server is asked, in the same session, whether it would now take mail from the same sender for an address of which it
// took some lately. No message is sent.
#pragma once

#include "base/task.h"
#include "mail/message.h"
#include "relay/transaction.h"
#include "relay/wire.h"

#include <string>

namespace postern::relay {

enum class Others {
  taken,           ///< the refusals that the address speaks for (relay/learnt) were the recipients' own
  sender_refused,  ///< it is the sender whom the server does not take
  site_refused,    ///< it is the account or this machine, whom the server refuses
  unknown,         ///< it says nothing about them; perhaps the wire is broken, which is no trouble of the site
};
Task<Others> ask_for_others(Wire& wire, const TransactionInput& input, const mail::Envelope& envelope,
                            std::string address);

}  // namespace postern::relay
