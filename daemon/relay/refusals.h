// What refusals are about, by the words and codes that servers are known to use: tables alone, which grow. What follows
// from it is decided in relay/verdict. Pure.
#pragma once

#include "smtp/reply.h"

namespace postern::relay {

/// In a transaction; `text` is the answer to the final dot.
enum class Asked { reset, mail, rcpt, data, text };

enum class Blame {
  unknown,     ///< no row knows the answer
  recipient,   ///< the mailbox that was asked for is not there or takes nothing; meaningful as an answer to RCPT alone
  size,        ///< the message has too many bytes
  content,     ///< the message holds what the server does not take: spam, a virus, a header it cannot read
  sender,      ///< the account may not use this reverse-path or From, or nobody may
  site,        ///< the account or this machine: quota, login, suspension, relaying, host name
  crowded,     ///< too many connections at a time
  connection,  ///< this connection has carried enough messages
  recipients,  ///< too many recipients for one transaction (RFC 5321 4.5.3.1.10)
};

/// Of a 4xx or 5xx. Codes that mean something by themselves count as relay/refusal_tables.h has them, most with a 5xx
/// alone, and behind a "#" too; words with both, and only the server's own (relay/folded_words).
[[nodiscard]] Blame blame_of(Asked asked, const smtp::Reply& refusal);

/// The site or the sender is blamed for words alone. As an answer to the dot a server, or what filters for it, may say
/// them of a message, or quote them from it; a code is sure.
[[nodiscard]] bool by_words_alone(Asked asked, const smtp::Reply& refusal);

/// At RCPT the site is blamed for it, by words alone and for good: it does not relay, for this account or to this one.
[[nodiscard]] bool says_relaying(const smtp::Reply& refusal);

/// Whatever its code, it says itself that this is not for good: whoever else is accepted proves nothing.
[[nodiscard]] bool says_for_now(const smtp::Reply& refusal);

/// A refusal of MAIL or RCPT with parameters of DSN (RFC 3461): they may be all that it is about, since it is of the
/// form of the command, names them, or says for good what nobody knows.
[[nodiscard]] bool may_be_of_dsn(Asked asked, const smtp::Reply& refusal);

/// Too many connections: the same of an answer to anything else: greeting, EHLO, STARTTLS, AUTH.
[[nodiscard]] bool says_crowded(const smtp::Reply& refusal);

}  // namespace postern::relay
