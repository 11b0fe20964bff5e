#include "settings/alias_values.h"

#include "base/text.h"
#include "mail/address.h"
#include "settings/key_table.h"
#include "settings/yaml_slip.h"

#include <algorithm>
#include <utility>

namespace postern::settings {
namespace {

std::optional<std::string> alias_target(const Node& node, const Scope& scope) {
  const std::string* text = scalar(node, scope, "an address or a list of addresses");
  if (text == nullptr) return std::nullopt;
  if (trim(*text).empty()) {
    scope.error(node, "is empty; write an address, or leave the alias out");
    return std::nullopt;
  }
  if (text->starts_with('|') || text->starts_with('/') || istarts_with(*text, ":include:")) {
    scope.error(node, "must lead to addresses; programs, files and includes are not supported");
    return std::nullopt;
  }
  auto address = mail::parse_address(*text, mail::Utf8::allow);
  if (const auto meant = mail::parse_address_list(*text); !address && meant && !meant->empty()) {
    std::string list;
    for (const std::string& one : *meant) list += (list.empty() ? "" : ", ") + one;
    scope.error(node, meant->size() == 1 ? "must be the address alone: " + list
                                         : "has several addresses in one text; write a list: [" + list + "]");
    return std::nullopt;
  }
  if (!address) {
    scope.error(node, "is not an address: '" + *text + "': " + address.error().text);
    return std::nullopt;
  }
  return std::move(*address);
}

/// Nothing after it reported that no mail is ever for such a name.
std::optional<std::string> alias_name(const Entry& entry, const Scope& scope) {
  Node name;
  name.mark = entry.mark;
  const auto address = mail::parse_address(entry.key, mail::Utf8::allow);
  const mail::AddressParts parts = mail::split_address(entry.key);
  std::string key = mail::alias_key(parts.local);
  // Tables of other programs have patterns here, and a word for the catch-all.
  const bool pattern = key != mail::kCatchAll && (key.find('*') != std::string::npos || key.starts_with('/'));
  if (!address) {
    scope.error(name, "must be the name of a local user, without a domain");
  } else if (pattern) {
    scope.error(name, "has no effect: patterns are not supported; \"*\" alone is every name that has no alias");
  } else {
    return parts.domain.empty() ? key : key + "@" + std::string(parts.domain);
  }
  return std::nullopt;
}

}  // namespace

std::optional<mail::Aliases> aliases_value(const Node& node, Scope& scope) {
  if (node.kind == Node::Kind::scalar && !missing_behind_key(node.text).empty()) {
    complain_of_colon(node, scope.report);
    return std::nullopt;
  }
  if (node.kind != Node::Kind::map) {
    scope.error(node, "must be names with addresses, such as { root: admin@example.com }, not " + kind_name(node));
    return std::nullopt;
  }
  mail::Aliases aliases;
  for (const Entry& entry : node.entries) {
    const Scope alias{scope.report, scope.path + "." + entry.key, {}, {}};
    const auto key = alias_name(entry, alias);
    if (!key) continue;
    const auto [place, fresh] = aliases.try_emplace(*key);
    const std::string path = scope.path + "." + *key;
    if (fresh) {
      scope.report.remember(path, entry.mark);
    } else {
      Node name;
      name.mark = entry.mark;
      alias.error(name, "stands here twice; upper and lower case are the same");
    }
    const bool list = entry.value.kind == Node::Kind::list;
    if (list && entry.value.items.empty()) alias.error(entry.value, "has no address");
    const std::vector<Node> one = list ? std::vector<Node>{} : std::vector<Node>{entry.value};
    for (const Node& target : list ? entry.value.items : one) {
      auto address = alias_target(target, alias);
      if (!address) continue;
      scope.report.remember(path + "[" + std::to_string(place->second.size()) + "]", target.mark);
      place->second.push_back(std::move(*address));
    }
  }
  return aliases;
}

std::optional<std::vector<std::string>> host_names_value(const Node& node, Scope& scope) {
  if (node.kind != Node::Kind::list) {
    scope.error(node, "must be a list such as [web1.example.net, web1], or [] for none, not " + kind_name(node));
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const Node& item : node.items) {
    auto name = host_name_value(item, scope);
    if (!name) continue;
    if (std::ranges::any_of(names, [&](const std::string& other) { return iequals(other, *name); })) {
      scope.error(item, "lists " + *name + " twice");
      continue;
    }
    scope.report.remember(scope.path + "[" + std::to_string(names.size()) + "]", item.mark);
    names.push_back(std::move(*name));
  }
  return names;
}

}  // namespace postern::settings
