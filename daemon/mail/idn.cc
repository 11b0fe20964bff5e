#include "mail/idn.h"

#include "base/ascii.h"
#include "base/text.h"
#include "mail/address.h"

#include <idn2.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace postern::mail {
namespace {

/// Some letters are mapped to signs of ASCII, such as the wide forms of ">", "," and the blank.
bool is_name_octet(char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; }

struct FreeName {
  void operator()(char* name) const { std::free(name); }
};

}  // namespace

Result<std::string> ascii_domain(std::string_view domain) {
  if (is_ascii(domain)) return std::string(domain);
  const std::string name(domain);
  if (name.find('\0') != std::string::npos) return Error{Failure::invalid, "a NUL in the domain"};
  char* found = nullptr;
  // Mapped as browsers do it, and no deviation from what registries have taken since 2008.
  const int code = idn2_to_ascii_8z(name.c_str(), &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, FreeName> owner(found);
  if (code != IDN2_OK) return Error{Failure::invalid, std::string("the domain: ") + idn2_strerror(code)};
  std::string labels(found);
  if (!std::ranges::all_of(labels, is_name_octet)) return Error{Failure::invalid, "the domain: no letters of a name"};
  return labels;
}

std::string with_ascii_domain(std::string_view address) {
  const AddressParts parts = split_address(address);
  if (is_ascii(parts.domain)) return std::string(address);
  const auto domain = ascii_domain(parts.domain);
  return std::string(parts.local) + "@" + (domain ? *domain : std::string(parts.domain));
}

std::string AsciiDomains::in(std::string_view address) {
  const AddressParts parts = split_address(address);
  if (is_ascii(parts.domain)) return std::string(address);
  const std::string domain(parts.domain);
  auto known = known_.find(domain);
  if (known == known_.end()) {
    const std::size_t left = left_;
    left_ = domain.size() > left ? 0 : left - domain.size();
    if (domain.size() > left) return std::string(address);
    const auto labels = ascii_domain(domain);
    known = known_.emplace(domain, labels ? *labels : domain).first;
  }
  return std::string(parts.local) + "@" + known->second;
}

bool needs_smtputf8(std::string_view address) {
  if (is_ascii(address)) return false;
  const AddressParts parts = split_address(address);
  return !is_ascii(parts.local) || !ascii_domain(parts.domain);
}

}  // namespace postern::mail
