#include "base/service_name.h"

#include "base/host_name.h"
#include "base/text.h"

#include <cstddef>
#include <utility>

namespace postern {
namespace {

constexpr std::string_view kPrefix = "srv:";

Error not_this(std::string_view text, const std::string& instead) {
  return Error{Failure::invalid, "name a service of the DNS as in srv:_submissions._tcp.example.com, not '" +
                                     printable(text) + "'" + instead};
}

/// "_submissions" of "_submissions.example.com", which is taken away; empty: it begins with no such label.
std::string_view take_label(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos || dot < 2 || !rest.starts_with('_')) return {};
  const std::string_view label = rest.substr(0, dot);
  rest.remove_prefix(dot + 1);
  return label;
}

}  // namespace

bool ServiceName::meant(std::string_view text) { return istarts_with(text, kPrefix); }

Result<ServiceName> ServiceName::parse(std::string_view text) {
  if (!meant(text)) return not_this(text, "");
  std::string_view rest = text.substr(kPrefix.size());
  while (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.ends_with('.')) rest.remove_suffix(1);
  const bool exact = rest.size() + kPrefix.size() == text.size();
  if (!is_host_name(rest))
    return not_this(text, is_ascii(text) ? "" : "; write an international name in its xn-- form");
  std::string_view domain = rest;
  const std::string service = to_lower(take_label(domain));
  if (service.empty()) {
    return not_this(text, "; write 'srv:_submissions._tcp." + std::string(rest) + "' for TLS from the first byte, or " +
                              "'srv:_submission._tcp." + std::string(rest) + "' for STARTTLS");
  }
  const std::string protocol = to_lower(take_label(domain));
  ServiceName name{service, to_lower(domain)};
  if (protocol.empty()) return not_this(text, "; write '" + name.str() + "'");
  if (protocol != "_tcp") return not_this(text, "; mail travels by TCP: write '" + name.str() + "'");
  if (!exact) return not_this(text, "; write '" + name.str() + "'");
  return name;
}

bool ServiceName::holds(std::string_view host) const {
  return iequals(host, domain) || (domain.find('.') != std::string::npos && is_within_domain(host, domain));
}

}  // namespace postern
