#include "sasl/negotiate.h"

#include "base/text.h"
#include "sasl/mechanisms.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::sasl {
namespace {

enum class Secrecy { reveals, hides };  // what somebody who reads along learns of the password

struct Row {
  std::string_view name;
  Secrecy secrecy;
  bool nul_forbidden;  // it separates user and password by a NUL
  std::unique_ptr<Mechanism> (*client)(const Credentials&);
  std::unique_ptr<ServerMechanism> (*server)(PasswordOf, std::string);
};

// In the order of preference inside verified TLS. There PLAIN comes before CRAM-MD5: the secret is safe, and CRAM-MD5
// is often announced by servers that keep no clear-text passwords and so must refuse it.
constexpr std::array kTable{
    Row{"PLAIN", Secrecy::reveals, true, make_plain, make_plain_server},
    Row{"LOGIN", Secrecy::reveals, false, make_login, make_login_server},
    Row{"CRAM-MD5", Secrecy::hides, false, make_cram_md5, make_cram_md5_server},
};

const Row* find_row(std::string_view name) {
  const auto* row = std::ranges::find_if(kTable, [name](const Row& r) { return iequals(r.name, name); });
  return row == kTable.end() ? nullptr : row;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [name](const std::string& n) { return iequals(n, name); });
}

bool has_nul(const Credentials& credentials) {
  return credentials.user.find('\0') != std::string::npos ||
         credentials.password.reveal().find('\0') != std::string_view::npos;
}

/// Why a known mechanism is not tried, as a sentence for people; empty: it is usable.
std::string_view obstacle(const Row& row, const std::vector<std::string>& offered, bool safe,
                          const Credentials& credentials, const Policy& policy) {
  if (!contains(offered, row.name)) return "the server does not offer it";
  if (row.secrecy == Secrecy::reveals && !safe && !policy.allow_cleartext) {
    return "it would reveal the password: the connection is not inside verified TLS, and allow_cleartext_auth is off";
  }
  if (row.nul_forbidden && has_nul(credentials)) return "the user name or the password holds a NUL byte";
  return {};
}

/// Stable. By hand: std::ranges::stable_partition asks libstdc++ for a deprecated buffer, which clang refuses.
template <typename Wanted>
void move_to_front(std::vector<const Row*>& rows, Wanted wanted) {
  auto front = rows.begin();
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    if (wanted(**row)) std::rotate(front++, row, row + 1);
  }
}

}  // namespace

Choice negotiate(const std::vector<std::string>& offered, const Channel& channel, const Credentials& credentials,
                 const Policy& policy) {
  const bool safe = channel.encrypted && channel.verified;
  Choice choice;
  std::vector<const Row*> usable;
  for (const Row& row : kTable) {
    const std::string_view reason = obstacle(row, offered, safe, credentials, policy);
    if (reason.empty()) {
      usable.push_back(&row);
    } else {
      choice.skipped.push_back(Skipped{std::string(row.name), std::string(reason)});
    }
  }
  // Where others may read along, what hides the secret comes first, even if the policy allows the rest.
  if (!safe) move_to_front(usable, [](const Row& row) { return row.secrecy == Secrecy::hides; });
  move_to_front(usable, [&](const Row& row) { return iequals(row.name, policy.remembered); });
  for (const Row* row : usable) choice.usable.emplace_back(row->name);

  for (const std::string& name : offered) {
    if (find_row(name) != nullptr) continue;
    const bool told = std::ranges::any_of(choice.skipped, [&](const Skipped& s) { return iequals(s.mechanism, name); });
    if (!told) choice.skipped.push_back(Skipped{name, "Postern does not know this mechanism"});
  }
  return choice;
}

std::unique_ptr<Mechanism> make_mechanism(std::string_view name, const Credentials& credentials) {
  const Row* row = find_row(name);
  return row == nullptr ? nullptr : row->client(credentials);
}

std::unique_ptr<ServerMechanism> make_server_mechanism(std::string_view name, PasswordOf password_of,
                                                       std::string challenge_seed) {
  const Row* row = find_row(name);
  return row == nullptr ? nullptr : row->server(std::move(password_of), std::move(challenge_seed));
}

}  // namespace postern::sasl
