// The trace field that every message gets at intake (RFC 5321 4.4), and the client in words for the log.
#pragma once

#include "mail/envelope.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::submission {

/// How the message came, where the envelope does not say.
enum class Protocol { smtp, esmtp };

/// So many recipients are named in the log.
inline constexpr std::size_t kRecipientsShown = 3;

/// "Received: ..." with its folding and final LF. `envelope` is complete: id, accepted, source, recipients (of many,
/// any two stand for all).
[[nodiscard]] std::string received_field(const mail::Envelope& envelope, std::string_view hostname, Protocol protocol);

/// "uid 1000 pid 4242" or "127.0.0.1:51122".
[[nodiscard]] std::string client_text(const mail::Source& source);

/// "a@example.net", "a@example.net,b@example.net,c@example.net and 7 more".
/// The first kRecipientsShown of the `all` are in the envelope at least.
[[nodiscard]] std::string recipients_text(const mail::Envelope& envelope, std::size_t all);

}  // namespace postern::submission
