#include "setup/settings_edit.h"

#include "base/text.h"
#include "settings/complete.h"
#include "settings/document.h"
#include "settings/keys.h"
#include "settings/report.h"
#include "setup/settings_text.h"
#include "setup/yaml_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace postern::setup {
namespace {

using settings::Entry;
using settings::Node;
using settings::Report;
using settings::Settings;
using settings::Smarthost;

Error unsafe(const std::string& why) { return Error{Failure::invalid, why}; }

/// A file as it is written, without what the machine and the defaults add.
struct ReadText {
  Node root;
  Settings settings;
};

Result<ReadText> read_written(const std::string& text) {
  Report report("postern.yaml");
  ReadText written;
  if (auto root = settings::read_document(text, report)) {
    if (root->kind == Node::Kind::map) {
      settings::read_keys(*root, written.settings, report);
    } else {
      report.error(root->mark, "the file holds no keys");
    }
    written.root = std::move(*root);
  }
  if (report.clean()) return written;
  const settings::Loaded loaded = std::move(report).finish(Settings{});
  return unsafe(loaded.problems.empty() ? "it cannot be read" : loaded.problems.front().str());
}

const Entry* entry_of(const Node& map, std::string_view key) {
  const auto found = std::ranges::find(map.entries, key, &Entry::key);
  return found == map.entries.end() ? nullptr : &*found;
}

bool is_empty(const Node& node) {
  return node.kind == Node::Kind::null ||
         (node.kind != Node::Kind::scalar && node.items.empty() && node.entries.empty());
}

bool same_value(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size()) return false;
  if (a.entries.size() != b.entries.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same_value(a.items[i], b.items[i])) return false;
  }
  return std::ranges::all_of(a.entries, [&](const Entry& entry) {
    const Entry* other = entry_of(b, entry.key);
    return other != nullptr && same_value(entry.value, other->value);
  });
}

/// A new key of the file, behind the comment that explains it where there is the shipped one, else at the end.
void add_top(YamlLines& lines, std::string_view key, std::string_view block) {
  if (const auto shown = lines.find(fmt::format("#{}:", key))) return lines.insert(*shown, block);
  if (lines.size() > 0 && !trim(lines.line(lines.size())).empty()) lines.insert(lines.size() + 1, "\n");
  lines.insert(lines.size() + 1, block);
}

void replace_top(YamlLines& lines, const Entry& entry, std::string_view block) {
  const std::size_t last = lines.last_line(entry);
  lines.remove(entry.mark.line, last);
  lines.insert(entry.mark.line, block);
}

/// "group: { key: value }", wherever what of it is there already.
bool set_in_group(YamlLines& lines, const Node& root, const std::string& group, const std::string& key,
                  const std::string& value) {
  const std::string block = group + ":\n  " + key + ": " + value + "\n";
  const Entry* there = entry_of(root, group);
  if (there == nullptr) {
    add_top(lines, group, block);
    return true;
  }
  if (is_empty(there->value)) {
    replace_top(lines, *there, block);
    return true;
  }
  if (const Entry* old = entry_of(there->value, key)) return lines.replace_value(*old, value);
  if (lines.is_flow(there->value)) return lines.insert_in_flow(there->value, key + ": " + value);
  const Entry& first = there->value.entries.front();
  if (first.mark.line == there->mark.line) return false;
  lines.insert(first.mark.line, std::string(first.mark.column - 1, ' ') + key + ": " + value + "\n");
  return true;
}

/// The keys of a smarthost that belong to the account, which another one brings anew or does without.
constexpr auto kOfAccount = std::to_array<std::string_view>({"port",
                                                             "tls",
                                                             "tls_ca_file",
                                                             "tls_name",
                                                             "tls_pin",
                                                             "tls_min_version",
                                                             "tls_ciphers",
                                                             "user",
                                                             "password_file",
                                                             "password_credential",
                                                             "password_command",
                                                             "password",
                                                             "token_file",
                                                             "token_command",
                                                             "oauth2",
                                                             "client_certificate",
                                                             "client_key",
                                                             "mechanisms",
                                                             "auth_downgrade",
                                                             "allow_cleartext_auth",
                                                             "try_at_start",
                                                             "from",
                                                             "connections",
                                                             "rate",
                                                             "messages_per_connection"});
template <std::size_t N>
bool among(const std::array<std::string_view, N>& keys, std::string_view key) {
  return std::ranges::find(keys, key) != keys.end();
}

/// What a smarthost on the same server keeps of the one before it, where set-up says nothing of it.
void inherit(Smarthost& fresh, const Smarthost& old) {
  const Smarthost standard;
  fresh.name = old.name;
  if (!iequals(fresh.host, old.host)) return;
  keep_trust(fresh, old);
  if (fresh.mechanisms.empty()) fresh.mechanisms = old.mechanisms;
  if (fresh.auth_downgrade == standard.auth_downgrade) fresh.auth_downgrade = old.auth_downgrade;
  if (fresh.try_at_start == standard.try_at_start) fresh.try_at_start = old.try_at_start;
  if (fresh.connections == standard.connections) fresh.connections = old.connections;
  if (fresh.rate.empty()) fresh.rate = old.rate;
  if (fresh.messages_per_connection == standard.messages_per_connection) {
    fresh.messages_per_connection = old.messages_per_connection;
  }
}

