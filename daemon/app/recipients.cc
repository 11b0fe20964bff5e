#include "app/recipients.h"

#include "mail/address.h"
#include "mail/aliases.h"

namespace postern::app {

std::vector<std::string> recipients_for(const settings::Settings& settings, const std::string& address) {
  const std::vector<std::string> local{settings.names.hostname, settings.names.domain, "localhost"};
  std::vector<std::string> out;
  for (const std::string& target : mail::expand_alias(address, settings.submission.aliases, local)) {
    out.push_back(mail::complete_address(target, settings.names.domain));
  }
  return out;
}

}  // namespace postern::app
