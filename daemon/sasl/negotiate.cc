#include "sasl/negotiate.h"

#include "base/text.h"
#include "sasl/mechanisms.h"
#include "sasl/scram.h"

#include <algorithm>
#include <utility>

namespace postern::sasl {
namespace {

using Row = KnownMechanism;

const Row* find_row(std::string_view name) {
  const auto* row = std::ranges::find_if(kKnownMechanisms, [name](const Row& r) { return iequals(r.name, name); });
  return row == kKnownMechanisms.end() ? nullptr : row;
}

const Factory* find_factory(std::string_view name) {
  const auto* factory = std::ranges::find_if(kFactories, [name](const Factory& f) { return iequals(f.name, name); });
  return factory == kFactories.end() ? nullptr : factory;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [name](const std::string& n) { return iequals(n, name); });
}

bool is_left_out(std::string_view name, const Policy& policy) {
  return !policy.mechanisms.empty() && !contains(policy.mechanisms, name);
}

std::string_view reason(std::string_view known, std::string_view otherwise) {
  return known.empty() ? otherwise : known;
}

/// Why the credentials do not do for it.
std::string_view lacking(const Row& row, const Credentials& credentials) {
  switch (row.needs) {
    case Needs::password:
      if (!credentials.password) return reason(credentials.no_password, "no password is configured");
      return credentials.user.empty() ? "no user name is configured" : "";
    case Needs::token:
      if (!credentials.token) return reason(credentials.no_token, "no access token is configured");
      return credentials.user.empty() && row.name == "XOAUTH2" ? "no user name is configured" : "";
    case Needs::certificate: return credentials.client_certificate ? "" : "no client certificate is configured";
  }
  return "";
}

std::string_view why_unsafe(const Row& row, const Channel& channel) {
  if (row.needs == Needs::token) {
    return channel.encrypted ? "it would reveal the access token: the server's certificate is not verified, and "
                               "allow_cleartext_auth is off"
                             : "it would reveal the access token: the connection is not encrypted, and "
                               "allow_cleartext_auth is off";
  }
  return channel.encrypted ? "it would reveal the password: the server's certificate is not verified, and "
                             "allow_cleartext_auth is off"
                           : "it would reveal the password: the connection is not encrypted, and "
                             "allow_cleartext_auth is off";
}

bool holds(std::string_view text, std::string_view bytes) {
  return text.find_first_of(bytes) != std::string_view::npos;
}

/// The bytes that would let a secret or name run into the next part of a message.
std::string_view misfit(const Row& row, const Credentials& credentials) {
  const std::optional<Secret>& secret = row.needs == Needs::token ? credentials.token : credentials.password;
  const bool unfit = holds(credentials.user, row.not_in_user) || (secret && holds(secret->reveal(), row.not_in_secret));
  if (!unfit) return "";
  return row.needs == Needs::token ? "the user name or the access token holds a control character (Ctrl-A)"
                                   : "the user name or the password holds a NUL byte";
}

/// Why an offered mechanism is not tried, as a sentence for people; empty: it is usable.
std::string_view obstacle(const Row& row, const Channel& channel, const Credentials& credentials,
                          const Policy& policy) {
  if (is_left_out(row.name, policy)) return "it is not in the configured list `mechanisms`";
  const std::string_view missing = lacking(row, credentials);
  if (!missing.empty()) return missing;
  if (row.needs == Needs::certificate && !channel.encrypted) {
    return "the connection is not encrypted, so no client certificate was shown";
  }
  if (scram::is_plus(row.name) && (channel.bindings.empty() || !channel.encrypted))
    return "the connection gives no channel binding";
  const bool safe = channel.encrypted && channel.verified;
  if (row.secrecy == Secrecy::reveals && !safe && !policy.allow_cleartext_auth) return why_unsafe(row, channel);
  return misfit(row, credentials);
}

/// Stable. By hand: std::ranges::stable_partition asks libstdc++ for a deprecated buffer, which clang refuses.
template <typename Wanted>
void move_to_front(std::vector<const Row*>& rows, Wanted wanted) {
  auto front = rows.begin();
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    if (wanted(**row)) std::rotate(front++, row, row + 1);
  }
}

