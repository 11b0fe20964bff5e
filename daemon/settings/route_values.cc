#include "settings/route_values.h"

#include "base/nearest.h"
#include "base/text.h"
#include "settings/sender_rule_values.h"
#include "settings/sender_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace postern::settings {
namespace {

constexpr std::string_view kNullSender = "<>";

std::string unknown(const std::string& name, const std::vector<Smarthost>& smarthosts) {
  std::vector<std::string> names;
  names.reserve(smarthosts.size());
  for (const Smarthost& one : smarthosts) names.push_back(one.name);
  std::string text = fmt::format("names '{}', and no smarthost is called so", name);
  if (const auto near = nearest(name, names)) return text + "; did you mean '" + *near + "'?";
  if (names.empty()) return text + ": there is none";
  return text + fmt::format("; there is: {}", fmt::join(names, ", "));
}

bool takes_all(const queue::RouteRule& rule) {
  const auto all = [](const std::vector<std::string>& list) {
    return list.empty() || std::ranges::find(list, "*") != list.end();
  };
  return all(rule.senders) && all(rule.recipients) && all(rule.users) && (rule.groups.empty() || !rule.users.empty());
}

}  // namespace

std::optional<std::vector<std::string>> route_senders_value(const Node& node, Scope& scope) {
  const Node* null_sender = &node;
  if (node.kind == Node::Kind::list) {
    const auto found = std::ranges::find_if(node.items, [](const Node& item) { return item.text == kNullSender; });
    null_sender = found == node.items.end() ? nullptr : &*found;
  } else if (node.text != kNullSender) {
    null_sender = nullptr;
  }
  if (null_sender == nullptr) return sender_patterns_value(node, scope);
  auto patterns = one_or_more(node, scope);
  if (!patterns) return patterns;
  const auto wrong = std::ranges::find_if_not(
      *patterns, [](const std::string& one) { return one == kNullSender || is_sender_pattern(one); });
  if (wrong == patterns->end()) {
    for (const Node& item : node.items) warn_of_local_name(item.text, item, scope);
    return patterns;
  }
  scope.error(node,
              "must be an address, a local name, \"*@DOMAIN\", \"*\" or \"<>\" for no sender, not '" + *wrong + "'");
  return std::nullopt;
}

std::optional<std::vector<std::string>> smarthost_names_value(const Node& node, Scope& scope) {
  auto names = one_or_more(node, scope);
  if (!names || node.kind != Node::Kind::list) return names;
  for (std::size_t i = 0; i < names->size(); ++i) {
    scope.report.remember(fmt::format("{}[{}]", scope.path, i), node.items[i].mark);
  }
  return names;
}

void check_routes(Settings& settings, Report& report) {
  std::vector<queue::RouteRule>& rules = settings.queue.routes;
  std::optional<std::size_t> last;
  for (std::size_t row = 0; row < rules.size(); ++row) {
    const std::string path = fmt::format("routes[{}]", row);
    if (last) {
      report.warning(report.place(path),
                     fmt::format("'{}' is never asked: 'routes[{}]' before it takes all mail", path, *last));
    } else if (takes_all(rules[row])) {
      last = row;
    }
    for (std::size_t i = 0; i < rules[row].smarthosts.size(); ++i) {
      std::string& name = rules[row].smarthosts[i];
      const auto known =
          std::ranges::find_if(settings.smarthosts, [&](const Smarthost& one) { return iequals(one.name, name); });
      if (known == settings.smarthosts.end()) {
        report.error(report.place(fmt::format("{}.smarthosts[{}]", path, i)),
                     "'" + path + ".smarthosts' " + unknown(name, settings.smarthosts));
      } else {
        name = known->name;
      }
    }
  }
}

}  // namespace postern::settings
