// SASLprep (RFC 4013): one form for names and passwords that look the same. By GNU libidn, Unicode 3.2 as the RFC says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::sasl {

/// Code points that Unicode 3.2 does not know (RFC 3454 section 7).
enum class Unassigned {
  refused,  ///< a "stored string": passwords, RFC 5802 section 2.2
  allowed,  ///< a "query": names, RFC 5802 section 5.1
};

/// The prepared text, UTF-8; nothing if it holds a prohibited or (where refused) unassigned code point, mixes
/// directions as section 2.4 forbids, or is not UTF-8.
[[nodiscard]] std::optional<std::string> saslprep(std::string_view text, Unassigned unassigned);

/// What SCRAM signs: the prepared text, or the bytes as they are where preparation fails or leaves nothing of them. So
/// do the servers: Dovecot prepares nothing, PostgreSQL takes the bytes where preparation fails; to refuse instead
/// would lock out whoever has a modern emoji (unassigned in Unicode 3.2) or Latin-1 in a password.
[[nodiscard]] std::string prepare_password(std::string_view password);

/// The same for a name.
[[nodiscard]] std::string prepare_name(std::string_view name);

}  // namespace postern::sasl
