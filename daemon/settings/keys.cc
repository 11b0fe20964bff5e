#include "settings/keys.h"

#include "base/text.h"
#include "settings/alias_values.h"
#include "settings/host_value.h"
#include "settings/login_values.h"
#include "settings/nearest.h"
#include "settings/other_keys.h"
#include "settings/rate_value.h"
#include "settings/sender_rule_values.h"
#include "settings/sender_values.h"
#include "settings/values.h"
#include "settings/yaml_slip.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace postern::settings {
namespace {

template <class Target>
struct Key {
  std::string_view path;
  std::string_view type;
  std::string_view low;  ///< the allowed range where the type has one, written like a value
  std::string_view high;
  std::string_view standard;
  std::string_view help;
  void (*read)(Target&, const Node&, Scope&);
};

/// The member that a path of pointers to members leads to.
template <class Target, class First, class... Rest>
auto& member(Target& target, First first, Rest... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return target.*first;
  } else {
    return member(target.*first, rest...);
  }
}

/// A row's reader: converts the node and, if that went well, assigns the member.
template <auto Convert, auto... Path, class Target>
void set(Target& target, const Node& node, Scope& scope) {
  if (auto value = Convert(node, scope)) member(target, Path...) = std::move(*value);
}

void read_smarthosts(Settings& settings, const Node& node, Scope& scope);
void read_senders(Settings& settings, const Node& node, Scope& scope);

using S = Settings;
using M = mail::HostNames;
using N = mail::LocalNames;
using L = net::ListenOptions;
using I = submission::SubmissionOptions;
using W = submission::SenderRule;
using Q = queue::QueueOptions;
using R = queue::Retry;
using B = queue::Bounces;
using A = queue::Notify;
using H = Smarthost;
using O = credentials::OAuth2;
using F = relay::SenderPolicyOptions;

