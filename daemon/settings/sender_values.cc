#include "settings/sender_values.h"

#include "base/ascii.h"
#include "base/host_name.h"
#include "base/nearest.h"
#include "base/text.h"
#include "mail/address.h"
#include "settings/own_sender.h"
#include "settings/user.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::settings {
namespace {

using Options = relay::SenderPolicyOptions;

constexpr std::array kPolicies{std::pair<std::string_view, Options::Policy>{"keep", Options::Policy::keep},
                               std::pair<std::string_view, Options::Policy>{"account", Options::Policy::account},
                               std::pair<std::string_view, Options::Policy>{"rewrite", Options::Policy::rewrite}};

const auto* find_policy(std::string_view word) {
  return std::ranges::find(kPolicies, word, &std::pair<std::string_view, Options::Policy>::first);
}

/// "shop.example", and "john.doe" too: nobody knows all domains at the top.
bool looks_like_domain(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || !is_host_name(text)) return false;
  const std::string_view top = text.substr(dot + 1);
  return top.size() > 1 && (istarts_with(top, "xn--") || std::ranges::all_of(top, is_letter));
}

/// What a pattern of one word was probably meant as, as the end of a warning; empty: as that.
std::string meant_by_name(const std::string& name) {
  if (looks_like_domain(name)) return "did you mean '*@" + name + "'?";
  const std::string word = to_lower(name);
  if (has_word("all any anyone anybody everyone everybody each", word)) return "did you mean \"*\"?";
  if (has_word("none nobody nothing empty null", word)) return "there is no word for nobody";
  return {};
}

/// Fit for a server without SMTPUTF8, and with a domain.
bool is_whole_address(const std::string& text) {
  return mail::parse_address(text, mail::Utf8::refuse) && !mail::split_address(text).domain.empty();
}

}  // namespace

std::optional<std::string> sender_pattern(const std::string& text) {
  if (text == "*") return text;
  const bool domain = text.starts_with("*@");
  const std::string address = domain ? "x" + text.substr(1) : text;
  auto parsed = mail::parse_address(address, mail::Utf8::allow);
  if (!parsed || address.find('*') != std::string::npos) return std::nullopt;
  return domain ? "*" + parsed->substr(1) : std::move(*parsed);
}

void warn_of_local_name(const std::string& pattern, const Node& node, const Scope& scope) {
  const std::string meant = pattern.find('@') == std::string::npos ? meant_by_name(pattern) : std::string();
  if (meant.empty() || user_named(pattern)) return;
  scope.report.warning(
      node.mark, "'" + scope.path + "' takes '" + pattern + "' as a local name, and there is no such user; " + meant);
}

std::optional<Options::Policy> sender_policy_value(const Node& node, Scope& scope) {
  const auto word = text_value(node, scope);
  if (!word) return std::nullopt;
  const auto* const known = find_policy(to_lower(*word));
  if (known != kPolicies.end()) return known->second;
  std::vector<std::string> names;
  names.reserve(kPolicies.size());
  for (const auto& [name, policy] : kPolicies) names.emplace_back(name);
  const auto near = nearest(to_lower(*word), names);
  scope.error(node, "must be keep, account or rewrite, not '" + *word + "'" +
                        (near ? "; did you mean '" + *near + "'?" : std::string()));
  return std::nullopt;
}

std::optional<std::map<std::string, std::string>> patterns_value(const Node& node, Scope& scope) {
  if (node.kind != Node::Kind::map || node.entries.empty()) {
    scope.error(node,
                "must be patterns with addresses, such as { root: ops@example.com, \"*@web1.example.net\": "
                "alerts@example.com }");
    return std::nullopt;
  }
  std::map<std::string, std::string> patterns;
  for (const Entry& entry : node.entries) {
    Scope one{scope.report, scope.path + "." + entry.key, {}, {}};
    Node key;
    key.mark = entry.mark;
    const auto pattern = sender_pattern(entry.key);
    if (!pattern) {
      one.error(key, "must be an address, a local name, \"*@DOMAIN\" or \"*\"");
      continue;
    }
    warn_of_local_name(entry.key, key, one);
    auto address = wire_address_value(entry.value, one);
    if (!address) continue;
    if (!patterns.emplace(to_lower(*pattern), std::move(*address)).second) {
      one.error(key, "stands here twice; upper and lower case are the same");
    }
  }
  return patterns;
}

std::string sender_key_of(const Node& node) { return node.text.find('@') == std::string::npos ? "policy" : "address"; }

void complete_sender(Smarthost& smarthost, const std::string& path, Report& report) {
  const std::string from = path + ".from";
  const auto given = [&](std::string_view key) { return report.was_written(from + "." + std::string(key)); };
  const auto error = [&](std::string_view key, const std::string& text) {
    report.error(report.place(from + "." + std::string(key)), "'" + from + "' " + text);
  };
  Options& options = smarthost.from;
  const bool says_more = given("address") || given("rewrite") || given("name");
  if (!given("policy") && !says_more) return;
  if (!given("policy")) options.policy = given("rewrite") ? Options::Policy::rewrite : Options::Policy::account;
  switch (options.policy) {
    case Options::Policy::keep:
      if (!report.clean()) return;  // it may be the default in place of what could not be read
      for (const std::string_view key : {"address", "rewrite", "name"}) {
        if (given(key)) error(key, "keeps senders as they are, so '" + std::string(key) + "' is of no use there");
      }
      return;
    case Options::Policy::account:
      if (given("rewrite")) error("rewrite", "has a 'rewrite', which is of no use with 'policy: account'");
      if (!given("address") && is_whole_address(smarthost.user)) options.address = smarthost.user;
      if (options.address.empty() && !given("address")) {
        error("policy", "needs the account's address in '" + from + ".address': " +
                            (smarthost.user.empty() ? std::string("there is no 'user'")
                                                    : "the user '" + shown_user(smarthost.user) + "' is none"));
      }
      return;
    case Options::Policy::rewrite:
      if (!given("rewrite") && !given("address")) error("policy", "has no 'rewrite' to say what becomes of whom");
      return;
  }
}

}  // namespace postern::settings
