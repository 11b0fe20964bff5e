#include "console/users.h"

#include "base/text.h"

#include <pwd.h>
#include <unistd.h>

#include <utility>

namespace postern::console {

const passwd* account_of(const std::string& user) {
  if (user.empty()) return getpwuid(getuid());
  const std::optional<std::uint64_t> number = parse_decimal(user);
  if (!number) return getpwnam(user.c_str());
  return std::in_range<uid_t>(*number) ? getpwuid(static_cast<uid_t>(*number)) : nullptr;
}

std::optional<std::uint32_t> uid_of(const std::string& user) {
  if (user.empty()) return std::nullopt;
  const std::optional<std::uint64_t> number = parse_decimal(user);
  if (number && std::in_range<uid_t>(*number)) return static_cast<uid_t>(*number);
  const passwd* const account = account_of(user);
  return account == nullptr ? std::nullopt : std::optional(account->pw_uid);
}

}  // namespace postern::console
