// The message of `postern send-test`.
#pragma once

#include "mail/envelope.h"
#include "net/connection.h"
#include "settings/settings.h"

#include <string>

namespace postern::app {

/// From the first smarthost's account where that is an address (many providers refuse any other sender), else from
/// postern@domain; to the recipient with aliases and the domain applied.
[[nodiscard]] mail::Envelope test_envelope(const settings::Settings& settings, const std::string& recipient,
                                           const net::Peer& peer);

/// Its text with a complete header, LF line ends. The envelope has its id and time by now.
[[nodiscard]] std::string test_message(const settings::Settings& settings, const mail::Envelope& envelope);

}  // namespace postern::app
