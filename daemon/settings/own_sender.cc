#include "settings/own_sender.h"

#include "mail/address.h"

namespace postern::settings {

std::string shown_user(const std::string& user) {
  const std::size_t end = user.find_first_of(":;, \t|");
  return end == std::string::npos ? user : user.substr(0, end + 1) + "...";
}

std::string own_sender(const Settings& settings, const Smarthost& smarthost) {
  if (!settings.queue.bounces.from.empty()) return settings.queue.bounces.from;
  if (!smarthost.from.address.empty()) return smarthost.from.address;
  const auto address = mail::parse_address(smarthost.user, mail::Utf8::refuse);
  return address && !mail::split_address(*address).domain.empty() ? smarthost.user : std::string();
}

std::string no_own_sender(const Settings& settings, const Smarthost& smarthost) {
  if (smarthost.user.empty() || !own_sender(settings, smarthost).empty()) return {};
  return "the user '" + shown_user(smarthost.user) + "' is no address, so reports and alarms end in failed/ if " +
         smarthost.host + " refuses mail without a sender: set 'bounces.from' to an address that this account may use";
}

}  // namespace postern::settings
