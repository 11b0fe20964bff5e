#include "settings/route_values.h"

#include "base/nearest.h"
#include "base/text.h"
#include "mail/idn.h"
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

/// None could not be read: that may be the one that a route names.
bool has_every_name(const std::vector<Smarthost>& smarthosts, const Report& report) {
  if (smarthosts.empty()) return false;
  for (std::size_t i = 0; i < smarthosts.size(); ++i) {
    const Smarthost& one = smarthosts[i];
    if (one.name.empty()) return false;
    if (one.name == one.host && report.was_written(fmt::format("smarthosts[{}].name", i))) return false;
  }
  return true;
}

bool is_for_all(const std::vector<std::string>& names) {
  return names.empty() || std::ranges::find(names, "*") != names.end();
}

template <class Rule>
bool takes_all(const Rule& rule) {
  return is_for_all(rule.senders) && is_for_all(rule.users) && (rule.groups.empty() || !rule.users.empty());
}

bool takes_all_mail(const queue::RouteRule& rule) { return takes_all(rule) && is_for_all(rule.recipients); }

/// The rows behind the first that `takes` all.
template <class Rule>
void warn_of_unasked(const std::vector<Rule>& rules, bool (*takes)(const Rule&), const std::string& list,
                     Report& report) {
  const auto last = std::ranges::find_if(rules, takes);
  if (last == rules.end()) return;
  const std::string before = fmt::format("{}[{}]", list, last - rules.begin());
  for (auto row = last + 1; row != rules.end(); ++row) {
    const std::string path = fmt::format("{}[{}]", list, row - rules.begin());
    report.warning(report.place(path), fmt::format("'{}' is never asked: '{}' before it takes all mail", path, before));
  }
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
  const auto written = [](const std::string& one) { return one == kNullSender ? one : sender_pattern(one); };
  const auto wrong =
      std::ranges::find_if_not(*patterns, [&](const std::string& one) { return written(one).has_value(); });
  if (wrong == patterns->end()) {
    for (const Node& item : node.items) warn_of_local_name(item.text, item, scope);
    for (std::string& one : *patterns) one = mail::with_ascii_domain(*written(one));
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
  const bool all_named = report.clean() || has_every_name(settings.smarthosts, report);
  for (std::size_t row = 0; row < settings.queue.routes.size(); ++row) {
    std::vector<std::string>& names = settings.queue.routes[row].smarthosts;
    const std::string path = fmt::format("routes[{}].smarthosts", row);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Mark where = report.place(fmt::format("{}[{}]", path, i));
      const auto known =
          std::ranges::find_if(settings.smarthosts, [&](const Smarthost& one) { return iequals(one.name, names[i]); });
      if (known == settings.smarthosts.end()) {
        if (all_named) report.error(where, "'" + path + "' " + unknown(names[i], settings.smarthosts));
        continue;
      }
      names[i] = known->name;
      const auto end = names.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find(names.begin(), end, names[i]) != end) {
        report.error(where, "'" + path + "' lists '" + names[i] + "' twice");
      }
    }
  }
}

void warn_of_unasked_rows(const queue::QueueOptions& queue, Report& report) {
  if (!report.clean()) return;  // a row that seems to take all may have a part that could not be read
  warn_of_unasked(queue.routes, takes_all_mail, "routes", report);
  warn_of_unasked(queue.storms, takes_all<queue::StormRule>, "storms", report);
}

}  // namespace postern::settings
