#include "setup/providers.h"

#include "base/text.h"
#include "settings/document.h"
#include "settings/keys.h"
#include "settings/report.h"
#include "settings/values.h"
#include "setup/providers_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace postern::setup {
namespace {

using settings::Entry;
using settings::Node;
using settings::Report;
using settings::Scope;

struct LoginWord {
  std::string_view word;
  LoginKind login;
};
constexpr auto kLoginWords = std::to_array<LoginWord>(
    {{"password", LoginKind::password}, {"app password", LoginKind::app_password}, {"oauth2", LoginKind::oauth2}});

void read_text(const Node& node, Scope& scope, std::string& to) {
  if (auto text = settings::text_value(node, scope)) to = std::move(*text);
}

void read_domains(const Node& node, Scope& scope, std::vector<std::string>& to) {
  if (node.kind != Node::Kind::list) return scope.error(node, "must be a list of domains");
  for (const Node& item : node.items) {
    if (const auto domain = settings::host_name_value(item, scope)) to.push_back(to_lower(*domain));
  }
}

void read_login(const Node& node, Scope& scope, Provider& row) {
  const auto* const found = std::ranges::find(kLoginWords, node.text, &LoginWord::word);
  if (node.kind != Node::Kind::scalar || found == kLoginWords.end()) {
    return scope.error(node, "must be password, app password or oauth2");
  }
  row.login = found->login;
}

void read_user(const Node& node, Scope& scope, Provider& row) {
  read_text(node, scope, row.user);
  row.asks_user = row.user == "ask";
  if (row.asks_user) row.user.clear();
}

/// By the settings' own keys, types and limits.
void read_smarthost(const Node& node, Scope& scope, Provider& row) {
  Node list;
  list.kind = Node::Kind::list;
  list.mark = node.mark;
  list.items.push_back(node);
  Node root;
  root.kind = Node::Kind::map;
  root.mark = node.mark;
  root.entries.push_back(Entry{"smarthosts", node.mark, std::move(list)});
  settings::Settings settings;
  settings::read_keys(root, settings, scope.report);
  if (settings.smarthosts.empty()) return;
  row.smarthost = std::move(settings.smarthosts.front());
  if (row.smarthost.port == 0) scope.error(node, "has no 'port'");
}

struct RowKey {
  std::string_view name;
  bool required;
  void (*read)(const Node&, Scope&, Provider&);
};
constexpr auto kRowKeys = std::to_array<RowKey>({
    {"name", true, [](const Node& node, Scope& scope, Provider& row) { read_text(node, scope, row.name); }},
    {"title", true, [](const Node& node, Scope& scope, Provider& row) { read_text(node, scope, row.title); }},
    {"domains", false, [](const Node& node, Scope& scope, Provider& row) { read_domains(node, scope, row.domains); }},
    {"mx", false, [](const Node& node, Scope& scope, Provider& row) { read_domains(node, scope, row.mx); }},
    {"login", true, read_login},
    {"user", false, read_user},
    {"get", true, [](const Node& node, Scope& scope, Provider& row) { read_text(node, scope, row.get); }},
    {"link", true, [](const Node& node, Scope& scope, Provider& row) { read_text(node, scope, row.link); }},
    {"smarthost", true, read_smarthost},
});

Provider read_row(const Node& node, const std::string& shown, Report& report) {
  Provider row;
  if (node.kind != Node::Kind::map) {
    report.error(node.mark, "'" + shown + "' must be a group of keys; begin it with '- name: WORD'");
    return row;
  }
  for (const Entry& entry : node.entries) {
    const auto* const key = std::ranges::find(kRowKeys, entry.key, &RowKey::name);
    if (key == kRowKeys.end()) {
      report.error(entry.mark, "unknown key '" + shown + "." + entry.key + "'");
      continue;
    }
    Scope scope{report, shown + "." + entry.key, {}, {}};
    key->read(entry.value, scope, row);
  }
  for (const RowKey& key : kRowKeys) {
    const bool there = std::ranges::find(node.entries, key.name, &Entry::key) != node.entries.end();
    if (key.required && !there) report.error(node.mark, fmt::format("'{}' has no '{}'", shown, key.name));
  }
  if ((row.login == LoginKind::oauth2) == row.smarthost.oauth2.token_url.empty()) {
    report.error(node.mark, "'" + shown + "' has either 'login: oauth2' or a token_url, not both");
  }
  return row;
}

void check_twice(const std::vector<Provider>& rows, const Node& root, Report& report) {
  std::map<std::string, std::string> seen;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> words = {"name " + rows[i].name};
    for (const std::string& domain : rows[i].domains) words.push_back("domain " + domain);
    for (const std::string& domain : rows[i].mx) words.push_back("mx " + domain);
    for (const std::string& word : words) {
      const auto [first, fresh] = seen.emplace(word, rows[i].title);
      if (!fresh) report.error(root.items[i].mark, "the " + word + " stands already in the row of " + first->second);
    }
  }
}

bool ends_with_labels(std::string_view name, std::string_view end) {
  if (name.size() < end.size() || !iequals(name.substr(name.size() - end.size()), end)) return false;
  return name.size() == end.size() || name[name.size() - end.size() - 1] == '.';
}

}  // namespace

Providers parse_providers(const std::string& text, const std::string& file) {
  Report report(file);
  Providers found;
  if (const auto root = settings::read_document(text, report)) {
    if (root->kind != Node::Kind::list) {
      report.error(root->mark, "must be a list of providers; begin each with '- name: WORD'");
    } else {
      for (const Node& item : root->items) {
        found.rows.push_back(read_row(item, fmt::format("[{}]", found.rows.size()), report));
      }
      check_twice(found.rows, *root, report);
    }
  }
  found.problems = std::move(report).finish(settings::Settings{}).problems;
  if (!found.problems.empty()) found.rows.clear();
  return found;
}

const std::vector<Provider>& providers() {
  static const std::vector<Provider> rows =
      parse_providers(std::string(providers_text()), "config/providers.yaml").rows;
  return rows;
}

const Provider* provider_named(std::string_view name) {
  const auto found = std::ranges::find_if(providers(), [&](const Provider& row) { return iequals(row.name, name); });
  return found == providers().end() ? nullptr : &*found;
}

const Provider* provider_of_domain(std::string_view domain) {
  const std::string wanted = to_lower(domain);
  const auto found = std::ranges::find_if(
      providers(), [&](const Provider& row) { return std::ranges::find(row.domains, wanted) != row.domains.end(); });
  return found == providers().end() ? nullptr : &*found;
}

const Provider* provider_of_mx(std::string_view mail_server) {
  if (mail_server.ends_with('.')) mail_server.remove_suffix(1);
  const Provider* best = nullptr;
  std::size_t length = 0;
  for (const Provider& row : providers()) {
    for (const std::string& end : row.mx) {
      if (end.size() <= length || !ends_with_labels(mail_server, end)) continue;
      best = &row;
      length = end.size();
    }
  }
  return best;
}

}  // namespace postern::setup
