#include "queue/storm_rules.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace postern::queue {
namespace {

Routes rows_of(const std::vector<StormRule>& rules, const mail::LocalNames& names) {
  std::vector<RouteRule> rows;
  rows.reserve(rules.size());
  for (const StormRule& rule : rules) {
    RouteRule& row = rows.emplace_back();
    row.senders = rule.senders;
    row.users = rule.users;
    row.groups = rule.groups;
  }
  return Routes(std::move(rows), names);
}

}  // namespace

StormRules::StormRules(std::vector<StormRule> rules, const mail::LocalNames& names)
    : rules_(std::move(rules)), rows_(rows_of(rules_, names)) {}

bool StormRules::needs_user(const mail::Envelope& envelope) const {
  // The rows ask for no recipient, so that one of them stands for all.
  const std::vector<std::size_t> one{0};
  return std::ranges::any_of(rows_.legs(envelope, one), [](const Leg& leg) { return leg.route.unknown; });
}

std::optional<StormRule> StormRules::rule_for(const mail::Envelope& envelope, const mail::User& user) const {
  StormChoice choice = choice_for(envelope, user);
  return choice.row ? std::optional(std::move(choice.rule)) : std::nullopt;
}

StormChoice StormRules::choice_for(const mail::Envelope& envelope, const mail::User& user) const {
  StormChoice choice;
  choice.row = rows_.row_for(envelope.sender, {}, user);
  if (choice.row) choice.rule = rules_[*choice.row];
  return choice;
}

}  // namespace postern::queue
