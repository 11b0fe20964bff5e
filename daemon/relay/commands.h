// The commands of one transaction as lines, with the parameters the server understands (RFC 5321 4.1.1.2 and 4.1.1.3).
// Pure.
#pragma once

#include "mail/envelope.h"
#include "smtp/capabilities.h"

#include <string>
#include <string_view>

namespace postern::relay {

/// SIZE=, BODY=, SMTPUTF8, RET= and ENVID= only where offered. 8-bit text goes to a server without 8BITMIME as it is,
/// undeclared: servers pass it on unharmed, and the text is not ours to rewrite. The reverse-path is the envelope's or
/// what stands for it on the wire.
void append_mail(const mail::Envelope& envelope, std::string_view reverse_path, const smtp::Capabilities& server,
                 std::string& out);
/// NOTIFY= and ORCPT= only where offered. Quiet: NOTIFY=NEVER, whatever the recipient has.
void append_rcpt(const mail::Recipient& recipient, bool quiet, const smtp::Capabilities& server, std::string& out);

}  // namespace postern::relay
