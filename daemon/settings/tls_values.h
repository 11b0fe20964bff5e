// From a node to a typed value, as values.h does it: the types of the keys about how a server is known, and how old it
// may be.
#pragma once

#include "settings/values.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::settings {

/// A SHA-256 as programs write it: 64 hexadecimal digits, also with colons between, or base64, also behind "sha256:" or
/// "sha256//". As TlsClientOptions has it. Failure: invalid; the text goes on after "must ...".
[[nodiscard]] Result<std::string> parse_pin(std::string_view text);

/// One or a list.
[[nodiscard]] std::optional<std::vector<std::string>> pins_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<net::TlsVersion> tls_version_value(const Node& node, Scope& scope);
/// OpenSSL judges it when it is used (posternd --check does); here it is one line.
[[nodiscard]] std::optional<std::string> ciphers_value(const Node& node, Scope& scope);

}  // namespace postern::settings
