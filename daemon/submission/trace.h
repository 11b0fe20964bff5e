// The trace field that every message gets at intake (RFC 5321 4.4).
#pragma once

#include "mail/envelope.h"

#include <string>
#include <string_view>

namespace postern::submission {

/// How the message came, where the envelope does not say.
enum class Protocol { smtp, esmtp };

/// "Received: ..." with its folding and final LF. `envelope` is complete: id, accepted, source, recipients (of many,
/// any two stand for all).
[[nodiscard]] std::string received_field(const mail::Envelope& envelope, std::string_view hostname, Protocol protocol);

}  // namespace postern::submission