// clang-format off
constexpr auto kKeys = std::to_array<Key<S>>({
    {"hostname", "host name", "", "", "the machine's FQDN",
     "the name used in EHLO, in Received and in Message-IDs", set<host_name_value, &S::names, &M::hostname>},
    {"domain", "host name", "", "", "hostname",
     "completes addresses without a domain", set<host_name_value, &S::names, &M::domain>},
    {"local_domains", "list of host names", "", "", "[]",
     "names of this machine besides its own", set<host_names_value, &S::names, &N::local_domains>},
    {"spool", "path", "", "", "/var/spool/postern",
     "the directory of the queue", set<path_value, &S::spool>},
    {"listen.submit", "path", "", "", "/run/postern/submit.sock",
     "the unix socket on which sendmail hands mail in", set<socket_value, &S::listen, &L::submit>},
    {"listen.control", "path", "", "", "/run/postern/control.sock",
     "the unix socket of the postern command", set<socket_value, &S::listen, &L::control>},
    {"listen.smtp", "list of addresses", "", "", R"(["127.0.0.1:25", "[::1]:25"])",
     "where SMTP is taken; [] for nowhere", set<endpoints_value, &S::listen, &L::smtp>},
    {"listen.networks", "list of networks", "", "", R"(["127.0.0.0/8", "::1"])",
     "the clients that may send by SMTP, by their addresses", set<networks_value, &S::submission, &I::networks>},
    {"listen.bare_newline", "mend | reject", "", "", "mend",
     "what becomes of an LF, CR or NUL that a text by SMTP should not have",
     set<bare_newline_value, &S::submission, &I::bare_newline>},
    {"smarthosts", "list", "", "", "[]",
     "the servers that take the mail; without one it is held", read_smarthosts},
    {"aliases", "map", "", "", "{}",
     "where mail to local names goes", set<aliases_value, &S::names, &N::aliases>},
    {"aliases_file", "path | none", "", "", mail::kMachinesAliases,
     "a file of aliases as sendmail has it", set<path_or_none_value, &S::names, &N::aliases_file>},
    {"senders", "list", "", "", "[]",
     "which users may send as whom; without it everybody as everybody", read_senders},
    {"limits.message_size", "size", "1K", "2G", "50M",
     "the largest message accepted", set<size_value, &S::submission, &I::message_size>},
    {"limits.recipients", "number", "1", "100000", "1000",
     "the most recipients of one message by SMTP over TCP", set<count_value, &S::submission, &I::recipients>},
    {"retry.min", "duration", "1s", "1d", "1m",
     "the wait after the first failed attempt", set<duration_value, &S::queue, &Q::retry, &R::min>},
    {"retry.max", "duration", "1s", "7d", "1h",
     "the longest wait between attempts", set<duration_value, &S::queue, &Q::retry, &R::max>},
    {"retry.expire", "duration", "1s", "365d", "5d",
     "the age at which undelivered mail goes back to its sender",
     set<duration_value, &S::queue, &Q::retry, &R::expire>},
    {"retry.warn_after", "duration", "0s", "365d", "4h",
     "the age at which the sender is told that mail is late; 0s for never",
     set<duration_value, &S::queue, &Q::retry, &R::warn_after>},
    {"bounces.per_sender", "number", "1", "10000", "20",
     "the most reports to one mailbox in an hour; the others in one digest",
     set<count_value, &S::queue, &Q::bounces, &B::per_sender>},
    {"bounces.per_hour", "number", "1", "100000", "200",
     "the most reports to all senders in an hour; the others in digests",
     set<count_value, &S::queue, &Q::bounces, &B::per_hour>},
    {"bounces.return_size", "size", "0", "256K", "50K",
     "the largest message that is returned whole; of others the header",
     set<size_value, &S::queue, &Q::bounces, &B::return_size>},
    {"bounces.from", "address", "", "", "none",
     "the sender of reports and alarms where a smarthost refuses the null one",
     set<wire_address_value, &S::queue, &Q::bounces, &B::from>},
    {"notify.address", "address", "", "", "none",
     "who is told by mail when the queue is in trouble", set<address_value, &S::queue, &Q::notify, &A::address>},
    {"notify.command", "list of texts", "", "", "none",
     "the program that is run when the queue is in trouble", set<command_value, &S::queue, &Q::notify, &A::command>},
    {"notify.after", "duration", "0s", "30d", "1h",
     "the age of the oldest message that is trouble; 0s for none",
     set<duration_value, &S::queue, &Q::notify, &A::after>},
    {"metrics", "address", "", "", "none",
     "where metrics are shown by HTTP, on this machine alone", set<loopback_value, &S::listen, &L::metrics>},
});

