// From a node to a typed value, as values.h does it: the types of the keys about logging in. Their errors never
// show a value that is or may hold a secret.
#pragma once

#include "base/secret.h"
#include "settings/values.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::settings {

/// Names of sasl::kKnownMechanisms in any case, each once; in capitals as the table has them.
[[nodiscard]] std::optional<std::vector<std::string>> mechanisms_value(const Node& node, Scope& scope);
/// One line, not empty.
[[nodiscard]] std::optional<Secret> secret_value(const Node& node, Scope& scope);
/// The absolute path of a file with a secret.
[[nodiscard]] std::optional<std::string> secret_path_value(const Node& node, Scope& scope);
/// The name of a file in $CREDENTIALS_DIRECTORY.
[[nodiscard]] std::optional<std::string> credential_value(const Node& node, Scope& scope);
/// An argv: the path of a program and its arguments.
[[nodiscard]] std::optional<std::vector<std::string>> command_value(const Node& node, Scope& scope);
/// https, or http to this machine.
[[nodiscard]] std::optional<std::string> url_value(const Node& node, Scope& scope);
/// Likewise, of a page that a person's browser begins at.
[[nodiscard]] std::optional<std::string> login_page_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<relay::Downgrade> downgrade_value(const Node& node, Scope& scope);

}  // namespace postern::settings