/// The smarthost's own lines, key by key, as a whole file would have them.
struct Item {
  Node node;
  std::vector<std::string> texts;  // parallel to node.entries: "port: 587\n", without the first indentation

  void drop(std::string_view key) {
    const auto found = std::ranges::find(node.entries, key, &Entry::key);
    if (found == node.entries.end()) return;
    texts.erase(texts.begin() + (found - node.entries.begin()));
    node.entries.erase(found);
  }
};

Result<Item> item_of(const Smarthost& smarthost) {
  const std::string text = "smarthosts:\n" + smarthost_text(smarthost);
  auto written = read_written(text);
  if (!written) return written.error();
  Item item{written->root.entries.front().value.items.front(), {}};
  const YamlLines lines(text);
  for (const Entry& entry : item.node.entries) {
    std::string own;
    for (std::size_t i = entry.mark.line; i <= lines.last_line(entry); ++i) {
      // A first line without "- " and its indentation, further ones with what goes beyond that.
      own += lines.line(i).substr(std::min(entry.mark.column - 1, lines.line(i).size()));
    }
    item.texts.push_back(std::move(own));
  }
  return item;
}

std::string indented(std::string_view text, std::size_t by) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    out.append(by, ' ').append(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

/// One step of changing the smarthost at `index` to `item`; the text is read again before the next. Nothing: it is so.
Result<std::optional<std::string>> step_to(const std::string& text, std::size_t index, const Item& item) {
  auto written = read_written(text);
  if (!written) return written.error();
  const Node& old = entry_of(written->root, "smarthosts")->value.items[index];
  YamlLines lines(text);
  if (old.kind != Node::Kind::map || lines.is_flow(old) || old.entries.empty()) {
    return unsafe("a smarthost stands in brackets");
  }
  const std::size_t indent = old.entries.front().mark.column - 1;
  for (const Entry& entry : old.entries) {
    if (entry_of(item.node, entry.key) != nullptr || !among(kOfAccount, entry.key)) continue;
    if (&entry == &old.entries.front()) return unsafe("a key that goes away stands beside the dash of its smarthost");
    lines.remove(entry.mark.line, lines.last_line(entry));
    return std::optional(lines.text());
  }
  std::size_t after = lines.last_line(old.entries.front());
  for (std::size_t i = 0; i < item.node.entries.size(); ++i) {
    const Entry& wanted = item.node.entries[i];
    const Entry* there = entry_of(old, wanted.key);
    if (there == nullptr) {
      lines.insert(after + 1, indented(item.texts[i], indent));
      return std::optional(lines.text());
    }
    const std::size_t last = lines.last_line(*there);
    after = std::max(after, last);
    if (same_value(there->value, wanted.value)) continue;
    const bool one_line = std::ranges::count(item.texts[i], '\n') == 1;
    if (one_line) {
      const std::string_view value = trim(std::string_view(item.texts[i]).substr(wanted.key.size() + 1));
      if (!lines.replace_value(*there, value)) return unsafe("'" + wanted.key + "' cannot be changed in its place");
    } else {
      if (there == &old.entries.front()) return unsafe("'" + wanted.key + "' stands beside a dash");
      lines.remove(there->mark.line, last);
      lines.insert(there->mark.line, indented(item.texts[i], indent));
    }
    return std::optional(lines.text());
  }
  return std::optional<std::string>();
}

/// A port that is the one of its kind of TLS need not be said.
void forget_standard_ports(Settings& settings) {
  for (Smarthost& smarthost : settings.smarthosts) {
    if (smarthost.port == settings::standard_port(smarthost.tls)) smarthost.port = 0;
  }
}

/// Where the port was said it still is.
Smarthost as_written(Smarthost wanted, const Node& old) {
  if (wanted.port == 0 && entry_of(old, "port") != nullptr) wanted.port = settings::standard_port(wanted.tls);
  return wanted;
}

Result<std::string> with_smarthost(const std::string& text, const ReadText& before, const Smarthost& wanted,
                                   std::optional<std::size_t> place) {
  const Entry* list = entry_of(before.root, "smarthosts");
  YamlLines lines(text);
  const std::string block = smarthost_text(wanted);
  if (list == nullptr || is_empty(list->value)) {
    list == nullptr ? add_top(lines, "smarthosts", "smarthosts:\n" + block)
                    : replace_top(lines, *list, "smarthosts:\n" + block);
    return lines.text();
  }
  if (lines.is_flow(list->value)) return unsafe("'smarthosts' stands in brackets");
  if (!place) {
    const Node& first = list->value.items.front();
    if (first.mark.line == list->mark.line) return unsafe("'smarthosts' stands in one line");
    const std::string_view line = lines.line(first.mark.line);
    const std::size_t dash = line.find('-');
    if (dash == std::string_view::npos) return unsafe("the first smarthost has no dash");
    auto item = item_of(wanted);
    if (!item) return item.error();
    std::string own;
    for (const std::string& each : item->texts) own += indented(each, dash + 2);
    lines.insert(first.mark.line, own.replace(dash, 1, "-"));
    return lines.text();
  }
  auto item = item_of(as_written(wanted, list->value.items[*place]));
  if (!item) return item.error();
  // The default needs no line where there was none.
  if (entry_of(list->value.items[*place], "tls") == nullptr && wanted.tls == relay::Tls::implicit) {
    item->drop("tls");
  }
  std::string now = text;
  constexpr int kMostSteps = 100;  // more than there are keys
  for (int i = 0; i < kMostSteps; ++i) {
    auto next = step_to(now, *place, *item);
    if (!next) return next.error();
    if (!*next) return now;
    now = std::move(**next);
  }
  return unsafe("its smarthost does not come out as it should");
}

}  // namespace