constexpr std::string_view kSmarthosts = "smarthosts";
constexpr auto kSmarthostKeys = std::to_array<Key<H>>({
    {"name", "text", "", "", "host",
     "the name in logs and commands", set<text_value, &H::name>},
    {"host", "host name or address", "", "", "required",
     "the server", set<host_value, &H::host>},
    {"port", "number", "1", "65535", "465 for tls: implicit, 587 for starttls, 25 for none",
     "the server's port", set<port_value, &H::port>},
    {"tls", "implicit | starttls | none", "", "", "implicit",
     "how the connection is encrypted", set<tls_value, &H::tls>},
    {"tls_ca_file", "path", "", "", "the system's store",
     "the certificates of the authorities to trust", set<path_value, &H::tls_ca_file>},
    {"tls_name", "host name or address", "", "", "host",
     "the name the server's certificate must carry", set<host_value, &H::tls_name>},
    {"user", "text", "", "", "none",
     "the account; without one there is no AUTH, unless by a client certificate", set<text_value, &H::user>},
    {"password_file", "path", "", "", "none",
     "the file with the account's password", set<path_value, &H::password_file>},
    {"password_credential", "name", "", "", "none",
     "the password as a credential of the systemd service", set<credential_value, &H::password_credential>},
    {"password_command", "list of texts", "", "", "none",
     "the program that prints the password, and its arguments", set<command_value, &H::password_command>},
    {"password", "text", "", "", "none",
     "the password itself, if no other user can read this file", set<secret_value, &H::password>},
    {"token_file", "path", "", "", "none",
     "the file with an OAuth 2.0 access token", set<path_value, &H::token_file>},
    {"token_command", "list of texts", "", "", "none",
     "the program that prints an access token, and its arguments", set<command_value, &H::token_command>},
    {"oauth2.token_url", "URL", "", "", "required with oauth2",
     "where access tokens are asked for", set<url_value, &H::oauth2, &O::token_url>},
    {"oauth2.device_url", "URL", "", "", "none",
     "where postern login begins", set<url_value, &H::oauth2, &O::device_url>},
    {"oauth2.client_id", "text", "", "", "required with oauth2",
     "the name of this client at the provider", set<text_value, &H::oauth2, &O::client_id>},
    {"oauth2.client_secret_file", "path", "", "", "none",
     "the file with the client's secret", set<path_value, &H::oauth2, &O::client_secret_file>},
    {"oauth2.refresh_token_file", "path", "", "", "none",
     "the file with the refresh token, written by postern login",
     set<path_value, &H::oauth2, &O::refresh_token_file>},
    {"oauth2.scope", "text", "", "", "none",
     "what the token is asked for", set<text_value, &H::oauth2, &O::scope>},
    {"oauth2.ca_file", "path", "", "", "the system's store",
     "the certificates of the authorities to trust for these URLs", set<path_value, &H::oauth2, &O::ca_file>},
    {"client_certificate", "path", "", "", "none",
     "our certificate for EXTERNAL, with its chain", set<path_value, &H::client_certificate>},
    {"client_key", "path", "", "", "none",
     "the key of client_certificate", set<path_value, &H::client_key>},
    {"mechanisms", "list of names", "", "", "all",
     "the login mechanisms that may be used, best first", set<mechanisms_value, &H::mechanisms>},
    {"auth_downgrade", "warn | refuse", "", "", "warn",
     "what to do if the server offers weaker logins than before", set<downgrade_value, &H::auth_downgrade>},
    {"allow_cleartext_auth", "boolean", "", "", "false",
     "lets PLAIN and LOGIN reveal the password without TLS", set<boolean_value, &H::allow_cleartext_auth>},
    {"from.policy", "keep | account | rewrite", "", "", "keep",
     "as whom mail goes to this server", set<sender_policy_value, &H::from, &F::policy>},
    {"from.address", "address", "", "", "user",
     "the account's address, for senders that it may not use", set<wire_address_value, &H::from, &F::address>},
    {"from.rewrite", "map", "", "", "{}",
     "which senders become which address", set<patterns_value, &H::from, &F::rewrite>},
    {"from.name", "text", "", "", "none",
     "the display name of all senders that are changed", set<text_value, &H::from, &F::name>},
    {"connections", "number", "1", "100", "4",
     "the most connections to the server at once", set<count_value, &H::connections>},
    {"rate", "list of limits", "", "", "none",
     "the most messages or recipients in a minute, hour or day", set<rate_value, &H::rate>},
    {"messages_per_connection", "number", "1", "10000", "100",
     "the most messages on one connection", set<count_value, &H::messages_per_connection>},
});

constexpr std::string_view kSenders = "senders";
constexpr auto kSenderKeys = std::to_array<Key<W>>({
    {"user", "name or list of names", "", "", "none",
     "the users that the row is for; \"*\" for those of no other row", set<account_names_value, &W::users>},
    {"group", "name or list of names", "", "", "none",
     "the groups whose users the row is for", set<account_names_value, &W::groups>},
    {"may", "pattern or list of patterns", "", "", "required",
     "the senders that they may use", set<sender_patterns_value, &W::may>},
});
// clang-format on

