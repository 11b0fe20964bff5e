#include "sendmail-shim/local.h"

#include "base/durable_file.h"
#include "base/text.h"
#include "mail/address.h"

#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include <unistd.h>

namespace postern::shim {
namespace {

constexpr std::size_t kLargestPasswd = std::size_t{256} << 20U;  // some million users

/// The fields of a line of /etc/passwd: name:password:uid:gid:gecos:home:shell
std::vector<std::string_view> split_colons(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t colon = line.find(':');
    fields.push_back(line.substr(0, colon));
    if (colon == std::string_view::npos) return fields;
    line.remove_prefix(colon + 1);
  }
}

/// The name in a gecos field: up to the first comma, "&" stands for the login with a capital letter.
std::string full_name(std::string_view gecos, std::string_view login) {
  std::string name;
  for (const char c : gecos.substr(0, gecos.find(','))) {
    if (c != '&') {
      name += c;
    } else if (!login.empty()) {
      name += to_upper(login.front());
      name += login.substr(1);
    }
  }
  return has_control(name) ? std::string() : name;
}

bool is_login(std::string_view name) {
  return mail::parse_address(name, mail::Utf8::refuse) && mail::split_address(name).domain.empty();
}

}  // namespace

Account find_account(std::string_view passwd, uid_t uid, std::string_view fallback_login) {
  while (!passwd.empty()) {
    const std::string_view line = passwd.substr(0, passwd.find('\n'));
    passwd.remove_prefix(std::min(line.size() + 1, passwd.size()));
    const auto fields = split_colons(line);
    if (fields.size() < 5 || parse_number(fields[2]) != uid || !is_login(fields[0])) continue;
    return Account{std::string(fields[0]), full_name(fields[4], fields[0])};
  }
  if (is_login(fallback_login)) return Account{std::string(fallback_login), ""};
  return Account{"uid" + std::to_string(uid), ""};
}

Account own_account() {
  const std::string fallback = environment_or("LOGNAME", environment_or("USER", ""));
  const auto passwd = read_file("/etc/passwd", kLargestPasswd);
  return find_account(passwd ? *passwd : std::string(), ::getuid(), fallback);
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  std::string host(name.data());
  return mail::parse_address("x@" + host, mail::Utf8::refuse) ? host : "localhost";
}

std::string environment_or(const char* name, std::string_view otherwise) {
  const char* value = std::getenv(name);
  return std::string(value == nullptr || *value == '\0' ? otherwise : std::string_view(value));
}

}  // namespace postern::shim
