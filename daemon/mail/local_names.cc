#include "mail/local_names.h"

#include "base/network.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/idn.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <unordered_map>
#include <unordered_set>

namespace postern::mail {
namespace {

// Circles are found by themselves: this only keeps the stack small.
constexpr std::size_t kDepth = 100;

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

/// Below which countries give names to companies and others: "co.uk", "com.br".
constexpr std::array<std::string_view, 7> kSecondLevel = {"co", "com", "org", "net", "ac", "gov", "edu"};

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

class Expansion {
 public:
  explicit Expansion(const LocalNames& names) : names_(names) {}

  std::vector<std::string> run(std::string_view address) {
    expand(address);
    if (found_.empty()) keep(address);
    return std::move(found_);
  }

 private:
  struct Alias {
    std::string key;
    const std::vector<std::string>* targets = nullptr;
    bool whole = false;  ///< the address has a domain that may have mailboxes
  };

  [[nodiscard]] bool on_path(std::string_view key) const { return std::ranges::find(path_, key) != path_.end(); }

  [[nodiscard]] Alias alias_of(std::string_view address) const {
    const AddressParts parts = split_address(address);
    const LocalNames::Kind kind = names_.kind_of(parts.domain);
    if (kind == LocalNames::Kind::foreign) return {};
    std::string key = alias_key(parts.local);
    const bool whole = kind != LocalNames::Kind::machine;
    if (const auto* own = names_.own_alias(key)) return {std::move(key), own, whole};
    // Who writes an address of the domain out as a target means it, so nothing else catches it.
    const bool caught = kind == LocalNames::Kind::machine || (kind == LocalNames::Kind::domain && path_.empty());
    if (!caught || on_path(kCatchAll)) return {};
    return {std::string(kCatchAll), names_.own_alias(std::string(kCatchAll)), whole};
  }

  bool keep(std::string_view address) {
    const AddressParts parts = split_address(address);
    std::string whole(address);
    if (!address.empty() && names_.kind_of(parts.domain) == LocalNames::Kind::machine) {
      whole = complete_address(parts.local, names_.domain);
    }
    if (kept_.insert(mailbox_key(with_ascii_domain(whole))).second) found_.push_back(std::move(whole));
    return true;
  }

  /// False: it leads back to where it comes from, and so to nobody.
  bool expand(std::string_view address) {
    if (address.empty()) return keep(address);
    if (address.starts_with('\\') && !path_.empty()) return keep(address.substr(1));
    const Alias alias = alias_of(address);
    if (alias.targets == nullptr || path_.size() == kDepth) return keep(address);
    // root: [root, admin@example.com], or root: root@example.com where that is the domain.
    const bool itself = !path_.empty() && alias.key == path_.back();
    if (itself) return (alias.whole || alias.targets->size() > 1) && keep(address);
    if (on_path(alias.key)) return false;
    if (leads_to_somebody_.try_emplace(alias.key, false).second) {
      path_.push_back(alias.key);
      bool somebody = false;
      for (const std::string& target : *alias.targets) somebody = expand(target) || somebody;
      path_.pop_back();
      leads_to_somebody_[alias.key] = somebody;
    }
    if (leads_to_somebody_[alias.key]) return true;
    // The catch-all is what a name has that has nothing else, so it takes nothing from it: with `root: joe` and
    // "*": root it is joe who gets root's mail.
    return alias.key == kCatchAll && keep(address);
  }

  const LocalNames& names_;
  std::vector<std::string> path_;  ///< the aliases being followed, outermost first
  /// All that were followed: a second way to one adds nothing.
  std::unordered_map<std::string, bool> leads_to_somebody_;
  std::unordered_set<std::string> kept_;  ///< mailboxes that were found
  std::vector<std::string> found_;
};

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

std::vector<std::string> LocalNames::recipients_of(std::string_view address) const {
  return Expansion(*this).run(address);
}

const std::vector<std::string>* LocalNames::own_alias(const std::string& key) const {
  for (const Aliases* table : {&aliases, &of_file}) {
    const auto found = table->find(key);
    if (found != table->end() && !found->second.empty()) return &found->second;
  }
  return nullptr;
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
        const bool final = target.starts_with('\\') || kind == Kind::foreign || (kind != Kind::machine && key == name);
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
