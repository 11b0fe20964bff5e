#include "mail/address_pattern.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/idn.h"
#include "mail/user.h"

namespace postern::mail {

namespace {

/// In letters or as A-labels.
bool is_same_domain(std::string_view one, std::string_view other) {
  if (iequals(one, other)) return true;
  if (is_ascii(one) && is_ascii(other)) return false;
  const auto first = ascii_domain(one);
  const auto second = ascii_domain(other);
  return first && second && iequals(*first, *second);
}

}  // namespace

bool is_same_mailbox(std::string_view one, std::string_view other) {
  const AddressParts first = split_address(one);
  const AddressParts second = split_address(other);
  return iequals(first.local, second.local) && is_same_domain(first.domain, second.domain);
}

bool covers(std::string_view pattern, std::string_view address, bool here) {
  if (pattern == kEverybody) return true;
  const AddressParts parts = split_address(address);
  if (pattern.starts_with("*@")) return is_same_domain(pattern.substr(2), parts.domain);
  const bool name = split_address(pattern).domain.empty();
  return name ? here && is_same_mailbox(pattern, parts.local) : is_same_mailbox(pattern, address);
}

}  // namespace postern::mail
