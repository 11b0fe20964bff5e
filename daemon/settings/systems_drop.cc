#include "settings/systems_drop.h"

#include "net/listen_options.h"

#include <filesystem>
#include <system_error>

namespace postern::settings {

std::string untaken_drop(const std::string& spool, const std::string& submit_socket, const std::string& systems_spool) {
  if (submit_socket != net::ListenOptions().submit) return {};
  const std::string left_in = systems_spool + "/drop";
  std::error_code error;
  if (!std::filesystem::exists(left_in, error)) return {};
  if (std::filesystem::equivalent(left_in, spool + "/drop", error)) return {};
  return "sendmail leaves mail in " + left_in +
         " while the daemon is away, and nobody takes it from there, since 'spool' is " + spool +
         ": leave 'spool' out and mount " + spool + " at " + systems_spool + ", as postern.yaml(5) says";
}

}  // namespace postern::settings