std::string_view last_word(std::string_view path) { return path.substr(path.rfind('.') + 1); }

/// The keys that may stand under `prefix` ("", "listen.", "smarthosts[]."): first words, sections included.
std::vector<std::string> keys_under(const std::string& prefix) {
  std::vector<std::string> names;
  for (const KeyInfo& key : all_keys()) {
    if (!key.path.starts_with(prefix)) continue;
    const std::string rest = key.path.substr(prefix.size());
    std::string word = rest.substr(0, rest.find_first_of(".["));
    if (std::find(names.begin(), names.end(), word) == names.end()) names.push_back(std::move(word));
  }
  return names;
}

/// What the writer of an unknown key probably wanted.
std::string advice(const std::string& prefix, const std::string& word) {
  if (const std::string_view other = in_place_of(prefix, word); !other.empty()) return std::string(other);
  const std::vector<std::string> names = keys_under(prefix);
  std::string plain = to_lower(word);
  std::ranges::replace_if(plain, [](char c) { return c == ' ' || c == '-'; }, '_');
  if (const auto near = nearest(plain, names)) return "did you mean '" + *near + "'?";
  for (const KeyInfo& key : all_keys()) {
    if (last_word(key.path) == plain) return "did you mean '" + key.path + "'?";
  }
  std::string list = "here may stand: ";
  for (const std::string& name : names) list += (&name == names.data() ? "" : ", ") + name;
  return list;
}

/// `from: alerts@example.com` instead of the group with one key; `path` is then that key's.
Node spelt_out(const Entry& entry, const std::string& path) {
  Node group = entry.value;
  if (path != "from" || entry.value.kind != Node::Kind::scalar) return group;
  group.kind = Node::Kind::map;
  group.entries.push_back(Entry{sender_key_of(entry.value), entry.value.mark, entry.value});
  return group;
}

struct Place {
  std::string shown;  ///< with indexes: "smarthosts[0]."
  std::string table;  ///< as in the table: "smarthosts[]."
  std::string group;  ///< the part of a row's path that is already behind us: "listen."
};

/// Reads a map of keys against the rows of one table; groups ("listen") call it again.
template <class Target, std::size_t N>
void read_map(const Node& map, const std::array<Key<Target>, N>& keys, const Place& place, Target& target,
              Report& report) {
  for (const Entry& entry : map.entries) {
    const std::string path = place.group + entry.key;
    const std::string shown = place.shown + entry.key;
    report.remember(shown, entry.value.mark);
    const auto row = std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.path == path; });
    if (row != keys.end()) {
      Scope scope{report, shown, row->low, row->high};
      row->read(target, entry.value, scope);
      continue;
    }
    const bool group =
        std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.path.starts_with(path + "."); });
    const Node value = spelt_out(entry, path);
    const bool valueless = !group && entry.value.kind == Node::Kind::null;
    if (const std::string_view missing = missing_behind_key(entry.key); valueless && !missing.empty()) {
      // Without its words: a password may be among them.
      const std::size_t end = entry.key.find_first_of(" :=");
      report.error(Mark{entry.mark.line, entry.mark.column + end}, std::string(missing));
    } else if (!group) {
      report.error(entry.mark, "unknown key '" + shown + "'; " + advice(place.table, entry.key));
    } else if (value.kind == Node::Kind::null) {
      report.error(entry.mark,
                   "'" + shown + "' has no value; " +
                       (path == "from" ? "write the account's address" : "write its keys below it, further in") +
                       ", or leave it out");
    } else if (value.kind != Node::Kind::map) {
      report.error(entry.value.mark, "'" + shown + "' must be a group of keys; leave it out for the defaults");
    } else {
      read_map(value, keys, Place{shown + ".", place.table + entry.key + ".", path + "."}, target, report);
    }
  }
}

