// The message of `postern send-test`.
#pragma once

#include "mail/envelope.h"
#include "net/connection.h"
#include "submission/sessions.h"

#include <string>

namespace postern::submission {

/// From `account` where that is an address (many providers refuse any other sender than the account's), else from
/// postern@domain; to the recipient with aliases and the domain applied; as the peer's own mail.
[[nodiscard]] mail::Envelope test_envelope(const Config& config, const std::string& account,
                                           const std::string& recipient, const net::Peer& peer);

/// Its text with a complete header, LF line ends. The envelope has its id and time by now.
[[nodiscard]] std::string test_message(const Config& config, const mail::Envelope& envelope);

}  // namespace postern::submission
