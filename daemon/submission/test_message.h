// The message of `postern send-test`.
#pragma once

#include "mail/envelope.h"
#include "net/connection.h"
#include "submission/sessions.h"

#include <string>

namespace postern::submission {

/// From `sender`, completed by the domain, or else from root, as cron's mail is: a smarthost that refuses such a sender
/// is found out. To the recipient with aliases and the domain applied; as the peer's own mail.
[[nodiscard]] mail::Envelope test_envelope(const Config& config, const std::string& sender,
                                           const std::string& recipient, const net::Peer& peer);

/// Its text with a complete header, LF line ends. The envelope has its id and time by now.
[[nodiscard]] std::string test_message(const Config& config, const mail::Envelope& envelope);

}  // namespace postern::submission
