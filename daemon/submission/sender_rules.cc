#include "submission/sender_rules.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/address_pattern.h"
#include "mail/address_scanner.h"
#include "mail/header_completion.h"
#include "mail/headers.h"
#include "mail/idn.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace postern::submission {
namespace {

constexpr std::string_view kOurs = "MAILER-DAEMON";  // From where nobody is the sender
constexpr std::size_t kMostNamed = 3;                // addresses of a rule in a refusal

bool names(const std::vector<std::string>& list, std::string_view one) {
  return std::ranges::find(list, one) != list.end();
}

/// A reader of mail may make an address of what is none to us: with a character that nobody sees, or encoded (RFC
/// 2047).
bool may_be_address(std::string_view unread) {
  return unread.find('@') != std::string_view::npos || unread.find("=?") != std::string_view::npos;
}

/// With a domain in the name of the user, as directories have it: "alice@corp.example".
std::string_view login_of(std::string_view name) { return name.substr(0, name.find('@')); }

}  // namespace

std::vector<std::size_t> rows_for(const std::vector<SenderRule>& rules, const User& user) {
  std::vector<std::size_t> rows;
  if (user.root) return rows;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (mail::names_user(rules[i].users, rules[i].groups, user)) rows.push_back(i);
  }
  if (!rows.empty()) return rows;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (names(rules[i].users, mail::kEverybody)) rows.push_back(i);
  }
  return rows;
}

bool SenderCheck::may(std::string_view given, mail::AsciiDomains& domains) const {
  const std::string address = domains.in(given);
  const mail::AddressParts parts = mail::split_address(address);
  // No name of this machine has letters, and to ask of what has some still takes time.
  const bool here = is_ascii(parts.domain) && names_.kind_of(parts.domain) != mail::LocalNames::Kind::foreign;
  if (here && mail::is_same_mailbox(parts.local, kOurs)) return true;
  if (!user_.name.empty() &&
      (mail::is_same_mailbox(address, own_) || (here && mail::is_same_mailbox(parts.local, login_of(user_.name))))) {
    return true;
  }
  const auto covers = [&](const std::string& pattern) { return mail::covers(pattern, address, here); };
  return std::ranges::any_of(rows_, [&](std::size_t row) { return std::ranges::any_of(rules_[row].may, covers); });
}

/// "senders[0] and senders[2] in postern.yaml let www-data send as web@example.com and under its own name"
std::string SenderCheck::rule() const {
  std::string rows;
  std::vector<std::string> may;
  for (const std::size_t row : rows_) {
    rows += fmt::format("{}senders[{}]", rows.empty() ? "" : " and ", row);
    may.insert(may.end(), rules_[row].may.begin(), rules_[row].may.end());
  }
  const std::size_t more = may.size() > kMostNamed ? may.size() - kMostNamed : 0;
  may.resize(may.size() - more);
  const std::string as = fmt::format("{}{}", fmt::join(may, ", "), more == 0 ? "" : fmt::format(", {} more", more));
  return fmt::format("{} in postern.yaml {} {} send as {}{}", rows, rows_.size() == 1 ? "lets" : "let",
                     user_.name.empty() ? "clients that are no user here" : user_.name, as,
                     user_.name.empty() ? "" : " or under its own name");
}

smtp::Refusal SenderCheck::refusal(std::string_view what, std::string_view address) const {
  return {550, "5.7.1", fmt::format("{} <{}> is not allowed: {}", what, printable(address), rule())};
}

smtp::Refusal SenderCheck::unreadable() const {
  return {550, "5.7.1", "From has something that may be an address and cannot be read as one: " + rule()};
}

smtp::Refusal SenderCheck::too_long() const {
  return {
      550, "5.7.1",
      fmt::format("a header of more than {} KiB is not searched for its From: {}", mail::kHeldHeader >> 10U, rule())};
}

std::optional<smtp::Refusal> SenderCheck::reverse_path(std::string_view address) const {
  mail::AsciiDomains domains;
  if (free() || address.empty() || may(address, domains)) return {};
  return refusal("the sender", address);
}

std::optional<smtp::Refusal> SenderCheck::header(std::string_view text) const {
  if (free()) return {};
  mail::AsciiDomains domains;
  for (const mail::HeaderField& field : mail::parse_headers(text).fields) {
    if (!iequals(field.name, "From")) continue;
    const mail::AddressScan scan = mail::scan_addresses(field.body);
    for (const mail::FoundAddress& found : scan.found) {
      const std::string address = mail::complete_address(found.text, names_.domain);
      if (!may(address, domains)) return refusal("the sender in From", address);
    }
    if (scan.found.empty() || std::ranges::any_of(scan.unread, may_be_address)) return unreadable();
  }
  return {};
}

}  // namespace postern::submission
