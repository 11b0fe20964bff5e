#include "settings/machine_name.h"

#include "base/durable_file.h"
#include "base/text.h"
#include "mail/local_names.h"
#include "settings/values.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace postern::settings {
namespace {

/// Lists of names that are blocked lie in such files, too.
constexpr std::size_t kLargestHosts = std::size_t{16} << 20U;

}  // namespace

bool is_full_name(std::string_view name) {
  return name.find('.') != std::string_view::npos && is_host_name(name) && !mail::is_loopback_name(name) &&
         !to_lower(name).ends_with(".localdomain");
}

std::string full_name(std::string_view name, std::string_view hosts) {
  if (name.find('.') != std::string_view::npos) return std::string(name);
  while (!hosts.empty()) {
    const std::size_t end = std::min(hosts.find('\n'), hosts.size());
    const std::string_view line = hosts.substr(0, end);
    hosts.remove_prefix(std::min(end + 1, hosts.size()));
    std::vector<std::string_view> names = split_words(line.substr(0, line.find('#')));
    if (names.empty()) continue;
    names.erase(names.begin());  // the address
    if (std::ranges::none_of(names, [name](std::string_view one) { return iequals(one, name); })) continue;
    const auto full = std::ranges::find_if(names, is_full_name);
    if (full != names.end()) return std::string(*full);
  }
  return std::string(name);
}

std::string machine_name() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
  const auto hosts = read_file("/etc/hosts", kLargestHosts);
  std::string name = full_name(buffer.data(), hosts ? std::string_view(*hosts) : std::string_view());
  return is_host_name(name) ? name : "localhost";
}

}  // namespace postern::settings
