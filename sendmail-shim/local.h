// What the host tells about the caller and itself.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

namespace postern::shim {

struct Account {
  std::string login;      ///< a valid local part
  std::string full_name;  ///< may be empty
};

/// The account of `uid` in the text of /etc/passwd. The shim reads that file itself: getpwuid(3) of a static program
/// loads NSS modules of another C library's build, and of a dynamic one costs more than all the rest of the
/// start. Users from elsewhere (LDAP, DynamicUser=) have `fallback_login`, taken from the environment: the name is only
/// a default that -f may replace anyway, the daemon knows the real uid. If that is no use either: "uid1000".
[[nodiscard]] Account find_account(std::string_view passwd, uid_t uid, std::string_view fallback_login);

/// find_account for the calling user, from /etc/passwd, LOGNAME and USER.
[[nodiscard]] Account own_account();

/// gethostname(2) if it is a valid domain, else "localhost".
[[nodiscard]] std::string host_name();

/// $name if it is set and not empty, else `otherwise`.
[[nodiscard]] std::string environment_or(const char* name, std::string_view otherwise);

}  // namespace postern::shim
