// Which servers may be the one that takes a mail address's mail, and how they are spoken to. Pure.
#pragma once

#include "base/result.h"
#include "settings/settings.h"
#include "setup/dns.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

struct Server {
  std::string host;        ///< a name or a numeric address
  std::uint16_t port = 0;  ///< 0: not said
};

/// "smtp.example.com", "smtp.example.com:2525", "192.0.2.1", "[2001:db8::1]:465". Failure: invalid; the text says what
/// it must be.
Result<Server> parse_server(std::string_view text);

/// How to speak to a server, the likeliest first: TLS by the port where that is a known one (RFC 8314 7.3, RFC 6409),
/// else both ways. Without TLS only if that was said.
[[nodiscard]] std::vector<settings::Smarthost> ways_to(const Server& server, std::optional<relay::Tls> tls);

/// The usual names of a domain's servers: smtp.DOMAIN, then mail.DOMAIN.
[[nodiscard]] std::vector<settings::Smarthost> usual_servers(std::string_view domain);

/// The servers of SRV records: of _submissions (implicit TLS) before those of _submission (STARTTLS), as RFC 8314 5.1
/// has it.
[[nodiscard]] std::vector<settings::Smarthost> announced_servers(const std::vector<DnsRecord>& submissions,
                                                                 const std::vector<DnsRecord>& submission);

/// "smtp.example.com port 465 (implicit TLS)", printable.
[[nodiscard]] std::string shown(const settings::Smarthost& smarthost);

}  // namespace postern::setup
