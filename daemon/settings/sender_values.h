// The senders of a smarthost (`from`): its values, and what the keys beside each other mean.
#pragma once

#include "relay/sender_policy_options.h"
#include "settings/document.h"
#include "settings/report.h"
#include "settings/settings.h"
#include "settings/values.h"

#include <map>
#include <optional>
#include <string>

namespace postern::settings {

/// "anna@corp.example", "root", "*@corp.example" or "*", what `from.rewrite` takes as a key, written as
/// mail::parse_address() writes the addresses that it is held against. Nothing: it is no such pattern.
[[nodiscard]] std::optional<std::string> sender_pattern(const std::string& text);

/// Warns of a pattern that is taken as a local name and probably meant as something else: a domain without its "*@", or
/// another program's word for all or nobody. Not where there is such a user.
void warn_of_local_name(const std::string& pattern, const Node& node, const Scope& scope);

[[nodiscard]] std::optional<relay::SenderPolicyOptions::Policy> sender_policy_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<std::map<std::string, std::string>> patterns_value(const Node& node, Scope& scope);

/// The key that is meant where `from` has one word or address instead of keys of its own: "policy" or "address".
[[nodiscard]] std::string sender_key_of(const Node& node);

/// Completes what was left out: the policy by what is there, the address by `user`. `path`: "smarthosts[0]".
void complete_sender(Smarthost& smarthost, const std::string& path, Report& report);

}  // namespace postern::settings
