// The commands of one transaction as lines, with the parameters the server understands (RFC 5321 4.1.1.2 and 4.1.1.3).
// Pure.
#pragma once

#include "mail/envelope.h"
#include "smtp/capabilities.h"

#include <string>

namespace postern::relay {

/// What a message is on this wire, where that is another matter than in the queue.
struct MailForm {
  std::string reverse_path;  ///< without brackets: the envelope's, or what stands for it
  bool quiet = false;        ///< NOTIFY=NEVER, whatever the recipients have: no report may come to that other address
  bool utf8 = false;         ///< with SMTPUTF8 (RFC 6531): an address needs it; only where the server offers it
  bool eight_bit = false;    ///< the text has octets that ASCII has not
  bool sized = true;         ///< the text has the size that the envelope says
};

/// SIZE=, BODY=, RET= and ENVID= only where offered. Domains go as A-labels, which every server knows. True: with
/// parameters of DSN (RFC 3461), without which the message could go as well.
bool append_mail(const mail::Envelope& envelope, const MailForm& form, const smtp::Capabilities& server,
                 std::string& out);
/// NOTIFY= and ORCPT= only where offered; the latter only in letters that this transaction takes. True: as above.
bool append_rcpt(const mail::Recipient& recipient, const MailForm& form, const smtp::Capabilities& server,
                 std::string& out);

}  // namespace postern::relay
