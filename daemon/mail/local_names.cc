#include "mail/local_names.h"

#include "base/network.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/expansion.h"
#include "mail/idn.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace postern::mail {
namespace {

/// As systems call themselves in /etc/hosts, whoever made it.
constexpr std::array<std::string_view, 8> kLoopbackNames = {
    "localhost",  "localhost.localdomain",   "localhost4",    "localhost4.localdomain4",
    "localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback"};

/// Endings that no name in the DNS has (RFC 6761, RFC 6762, RFC 8375, and what networks have been called).
constexpr std::array<std::string_view, 12> kPrivate = {"localdomain", "local",    "lan",     "home",
                                                       "internal",    "intranet", "private", "corp",
                                                       "invalid",     "test",     "arpa",    "localhost"};

std::string_view first_label(std::string_view name) { return name.substr(0, name.find('.')); }

/// Of a name as names are compared (plain_name).
bool is_loopback(std::string_view plain) {
  return std::ranges::find(kLoopbackNames, plain) != kLoopbackNames.end() || plain.ends_with(".localhost");
}

/// "[127.0.0.1]", "[IPv6:::1]" (RFC 5321 4.1.3).
bool is_loopback_literal(std::string_view name) {
  if (!name.starts_with('[') || !name.ends_with(']')) return false;
  std::string_view inside = name.substr(1, name.size() - 2);
  constexpr std::string_view kTag = "ipv6:";
  if (istarts_with(inside, kTag)) inside.remove_prefix(kTag.size());
  const auto address = parse_ip(inside);
  return address && (loopback_v4().contains(*address) || loopback_v6().contains(*address));
}

/// Below which countries give names to companies, offices, schools and people: "co.uk", "com.br", "or.at". Three
/// letters alone make none of these: web1.bmw.de is a machine.
constexpr auto kSecondLevel = std::to_array<std::string_view>({
    "ac",     "ad",   "adm",  "adv", "art", "asn",  "asso",   "biz",  "co",  "com", "ed",  "edu",    "eng", "firm",
    "gc",     "gen",  "go",   "gob", "gos", "gouv", "gov",    "govt", "gr",  "gub", "gv",  "id",     "idf", "idv",
    "in",     "ind",  "info", "int", "k12", "kiwi", "law",    "lg",   "ltd", "me",  "med", "mi",     "mil", "mod",
    "muni",   "name", "ne",   "net", "nhs", "nic",  "nom",    "or",   "org", "pe",  "plc", "police", "pp",  "prd",
    "presse", "priv", "pro",  "re",  "res", "sch",  "school", "tm",   "tur", "tv",  "web",
});

/// "example.com", "example.co.uk": the domain of a person or a company rather than a machine of theirs.
bool may_have_mailboxes(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view parent = name.substr(dot + 1);
  const std::size_t second = parent.find('.');
  if (second == std::string_view::npos) return std::ranges::find(kPrivate, parent) == kPrivate.end();
  const std::string_view country = parent.substr(second + 1);
  return country.size() == 2 && country.find('.') == std::string_view::npos &&
         std::ranges::find(kSecondLevel, parent.substr(0, second)) != kSecondLevel.end();
}

/// As names are compared.
std::string plain_name(std::string_view mail_domain) {
  const auto ascii = ascii_domain(mail_domain);
  std::string name = to_lower(ascii ? std::string_view(*ascii) : mail_domain);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

/// Null: the table has none, or one that leads nowhere.
const std::vector<std::string>* alias_in(const Aliases& table, const std::string& key) {
  const auto found = table.find(key);
  return found == table.end() || found->second.empty() ? nullptr : &found->second;
}

}  // namespace

LocalNames::Kind LocalNames::kind_of(std::string_view mail_domain) const {
  if (mail_domain.empty()) return Kind::machine;
  const std::string name = plain_name(mail_domain);
  const auto is = [&name](std::string_view other) { return !other.empty() && name == plain_name(other); };
  const bool loopback = is_loopback(name) || is_loopback_literal(name);
  // Many a rented machine is called as its owner's domain is, and nobody said that there are no mailboxes.
  const bool called_so = is(hostname) && !(hostname_guessed && may_have_mailboxes(name));
  if (loopback || called_so || is(first_label(hostname)) || std::ranges::any_of(local_domains, is)) {
    return Kind::machine;
  }
  if (is(domain) && !domain_guessed) return Kind::domain;
  for (const std::string& own : machine) {
    const std::string_view label = first_label(own);
    if (is(label) || is(std::string(label) + ".localdomain")) return Kind::machine;
    if (is(own)) return may_have_mailboxes(name) ? Kind::shared : Kind::machine;
  }
  if (is(hostname)) return Kind::shared;
  if (!is(mailname)) return Kind::foreign;
  // Debian's installer writes the machine's name there, and many a person the domain of the company.
  const bool ours = std::ranges::any_of(
      machine, [&](const std::string& own) { return first_label(name) == first_label(plain_name(own)); });
  return ours && !may_have_mailboxes(name) ? Kind::machine : Kind::shared;
}

bool LocalNames::file_applies_to(std::string_view mail_domain) const {
  const Kind kind = kind_of(mail_domain);
  return kind == Kind::machine || (kind != Kind::foreign && !may_have_mailboxes(plain_name(mail_domain)));
}

std::vector<std::string> LocalNames::recipients_of(std::string_view address) const {
  return Expansion(*this).add(address);
}

const std::vector<std::string>* LocalNames::own_alias(const std::string& key) const {
  const auto* const own = alias_in(aliases, key);
  return own != nullptr ? own : alias_in(of_file, key);
}

const std::vector<std::string>* LocalNames::own_alias(const std::string& key, std::string_view mail_domain) const {
  if (const auto* const own = alias_in(aliases, key)) return own;
  const auto* const own = alias_in(of_file, key);
  return own != nullptr && file_applies_to(mail_domain) ? own : nullptr;
}

bool LocalNames::has_alias(std::string_view name) const {
  return own_alias(alias_key(name)) != nullptr || own_alias(std::string(kCatchAll)) != nullptr;
}

std::vector<Circle> LocalNames::circles() const {
  std::map<std::string, std::vector<std::string>> next;
  for (const Aliases* table : {&aliases, &of_file}) {
    for (const auto& [name, targets] : *table) {
      // The catch-all ends where it began (Expansion), and what the settings have said is not said by the file.
      if (name == kCatchAll || next.contains(name)) continue;
      std::vector<std::string>& leads_to = next[name];
      for (const std::string& target : targets) {
        const AddressParts parts = split_address(target);
        const Kind kind = kind_of(parts.domain);
        std::string key = alias_key(parts.local);
        const bool final = target.starts_with('\\') || kind == Kind::foreign ||
                           own_alias(key, parts.domain) == nullptr || (kind != Kind::machine && key == name);
        // What is no name to be followed is kept apart from all names.
        leads_to.push_back(final ? "@" + target : std::move(key));
      }
    }
  }
  return find_circles(next);
}

bool is_loopback_name(std::string_view name) { return is_loopback(plain_name(name)); }

std::string roots_mail(const LocalNames& names) {
  const std::vector<std::string> recipients = names.recipients_of("root");
  const bool alias = names.has_alias("root");
  const bool local = names.kind_of(names.domain) == LocalNames::Kind::machine &&
                     std::ranges::all_of(recipients, [&](const std::string& one) {
                       return names.kind_of(split_address(one).domain) == LocalNames::Kind::machine;
                     });
  if (alias && !local) return {};
  std::string to;
  for (const std::string& one : recipients) to += (to.empty() ? "" : ", ") + one;
  return (alias ? "the alias for root leads to a local user alone: its" : "there is no alias for root: its") +
         (" mail (cron's, for example) goes to " + to) + ", which is no mailbox unless somebody made one";
}

}  // namespace postern::mail