void keep_trust(Smarthost& fresh, const Smarthost& old) {
  if (!iequals(fresh.host, old.host) || fresh.tls == relay::Tls::none) return;
  const Smarthost standard;
  // An old pin would count before new authorities.
  if (fresh.tls_pin.empty() && fresh.tls_ca_file.empty()) {
    fresh.tls_pin = old.tls_pin;
    fresh.tls_ca_file = old.tls_ca_file;
  }
  if (fresh.tls_name.empty()) fresh.tls_name = old.tls_name;
  if (fresh.tls_min_version == standard.tls_min_version) fresh.tls_min_version = old.tls_min_version;
  if (fresh.tls_ciphers.empty()) fresh.tls_ciphers = old.tls_ciphers;
}

std::optional<std::size_t> replaced_index(const Smarthost& smarthost, const std::vector<Smarthost>& there) {
  const auto index_of = [&](auto matches) -> std::optional<std::size_t> {
    const auto found = std::ranges::find_if(there, matches);
    if (found == there.end()) return std::nullopt;
    return static_cast<std::size_t>(found - there.begin());
  };
  const auto same_host = [&](const Smarthost& each) { return iequals(each.host, smarthost.host); };
  if (const auto both = index_of([&](const Smarthost& e) { return same_host(e) && e.user == smarthost.user; })) {
    return both;
  }
  if (const auto host = index_of(same_host)) return host;
  return there.size() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
}

Settings changed(Settings settings, const Change& change) {
  if (change.smarthost) {
    Smarthost fresh = *change.smarthost;
    fresh.password = Secret();
    if (const auto place = replaced_index(fresh, settings.smarthosts)) {
      const Smarthost& old = settings.smarthosts[*place];
      // As whom an account may send is the account's.
      if (!change.sender_policy && iequals(fresh.host, old.host) && fresh.user == old.user) fresh.from = old.from;
      inherit(fresh, old);
      settings.smarthosts[*place] = std::move(fresh);
    } else {
      settings.smarthosts.insert(settings.smarthosts.begin(), std::move(fresh));
    }
  }
  if (change.root) settings.names.aliases["root"] = {*change.root};
  if (change.command) settings.queue.notify.command = *change.command;
  forget_standard_ports(settings);
  return settings;
}

std::optional<Settings> written_settings(const std::string& text) {
  auto written = read_written(text);
  if (!written) return std::nullopt;
  return std::move(written->settings);
}

Result<std::string> edited(const std::string& text, const Change& change) {
  auto before = read_written(text);
  if (!before) return before.error();
  for (const Entry& entry : before->root.entries) {
    if (entry.mark.column != 1) return unsafe("its keys do not stand at the beginning of their lines");
  }
  const Settings wanted = changed(before->settings, change);
  std::string now = text;
  if (change.smarthost) {
    const auto place = replaced_index(*change.smarthost, before->settings.smarthosts);
    auto done = with_smarthost(now, *before, wanted.smarthosts[place.value_or(0)], place);
    if (!done) return done.error();
    now = std::move(*done);
  }
  const auto set = [&](const std::string& group, const std::string& key, const std::string& value) -> Result<void> {
    auto written = read_written(now);
    if (!written) return written.error();
    YamlLines lines(now);
    if (!set_in_group(lines, written->root, group, key, value)) {
      return unsafe("'" + group + "." + key + "' cannot be changed in its place");
    }
    now = lines.text();
    return {};
  };
  if (change.root && before->settings.names.aliases != wanted.names.aliases) {
    if (auto done = set("aliases", "root", yaml_text(*change.root)); !done) return done.error();
  }
  if (change.command && before->settings.queue.notify != wanted.queue.notify) {
    std::string list;
    for (const std::string& word : *change.command) list += (list.empty() ? "[" : ", ") + yaml_text(word);
    if (auto done = set("notify", "command", list + "]"); !done) return done.error();
  }
  auto after = read_written(now);
  if (!after) return unsafe("it would not be right any more: " + after.error().text);
  forget_standard_ports(after->settings);
  if (after->settings != wanted) return unsafe("it is written in a way that set-up does not understand");
  return now;
}

}  // namespace postern::setup