void sort(std::vector<const Row*>& usable, const Channel& channel, const Policy& policy) {
  if (!policy.mechanisms.empty()) {
    for (auto name = policy.mechanisms.rbegin(); name != policy.mechanisms.rend(); ++name) {
      move_to_front(usable, [&](const Row& row) { return iequals(row.name, *name); });
    }
    return;
  }
  // Where others may read along, what hides the secret comes first, even if the policy allows the rest.
  const bool safe = channel.encrypted && channel.verified;
  if (!safe) move_to_front(usable, [](const Row& row) { return row.secrecy == Secrecy::hides; });
  move_to_front(usable, [&](const Row& row) { return iequals(row.name, policy.remembered); });
}

}  // namespace

Choice negotiate(const std::vector<std::string>& offered, const Channel& channel, const Credentials& credentials,
                 const Policy& policy) {
  Choice choice;
  std::vector<const Row*> usable;
  const auto skip = [&choice](std::string_view name, std::string_view reason) {
    choice.skipped.push_back(Skipped{std::string(name), std::string(reason)});
  };
  for (const Row& row : kKnownMechanisms) {
    if (!contains(offered, row.name)) {
      const bool expected = !is_left_out(row.name, policy) && lacking(row, credentials).empty();
      if (expected) skip(row.name, "the server does not offer it");
      continue;
    }
    const std::string_view reason = obstacle(row, channel, credentials, policy);
    if (reason.empty()) {
      usable.push_back(&row);
    } else {
      skip(row.name, reason);
    }
  }
  sort(usable, channel, policy);
  for (const Row* row : usable) choice.usable.emplace_back(row->name);

  for (const std::string& name : offered) {
    if (find_row(name) != nullptr) continue;
    const bool told = std::ranges::any_of(choice.skipped, [&](const Skipped& s) { return iequals(s.mechanism, name); });
    if (!told) skip(name, "Postern does not know this mechanism");
  }
  return choice;
}

Situation situation(const std::vector<std::string>& offered, const Channel& channel, const Policy& policy) {
  Situation result;
  if (channel.encrypted) result.bindings = channel.bindings;
  // A -PLUS of a hash that we do not know counts: "y" would say that the server offers none (RFC 5802 section 6).
  result.binding_offered =
      std::ranges::any_of(offered, [](const std::string& n) { return istarts_with(n, "SCRAM-") && scram::is_plus(n); });
  result.binding_allowed = std::ranges::any_of(
      kKnownMechanisms, [&](const Row& row) { return scram::is_plus(row.name) && !is_left_out(row.name, policy); });
  return result;
}

bool uses_token(std::string_view name) {
  const Row* row = find_row(name);
  return row != nullptr && row->needs == Needs::token;
}

bool shows_password(std::string_view name) {
  const Row* row = find_row(name);
  return row != nullptr && row->needs == Needs::password && row->secrecy == Secrecy::reveals;
}

std::vector<std::string> known_mechanisms() {
  std::vector<std::string> names;
  names.reserve(kKnownMechanisms.size());
  for (const Row& row : kKnownMechanisms) names.emplace_back(row.name);
  return names;
}

std::unique_ptr<Mechanism> make_mechanism(std::string_view name, const Credentials& credentials,
                                          const Situation& situation) {
  const Factory* factory = find_factory(name);
  return factory == nullptr ? nullptr : factory->client(factory->name, credentials, situation);
}

std::unique_ptr<ServerMechanism> make_server_mechanism(std::string_view name, ServerSide server) {
  const Factory* factory = find_factory(name);
  return factory == nullptr ? nullptr : factory->server(factory->name, std::move(server));
}

}  // namespace postern::sasl
