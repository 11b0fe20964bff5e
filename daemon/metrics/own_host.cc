#include "metrics/own_host.h"

#include "base/network.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace postern::metrics {
namespace {

/// What the files /etc/hosts of distributions call the loopback besides "localhost".
constexpr std::array<std::string_view, 7> kLoopbackNames{
    "localhost.localdomain",   "localhost4",    "localhost6",  "localhost4.localdomain4",
    "localhost6.localdomain6", "ip6-localhost", "ip6-loopback"};

/// Without the port; nothing if it is no host with or without one.
std::string_view without_port(std::string_view field) {
  std::size_t end = field.find(':');
  if (field.starts_with('[')) {
    end = field.find(']');
    if (end == std::string_view::npos) return {};
    ++end;
  }
  end = std::min(end, field.size());
  const std::string_view port = field.substr(end);
  if (!port.empty() && (port.front() != ':' || (port.size() > 1 && !parse_number(port.substr(1))))) return {};
  return field.substr(0, end);
}

bool is_named(std::string_view host, std::string_view own) {
  // A first label could be anybody's where the whole is no domain's name.
  const std::size_t dot = own.find('.');
  return iequals(host, own) || (dot != std::string_view::npos && dot > 0 && iequals(host, own.substr(0, dot)));
}

}  // namespace

bool is_own_host(std::string_view field, const std::vector<std::string>& own) {
  std::string_view host = without_port(field);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return false;
  if (stays_on_this_machine(host)) return true;
  if (std::ranges::any_of(kLoopbackNames, [&](std::string_view name) { return iequals(host, name); })) return true;
  if (const auto address = parse_ip(host)) {
    return loopback_v4().contains(*address) ||
           std::ranges::any_of(own, [&](const std::string& one) { return parse_ip(one) == address; });
  }
  return std::ranges::any_of(own, [&](const std::string& one) { return !parse_ip(one) && is_named(host, one); });
}

}  // namespace postern::metrics
