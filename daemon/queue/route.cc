#include "queue/route.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/address_pattern.h"
#include "mail/parties.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::string_view kNullSender = "<>";

bool is_for(const RouteRule& rule, const mail::User& user) {
  if (rule.users.empty() && rule.groups.empty()) return true;
  const bool all = std::ranges::find(rule.users, mail::kEverybody) != rule.users.end();
  return all || mail::names_user(rule.users, rule.groups, user);
}

/// It fits some users alone.
bool names_somebody(const RouteRule& rule) {
  const bool all = std::ranges::find(rule.users, mail::kEverybody) != rule.users.end();
  return !all && (!rule.users.empty() || !rule.groups.empty());
}

bool has_labels(std::string_view text) { return to_lower(text).find("xn--") != std::string::npos; }

bool any_has_labels(const std::vector<std::string>& texts) { return std::ranges::any_of(texts, has_labels); }

bool any_has_labels(const mail::LocalNames& names) {
  return has_labels(names.hostname) || has_labels(names.domain) || has_labels(names.mailname) ||
         any_has_labels(names.local_domains) || any_has_labels(names.machine);
}

}  // namespace

std::string to_text(const Route& route) {
  if (route.unknown) return "not known";
  if (!route.rerouted_to.empty()) return route.rerouted_to;
  return route.sites.empty() ? std::string("all smarthosts") : fmt::format("{}", fmt::join(route.sites, ", "));
}

std::optional<std::uint32_t> sent_by(const mail::Source& source) {
  return mail::made_by_us(source) ? std::nullopt : source.user();
}

Routes::Routes(std::vector<RouteRule> rules, const mail::LocalNames& names) : rules_(std::move(rules)) {
  if (rules_.empty()) return;
  names_ = names;
  names_.aliases = {};
  names_.of_file = {};
  labels_ = any_has_labels(names_) || std::ranges::any_of(rules_, [](const RouteRule& rule) {
              return any_has_labels(rule.senders) || any_has_labels(rule.recipients);
            });
}

/// Its domain in ASCII, and whether it is at a name of this machine, take time, and are looked for once, if a pattern
/// asks.
class Routes::Address {
 public:
  /// The others outlive it.
  Address(const Routes& routes, std::string_view text, mail::AsciiDomains& domains)
      : routes_(routes), text_(text), domains_(domains) {}

  [[nodiscard]] bool is_covered_by(const std::string& pattern) {
    if (pattern == mail::kEverybody) return true;
    if (text_.empty() || pattern == kNullSender) return text_.empty() && pattern == kNullSender;
    const bool local_part = pattern.find('@') == std::string::npos;
    return mail::covers(pattern, plain(), local_part && is_here());
  }

 private:
  [[nodiscard]] const std::string& plain() {
    if (!plain_) plain_ = routes_.labels_ ? domains_.in(text_) : std::string(text_);
    return *plain_;
  }
  [[nodiscard]] bool is_here() {
    if (here_) return *here_;
    const std::string_view domain = mail::split_address(plain()).domain;
    // No name of this machine has letters, and to ask of what has some still takes time.
    here_ = is_ascii(domain) && routes_.names_.kind_of(domain) != mail::LocalNames::Kind::foreign;
    return *here_;
  }

  const Routes& routes_;
  std::string_view text_;
  mail::AsciiDomains& domains_;
  std::optional<std::string> plain_;
  std::optional<bool> here_;
};

bool Routes::fits(const std::vector<std::string>& patterns, Address& address) {
  return patterns.empty() ||
         std::ranges::any_of(patterns, [&](const std::string& one) { return address.is_covered_by(one); });
}

std::vector<std::size_t> Routes::rows_for(std::string_view sender, const mail::User* user) const {
  std::vector<std::size_t> rows;
  mail::AsciiDomains domains;
  Address address(*this, sender, domains);
  for (std::size_t row = 0; row < rules_.size(); ++row) {
    if ((user != nullptr && !is_for(rules_[row], *user)) || !fits(rules_[row].senders, address)) continue;
    rows.push_back(row);
    if (rules_[row].recipients.empty()) break;
  }
  return rows;
}

std::optional<std::size_t> Routes::first_of(const std::vector<std::size_t>& rows, std::string_view recipient,
                                            mail::AsciiDomains& domains) const {
  Address address(*this, recipient, domains);
  const auto row = std::ranges::find_if(rows, [&](std::size_t one) { return fits(rules_[one].recipients, address); });
  return row == rows.end() ? std::nullopt : std::optional(*row);
}

std::optional<std::size_t> Routes::row_for(std::string_view sender, std::string_view recipient,
                                           const mail::User& user) const {
  mail::AsciiDomains domains;
  return first_of(rows_for(sender, &user), recipient, domains);
}

Route Routes::route_of(std::optional<std::size_t> row) const {
  return row ? Route{{}, rules_[*row].smarthosts} : Route{};
}

std::vector<Leg> Routes::legs_for(const mail::Envelope& envelope, const std::vector<std::size_t>& recipients,
                                  const mail::User* user) const {
  std::vector<Leg> legs;
  const std::vector<std::size_t> rows = rows_for(envelope.sender, user);
  mail::AsciiDomains domains;
  std::vector<std::pair<std::optional<std::size_t>, std::size_t>> known;  // rows, and the legs that they lead to
  for (std::size_t recipient = 0; recipient < envelope.recipients.size(); ++recipient) {
    const auto row = first_of(rows, envelope.recipients[recipient].address, domains);
    auto place = std::ranges::find(known, row, [](const auto& one) { return one.first; });
    if (place == known.end()) {
      const bool asks = user == nullptr && row && names_somebody(rules_[*row]);
      // Two rows with the same sites are one way.
      Route route = asks ? Route{{}, {}, true} : route_of(row);
      auto leg = std::ranges::find(legs, route, &Leg::route);
      if (leg == legs.end()) leg = legs.insert(legs.end(), Leg{std::move(route), {}});
      place = known.emplace(known.end(), row, static_cast<std::size_t>(leg - legs.begin()));
    }
    Leg& leg = legs[place->second];
    ++leg.whole;
    if (std::ranges::binary_search(recipients, recipient)) leg.recipients.push_back(recipient);
  }
  std::erase_if(legs, [](const Leg& one) { return one.recipients.empty(); });
  return legs;
}

}  // namespace postern::queue
