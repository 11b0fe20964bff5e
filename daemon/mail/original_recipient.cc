#include "mail/original_recipient.h"

#include "base/text.h"
#include "mail/xtext.h"

#include <cstddef>

namespace postern::mail {
namespace {

/// RFC 3461 4: "ORCPT=" and what follows have 500 characters.
constexpr std::size_t kLongestOrcpt = 500 - std::string_view("ORCPT=").size();

}  // namespace

std::string orcpt_of(std::string_view address) {
  if (address.empty() || has_control(address) || !is_utf8(address)) return {};
  // utf-8-addr-unitext: raw letters, and no encoding of the rest.
  const bool ascii = is_ascii(address);
  if (!ascii && address.find_first_of("+=\\ ") != std::string_view::npos) return {};
  const std::string orcpt = ascii ? "rfc822;" + xtext_encode(address) : "utf-8;" + std::string(address);
  return orcpt.size() <= kLongestOrcpt ? orcpt : std::string();
}

std::string original_address(std::string_view orcpt) {
  const std::size_t type_end = orcpt.find(';');
  if (type_end == std::string_view::npos) return {};
  const std::string_view given = orcpt.substr(type_end + 1);
  if (iequals(orcpt.substr(0, type_end), "utf-8") && !is_ascii(given)) return std::string(given);
  return xtext_decode(given).value_or(std::string());
}

std::string original_of(const Recipient& recipient) {
  std::string original = original_address(recipient.orcpt);
  return original == recipient.address ? std::string() : original;
}

}  // namespace postern::mail
