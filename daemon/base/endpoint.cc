#include "base/endpoint.h"

#include "base/text.h"

namespace postern {

std::optional<NumericEndpoint> NumericEndpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_decimal(text.substr(colon + 1));
  if (!port || *port > 65535) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  const bool v6 = host.find(':') != std::string_view::npos;
  const auto address = parse_ip(host);
  if (!address || v6 != brackets) return std::nullopt;
  return NumericEndpoint{*address, v6, static_cast<std::uint16_t>(*port)};
}

std::string NumericEndpoint::host() const {
  const std::string text = ip_text(address, v6);
  return v6 ? "[" + text + "]" : text;
}

bool NumericEndpoint::any() const { return address == parse_ip(v6 ? "::" : "0.0.0.0"); }

}  // namespace postern
