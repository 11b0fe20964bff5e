#include "mail/address_pattern.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/user.h"

namespace postern::mail {

bool is_same_mailbox(std::string_view one, std::string_view other) {
  const AddressParts first = split_address(one);
  const AddressParts second = split_address(other);
  return iequals(first.local, second.local) && iequals(first.domain, second.domain);
}

bool covers(std::string_view pattern, std::string_view address, bool here) {
  if (pattern == kEverybody) return true;
  const AddressParts parts = split_address(address);
  if (pattern.starts_with("*@")) return iequals(pattern.substr(2), parts.domain);
  const bool name = split_address(pattern).domain.empty();
  return name ? here && is_same_mailbox(pattern, parts.local) : is_same_mailbox(pattern, address);
}

}  // namespace postern::mail