/// How the items of a list of groups begin, for who wrote something else.
struct Beginning {
  std::string_view each;  ///< "each server with '- host: NAME'"
  std::string_view one;   ///< "'- host: NAME'"
  std::string_view key;   ///< of `one`, whose colon is easily forgotten; empty: nothing is said of that
};

/// Reads a list of groups, each against the rows of one table. Of each that is one `complain` gets its name
/// ("smarthosts[0]") and its place.
template <class Target, std::size_t N, class Complain>
void read_list(const Node& node, const std::array<Key<Target>, N>& keys, const Beginning& begin,
               std::vector<Target>& targets, Scope& scope, Complain complain) {
  if (node.kind != Node::Kind::list) {
    scope.error(node, "must be a list; begin " + std::string(begin.each) + ", or write [] for none");
    return;
  }
  for (const Node& item : node.items) {
    const std::string shown = scope.path + "[" + std::to_string(targets.size()) + "]";
    scope.report.remember(shown, item.mark);
    Target& target = targets.emplace_back();
    if (item.kind == Node::Kind::map) {
      read_map(item, keys, Place{shown + ".", scope.path + "[].", ""}, target, scope.report);
      complain(shown, item.mark);
      continue;
    }
    const bool colon =
        item.kind == Node::Kind::scalar && !begin.key.empty() && item.text.starts_with(std::string(begin.key) + " ");
    scope.report.error(item.mark,
                       colon ? "a colon is missing in this line, behind '" + std::string(begin.key) + "'"
                             : "'" + shown + "' must be a group of keys; begin it with " + std::string(begin.one));
  }
}

void read_smarthosts(Settings& settings, const Node& node, Scope& scope) {
  const Beginning begin{"each server with '- host: NAME'", "'- host: NAME'", "host"};
  Report& report = scope.report;
  read_list(node, kSmarthostKeys, begin, settings.smarthosts, scope, [&](const std::string& shown, Mark mark) {
    if (!report.was_written(shown + ".host")) report.error(mark, "'" + shown + "' has no 'host'; name the server");
  });
}

void read_senders(Settings& settings, const Node& node, Scope& scope) {
  const Beginning begin{"each row with '- user: NAME' or '- group: NAME'", "'- user: NAME'", ""};
  Report& report = scope.report;
  read_list(node, kSenderKeys, begin, settings.submission.senders, scope, [&](const std::string& shown, Mark mark) {
    if (!report.was_written(shown + ".user") && !report.was_written(shown + ".group")) {
      report.error(mark, "'" + shown + "' has neither 'user' nor 'group'; say whom it is for");
    }
    if (!report.was_written(shown + ".may")) {
      report.error(mark, "'" + shown + "' has no 'may'; list the senders, or write \"*\" for all");
    }
  });
}

template <class Target>
KeyInfo describe(const Key<Target>& key, const std::string& prefix) {
  std::string type(key.type);
  if (!key.low.empty()) type += " " + std::string(key.low) + "-" + std::string(key.high);
  return KeyInfo{prefix + std::string(key.path), std::move(type), std::string(key.standard), std::string(key.help)};
}

std::vector<KeyInfo> describe_all() {
  std::vector<KeyInfo> infos;
  for (const auto& key : kKeys) {
    infos.push_back(describe(key, ""));
    const std::string prefix = std::string(key.path) + "[].";
    if (key.path == kSmarthosts) {
      for (const auto& inner : kSmarthostKeys) infos.push_back(describe(inner, prefix));
    } else if (key.path == kSenders) {
      for (const auto& inner : kSenderKeys) infos.push_back(describe(inner, prefix));
    }
  }
  return infos;
}

}  // namespace

const std::vector<KeyInfo>& all_keys() {
  static const std::vector<KeyInfo> keys = describe_all();
  return keys;
}

void read_keys(const Node& root, Settings& settings, Report& report) {
  read_map(root, kKeys, Place{}, settings, report);
}

}  // namespace postern::settings
