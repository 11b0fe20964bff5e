// Postfix: /etc/postfix/main.cf with the tables that it names: passwords, senders, aliases (postconf(5), generic(5),
// SASL_README).
#include "base/network.h"
#include "base/text.h"
#include "mail/address.h"
#include "settings/sender_values.h"
#include "settings/tls_values.h"
#include "setup/aliases_file.h"
#include "setup/importers.h"
#include "setup/peer_values.h"
#include "setup/postfix_notes.h"
#include "setup/postfix_parameters.h"
#include "setup/postfix_tables.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace postern::setup {
namespace {

/// What the whole of main.cf says of the SMTP client.
struct Postfix {
  Import& import;
  const PostfixParameters& main;
  std::vector<TableEntry> passwords;
  bool passwords_unread = false;               ///< there are more of them, in a table that could not be read
  std::vector<TableEntry> policies;            ///< of TLS, by destinations
  std::map<std::string, std::string> rewrite;  ///< senders; "*": all of them

  [[nodiscard]] Mark mark(std::string_view name) const { return main.mark(name); }
};

/// What demands more stands later.
enum class Level { none, may, encrypt, verify, pinned };

struct LevelName {
  std::string_view name;
  Level level;
};
constexpr auto kLevels = std::to_array<LevelName>({
    {"none", Level::none},
    {"may", Level::may},
    {"dane", Level::may},
    {"encrypt", Level::encrypt},
    {"dane-only", Level::verify},
    {"verify", Level::verify},
    {"secure", Level::verify},
    {"fingerprint", Level::pinned},
});

/// The level, and the parameter that says it.
std::pair<Level, std::string_view> tls_level(const PostfixParameters& main) {
  const std::string text = main.value("smtp_tls_security_level");
  const auto* named = std::ranges::find(kLevels, text, &LevelName::name);
  if (named != kLevels.end()) return {named->level, "smtp_tls_security_level"};
  if (main.is_on("smtp_enforce_tls")) return {Level::verify, "smtp_enforce_tls"};
  if (main.is_on("smtp_use_tls")) return {Level::may, "smtp_use_tls"};
  return {Level::none, "smtp_tls_security_level"};
}

struct Demand {
  Level level;
  Mark mark;
  std::vector<std::string> pins{};  ///< of the level fingerprint, as they are written
};

void add_pins(std::vector<std::string>& pins, std::string_view text) {
  while (!text.empty()) {
    const std::string_view pin = text.substr(0, text.find('|'));
    text.remove_prefix(std::min(pin.size() + 1, text.size()));
    if (!pin.empty()) pins.emplace_back(pin);
  }
}

/// Nothing: there is no such key, or it says no level that is known.
std::optional<Demand> policy_of(const Postfix& postfix, const std::string& key) {
  const auto found = std::ranges::find(postfix.policies, key, &TableEntry::key);
  if (found == postfix.policies.end()) return std::nullopt;
  const std::string_view word = std::string_view(found->value).substr(0, found->value.find_first_of(" \t"));
  const auto* named = std::ranges::find(kLevels, word, &LevelName::name);
  if (named == kLevels.end()) return std::nullopt;
  Demand demand{named->level, found->mark};
  constexpr std::string_view kMatch = "match=";
  for (const std::string& attribute : postfix_words(found->value)) {
    if (attribute.starts_with(kMatch)) add_pins(demand.pins, std::string_view(attribute).substr(kMatch.size()));
  }
  return demand;
}

/// Postfix asks by the destination as relayhost has it. The name alone is how it is written by mistake, or for mail
/// that goes there otherwise: it may only demand more than what is said for all.
std::optional<Demand> policy_for(const Postfix& postfix, const std::string& host, const std::string& destination,
                                 Level for_all) {
  for (const std::string& key : {to_lower(destination), std::string("*")}) {
    if (auto exact = policy_of(postfix, key)) return exact;
  }
  for (const std::string& key : {to_lower("[" + host + "]"), to_lower(host)}) {
    if (auto guessed = policy_of(postfix, key); guessed && guessed->level > for_all) return guessed;
  }
  return std::nullopt;
}

/// Of this destination. A policy counts more than what is said for all; one that is not known is taken for TLS, since
/// a password that went through it must not go without.
Demand tls_for(const Postfix& postfix, const std::string& host, const std::string& destination) {
  const auto [level, parameter] = tls_level(postfix.main);
  if (auto policy = policy_for(postfix, host, destination, level)) return *policy;
  if (level != Level::none || postfix.main.is_empty("smtp_tls_policy_maps")) return {level, postfix.mark(parameter)};
  const Mark mark = postfix.mark("smtp_tls_policy_maps");
  postfix.import.note(mark, "what this says of " + host + " is not known; TLS is demanded there (tls: starttls)");
  return {Level::encrypt, mark};
}

/// A match of the policy stands in place of the parameter (postconf(5)). They are of a certificate or of a public key,
/// as pins are here.
void postfix_pins(Postfix& postfix, const Demand& demand, settings::Smarthost& smarthost) {
  constexpr std::string_view kParameter = "smtp_tls_fingerprint_cert_match";
  std::vector<std::string> written = demand.pins;
  if (written.empty()) {
    for (const std::string& word : postfix.main.list(kParameter)) add_pins(written, word);
  }
  bool all = !written.empty();
  for (const std::string& text : written) {
    auto pin = settings::parse_pin(text);
    all = all && pin;
    if (pin) smarthost.tls_pin.push_back(std::move(*pin));
  }
  if (all) return;
  note_pin(postfix.import, demand.mark, smarthost, written.empty() ? Fingerprints::none : Fingerprints::some);
}

void postfix_tls(Postfix& postfix, settings::Smarthost& smarthost, const std::string& destination) {
  const Demand demand = tls_for(postfix, smarthost.host, destination);
  const Level level = demand.level;
  const Mark& mark = demand.mark;
  const bool wrapped = postfix.main.is_on("smtp_tls_wrappermode");
  smarthost.tls = wrapped ? relay::Tls::implicit : level == Level::none ? relay::Tls::none : relay::Tls::starttls;
  if (smarthost.tls == relay::Tls::none) return;
  if (level == Level::may && !wrapped) note_opportunistic(postfix.import, mark);
  if (level == Level::may || level == Level::encrypt) note_verified(postfix.import, mark);
  if (level == Level::pinned) postfix_pins(postfix, demand, smarthost);
  if (const std::string file = postfix.main.value("smtp_tls_CAfile"); !file.empty() && smarthost.tls_pin.empty()) {
    set_trust(postfix.import, postfix.mark("smtp_tls_CAfile"), smarthost, file);
  }
  const std::string certificate = postfix.main.value("smtp_tls_cert_file");
  if (certificate.empty() || certificate == "none") return;
  const Mark key = postfix.mark("smtp_tls_key_file");
  smarthost.client_certificate =
      absolute_path(postfix.import, postfix.mark("smtp_tls_cert_file"), certificate).value_or("");
  smarthost.client_key = absolute_path(postfix.import, key, postfix.main.value("smtp_tls_key_file")).value_or("");
}

/// Postfix asks its table by the server's name, then by the destination as relayhost has it.
const TableEntry* password_entry(const Postfix& postfix, const std::string& host, const std::string& destination) {
  for (const std::string& key : {to_lower(host), to_lower(destination), std::string("*")}) {
    const auto found = std::ranges::find(postfix.passwords, key, &TableEntry::key);
    if (found != postfix.passwords.end()) return &*found;
  }
  return nullptr;
}

void postfix_mechanisms(Postfix& postfix, settings::Smarthost& smarthost) {
  const std::vector<std::string> names = postfix.main.list("smtp_sasl_mechanism_filter");
  if (names.empty()) return;
  std::vector<std::string> known;
  for (const std::string& name : names) {
    const bool pattern = name.starts_with('!') || name.find(':') != std::string::npos;
    if (pattern) {
      postfix.import.note(postfix.mark("smtp_sasl_mechanism_filter"),
                          "what keeps mechanisms out and tables of them are not carried over");
      continue;
    }
    settings::Smarthost one;
    set_mechanism(postfix.import, postfix.mark("smtp_sasl_mechanism_filter"), one, name);
    known.insert(known.end(), one.mechanisms.begin(), one.mechanisms.end());
  }
  smarthost.mechanisms = known;
}

void postfix_login(Postfix& postfix, settings::Smarthost& smarthost, const std::string& destination) {
  if (!postfix.main.is_on("smtp_sasl_auth_enable")) return;
  const TableEntry* entry = password_entry(postfix, smarthost.host, destination);
  if (entry == nullptr) {
    return postfix.import.note(
        postfix.mark("smtp_sasl_password_maps"),
        "there is no password for " + destination +
            (postfix.passwords_unread ? " in what could be read: give 'user' and 'password_file' if there is a login"
                                      : ": Postfix did not log in there"));
  }
  const std::size_t colon = entry->value.find(':');
  if (entry->value.substr(0, colon).find_first_of(" \t") != std::string::npos || colon == std::string::npos) {
    // What stands there alone, or behind a blank, may as well be the password.
    return postfix.import.note(entry->mark,
                               "the login is not carried over: there is no colon between a user and a "
                               "password");
  }
  set_login(postfix.import, entry->mark, smarthost, entry->value.substr(0, colon), entry->value.substr(colon + 1));
  postfix_mechanisms(postfix, smarthost);
  const std::vector<std::string> options = postfix.main.list("smtp_sasl_security_options");
  const bool allowed = std::ranges::find(options, "noplaintext") == options.end();
  judge_cleartext(postfix.import, postfix.mark("smtp_sasl_security_options"), smarthost,
                  allowed ? Cleartext::asked_for : Cleartext::not_asked_for);
}

void postfix_senders(const Postfix& postfix, settings::Smarthost& smarthost) {
  if (postfix.rewrite.empty()) return;
  relay::SenderPolicyOptions& from = smarthost.from;
  from.rewrite = postfix.rewrite;
  const auto all = from.rewrite.find("*");
  if (all != from.rewrite.end()) {
    from.address = all->second;
    from.rewrite.erase(all);
  }
  using Policy = relay::SenderPolicyOptions::Policy;
  from.policy = from.rewrite.empty() ? Policy::account : Policy::rewrite;
}

Result<void> add_destination(Postfix& postfix, const Mark& mark, std::string destination) {
  if (istarts_with(destination, "smtp:")) destination = destination.substr(5);
  const auto server = host_port(mark, destination);
  if (!server) return server.error();
  settings::Smarthost smarthost;
  smarthost.host = server->host;
  smarthost.port = server->port == 0 ? 25 : server->port;
  const auto same = [&](const settings::Smarthost& other) {
    return iequals(other.host, smarthost.host) && other.port == smarthost.port;
  };
  if (std::ranges::any_of(postfix.import.proposal.smarthosts, same)) return {};
  if (!destination.starts_with('[') && !parse_ip(smarthost.host)) {
    postfix.import.note(mark, "Postfix asked the DNS for the mail servers (MX) of " + smarthost.host +
                                  "; Postern connects to the host of that name itself");
  }
  postfix_tls(postfix, smarthost, destination);
  postfix_login(postfix, smarthost, destination);
  postfix_senders(postfix, smarthost);
  add_smarthost(postfix.import, mark, std::move(smarthost));
  return {};
}

Result<void> postfix_smarthosts(Postfix& postfix) {
  const PostfixParameters& main = postfix.main;
  const std::size_t notes = postfix.import.proposal.notes.size();
  auto passwords =
      read_tables(postfix.import, postfix.mark("smtp_sasl_password_maps"), main.list("smtp_sasl_password_maps"));
  if (!passwords) return passwords.error();
  postfix.passwords = std::move(*passwords);
  postfix.passwords_unread = postfix.import.proposal.notes.size() > notes;
  auto policies = read_tables(postfix.import, postfix.mark("smtp_tls_policy_maps"), main.list("smtp_tls_policy_maps"));
  if (!policies) return policies.error();
  postfix.policies = std::move(*policies);
  if (main.value("relayhost").empty()) {
    postfix.import.note(postfix.mark("relayhost"),
                        "there is no relayhost: Postfix brings mail to each recipient's own server, which Postern "
                        "does not");
    return {};
  }
  for (const std::string_view name : {"relayhost", "smtp_fallback_relay"}) {
    for (const std::string& destination : main.list(name)) {
      if (const auto done = add_destination(postfix, postfix.mark(name), destination); !done) return done;
    }
  }
  return {};
}

/// The left side of generic(5) and canonical(5) as a pattern of from.rewrite.
std::string sender_pattern(const std::string& key) { return key.starts_with('@') ? "*" + key : key; }

Result<void> read_senders(Postfix& postfix, std::string_view parameter) {
  const Mark mark = postfix.mark(parameter);
  const auto entries = read_tables(postfix.import, mark, postfix.main.list(parameter));
  if (!entries) return entries.error();
  for (const TableEntry& entry : *entries) {
    const std::string pattern = sender_pattern(entry.key);
    if (!settings::sender_pattern(pattern) || !is_ascii(pattern)) {
      postfix.import.note(entry.mark, "not carried over, since what is to be changed is no address");
      continue;
    }
    if (entry.value.starts_with('@')) {
      postfix.import.note(entry.mark, "not carried over: the domain alone of a sender cannot be changed");
      continue;
    }
    const std::string sender = mail::complete_address(entry.value, postfix.main.value("myorigin"));
    if (const auto address = wire_address(postfix.import, entry.mark, sender)) {
      postfix.rewrite.emplace(pattern, *address);
    }
  }
  if (!entries->empty() && parameter != "sender_canonical_maps") {
    postfix.import.note(mark, "this table changed recipients, too; Postern changes senders by it");
  }
  return {};
}

/// myorigin is a domain, or on Debian a file with one.
Result<void> postfix_names(Postfix& postfix) {
  const PostfixParameters& main = postfix.main;
  mail::HostNames& names = postfix.import.proposal.names;
  set_name(postfix.import, postfix.mark("myhostname"), names.hostname, main.value("smtp_helo_name"));
  std::string origin = main.value("myorigin");
  if (origin.starts_with('/')) {
    auto line = postfix.import.first_line(origin);
    if (!line) return line.error();
    origin = std::move(*line);
  }
  if (!iequals(origin, names.hostname)) set_name(postfix.import, postfix.mark("myorigin"), names.domain, origin);
  return {};
}

Result<void> postfix_aliases(Postfix& postfix) {
  for (const std::string& table : postfix.main.list("alias_maps")) {
    const std::string source = source_of(table);
    if (source.empty()) {
      if (!table.starts_with("nis:")) {
        postfix.import.note(postfix.mark("alias_maps"), "not carried over: aliases of " + kind_of_table(table));
      }
      continue;
    }
    const AliasesStyle style;
    if (const auto done = add_aliases(postfix.import, source, style); !done) return done;
  }
  return {};
}

}  // namespace

Result<Proposal> import_postfix(const Place& place) {
  Import import(place);
  const auto file = import.read("/etc/postfix/main.cf");
  if (!file) return file.error();
  const auto main = PostfixParameters::read(*file);
  if (!main) return main.error();
  Postfix postfix{import, *main, {}, false, {}, {}};
  if (const auto done = postfix_names(postfix); !done) return done.error();
  // What generic says of a sender is asked last, and so is what leaves.
  for (const std::string_view table : {"smtp_generic_maps", "sender_canonical_maps", "canonical_maps"}) {
    if (const auto done = read_senders(postfix, table); !done) return done.error();
  }
  if (const auto done = postfix_smarthosts(postfix); !done) return done.error();
  if (const auto done = postfix_aliases(postfix); !done) return done.error();
  note_postfix_parameters(import, *main);
  return std::move(import.proposal);
}

}  // namespace postern::setup
