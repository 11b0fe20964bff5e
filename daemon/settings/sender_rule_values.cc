#include "settings/sender_rule_values.h"

#include "mail/idn.h"
#include "settings/sender_values.h"

#include <algorithm>
#include <utility>

namespace postern::settings {

std::optional<std::vector<std::string>> one_or_more(const Node& node, Scope& scope) {
  const bool list = node.kind == Node::Kind::list;
  if (list && node.items.empty()) {
    scope.error(node, "lists nothing");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  const std::vector<Node> one = list ? std::vector<Node>{} : std::vector<Node>{node};
  for (const Node& item : list ? node.items : one) {
    auto text = text_value(item, scope);
    if (!text) return std::nullopt;
    if (std::ranges::find(texts, *text) != texts.end()) {
      scope.error(item, "lists '" + *text + "' twice");
      return std::nullopt;
    }
    texts.push_back(std::move(*text));
  }
  return texts;
}

std::optional<std::vector<std::string>> account_names_value(const Node& node, Scope& scope) {
  auto names = one_or_more(node, scope);
  if (!names) return names;
  const auto is_no_name = [](const std::string& name) { return name.find_first_of(":/,") != std::string::npos; };
  const auto wrong = std::ranges::find_if(*names, is_no_name);
  if (wrong == names->end()) return names;
  scope.error(node, "must be a name as in /etc/passwd or /etc/group, not '" + *wrong + "'");
  return std::nullopt;
}

std::optional<std::vector<std::string>> sender_patterns_value(const Node& node, Scope& scope) {
  auto patterns = one_or_more(node, scope);
  if (!patterns) return patterns;
  const auto wrong =
      std::ranges::find_if_not(*patterns, [](const std::string& one) { return sender_pattern(one).has_value(); });
  if (wrong == patterns->end()) {
    const bool list = node.kind == Node::Kind::list;
    for (std::size_t i = 0; i < patterns->size(); ++i) {
      std::string& pattern = (*patterns)[i];
      warn_of_local_name(pattern, list ? node.items[i] : node, scope);
      pattern = mail::with_ascii_domain(*sender_pattern(pattern));
    }
    return patterns;
  }
  const bool domain = wrong->starts_with('@');
  scope.error(node, "must be an address, a local name, \"*@DOMAIN\" or \"*\", not '" + *wrong + "'" +
                        (domain ? "; did you mean '*" + *wrong + "'?" : std::string()));
  return std::nullopt;
}

}  // namespace postern::settings
