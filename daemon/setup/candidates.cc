#include "setup/candidates.h"

#include "base/network.h"
#include "base/text.h"
#include "settings/complete.h"
#include "settings/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace postern::setup {
namespace {

using relay::Tls;
using settings::Smarthost;

struct KnownPort {
  std::uint16_t port;
  Tls tls;
};
/// The last two are other doors that providers open where networks close these.
constexpr auto kKnownPorts = std::to_array<KnownPort>({{465, Tls::implicit},
                                                       {587, Tls::starttls},
                                                       {25, Tls::starttls},
                                                       {2525, Tls::starttls},
                                                       {2587, Tls::starttls},
                                                       {2465, Tls::implicit}});

Smarthost way(const std::string& host, std::uint16_t port, Tls tls) {
  Smarthost smarthost;
  smarthost.host = host;
  smarthost.port = port;
  smarthost.tls = tls;
  return smarthost;
}

void add(std::vector<Smarthost>& ways, const std::vector<DnsRecord>& records, Tls tls) {
  for (const DnsRecord& record : records) {
    if (record.target.empty() || record.port == 0) continue;  // "." says that there is no such service
    ways.push_back(way(record.target, record.port, tls));
  }
}

}  // namespace

Result<Server> parse_server(std::string_view text) {
  const Error wrong{Failure::invalid, "'" + printable(text) +
                                          "' is no server: write smtp.example.com, smtp.example.com:587 or [::1]:587"};
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong;
    host = text.substr(1, end - 1);
    has_port = end + 1 < text.size();
    if (has_port && text[end + 1] != ':') return wrong;
    if (has_port) port = text.substr(end + 2);
  } else if (std::ranges::count(text, ':') == 1) {
    has_port = true;
    host = text.substr(0, text.find(':'));
    port = text.substr(text.find(':') + 1);
  }
  if (!is_host_name(host) && !parse_ip(std::string(host))) return wrong;
  Server server{std::string(host), 0};
  if (!has_port) return server;
  const auto number = parse_decimal(port);
  if (!number || *number == 0 || *number > 65535) return wrong;
  server.port = static_cast<std::uint16_t>(*number);
  return server;
}

std::vector<Smarthost> ways_to(const Server& server, std::optional<Tls> tls) {
  if (tls) return {way(server.host, server.port == 0 ? settings::standard_port(*tls) : server.port, *tls)};
  if (server.port == 0) {
    return {way(server.host, settings::standard_port(Tls::implicit), Tls::implicit),
            way(server.host, settings::standard_port(Tls::starttls), Tls::starttls)};
  }
  const auto* const known = std::ranges::find(kKnownPorts, server.port, &KnownPort::port);
  if (known != kKnownPorts.end()) return {way(server.host, server.port, known->tls)};
  return {way(server.host, server.port, Tls::implicit), way(server.host, server.port, Tls::starttls)};
}

std::vector<Smarthost> usual_servers(std::string_view domain) {
  std::vector<Smarthost> ways;
  for (const std::string_view front : {"smtp.", "mail."}) {
    for (Smarthost& each : ways_to(Server{std::string(front) + to_lower(domain), 0}, std::nullopt)) {
      ways.push_back(std::move(each));
    }
  }
  return ways;
}

std::vector<Smarthost> announced_servers(const std::vector<DnsRecord>& submissions,
                                         const std::vector<DnsRecord>& submission) {
  std::vector<Smarthost> ways;
  add(ways, submissions, Tls::implicit);
  add(ways, submission, Tls::starttls);
  return ways;
}

std::string shown(const Smarthost& smarthost) {
  constexpr std::array<std::string_view, 3> kTls{"implicit TLS", "STARTTLS", "no TLS"};
  return fmt::format("{} port {} ({})", printable(smarthost.host),
                     smarthost.port == 0 ? settings::standard_port(smarthost.tls) : smarthost.port,
                     kTls.at(static_cast<std::size_t>(smarthost.tls)));
}

}  // namespace postern::setup
