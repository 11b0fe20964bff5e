#include "queue/route.h"

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
}

/// Whether it is at a name of this machine takes time, and is looked for once, if a pattern asks.
class Routes::Address {
 public:
  Address(const mail::LocalNames& names, std::string_view text) : names_(names), text_(text) {}

  [[nodiscard]] bool is_covered_by(const std::string& pattern) {
    if (text_.empty()) return pattern == kNullSender || pattern == mail::kEverybody;
    if (pattern == kNullSender) return false;
    const bool local_part = pattern.find('@') == std::string::npos && pattern != mail::kEverybody;
    return mail::covers(pattern, text_, local_part && is_here());
  }

 private:
  [[nodiscard]] bool is_here() {
    if (!here_) here_ = names_.kind_of(mail::split_address(text_).domain) != mail::LocalNames::Kind::foreign;
    return *here_;
  }

  const mail::LocalNames& names_;
  std::string_view text_;
  std::optional<bool> here_;
};

bool Routes::fits(const std::vector<std::string>& patterns, Address& address) {
  return patterns.empty() ||
         std::ranges::any_of(patterns, [&](const std::string& one) { return address.is_covered_by(one); });
}

std::vector<std::size_t> Routes::rows_for(std::string_view sender, const mail::User* user) const {
  std::vector<std::size_t> rows;
  Address address(names_, sender);
  for (std::size_t row = 0; row < rules_.size(); ++row) {
    if ((user != nullptr && !is_for(rules_[row], *user)) || !fits(rules_[row].senders, address)) continue;
    rows.push_back(row);
    if (rules_[row].recipients.empty()) break;
  }
  return rows;
}

std::optional<std::size_t> Routes::first_of(const std::vector<std::size_t>& rows, std::string_view recipient) const {
  Address address(names_, recipient);
  const auto row = std::ranges::find_if(rows, [&](std::size_t one) { return fits(rules_[one].recipients, address); });
  return row == rows.end() ? std::nullopt : std::optional(*row);
}

std::optional<std::size_t> Routes::row_for(std::string_view sender, std::string_view recipient,
                                           const mail::User& user) const {
  return first_of(rows_for(sender, &user), recipient);
}

Route Routes::route_of(std::optional<std::size_t> row) const {
  return row ? Route{{}, rules_[*row].smarthosts} : Route{};
}

std::vector<Leg> Routes::legs_for(const mail::Envelope& envelope, const std::vector<std::size_t>& recipients,
                                  const mail::User* user) const {
  std::vector<Leg> legs;
  const std::vector<std::size_t> rows = rows_for(envelope.sender, user);
  std::vector<std::pair<std::optional<std::size_t>, std::size_t>> known;  // rows, and the legs that they lead to
  for (std::size_t recipient = 0; recipient < envelope.recipients.size(); ++recipient) {
    const auto row = first_of(rows, envelope.recipients[recipient].address);
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
