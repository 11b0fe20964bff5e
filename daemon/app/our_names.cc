#include "app/our_names.h"

#include "mail/address.h"

namespace postern::app {

namespace {

/// With a domain, and fit for a server without SMTPUTF8.
bool is_address(const std::string& user) {
  return mail::parse_address(user, mail::Utf8::refuse) && !mail::split_address(user).domain.empty();
}

}  // namespace

OurNames our_names(const settings::Settings& settings, const settings::Smarthost& smarthost) {
  OurNames names;
  names.machine = settings.names;
  names.own_sender = settings.queue.bounces.from;
  if (names.own_sender.empty()) names.own_sender = smarthost.from.address;
  if (names.own_sender.empty() && is_address(smarthost.user)) names.own_sender = smarthost.user;
  return names;
}

}  // namespace postern::app
