// Private to net/: what both ends of a TLS channel know and nobody in between (RFC 5056).
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::net {

/// As (name, bytes), best first; after the handshake, on either side. TLS 1.3: tls-exporter (RFC 9266), and
/// tls-server-end-point (RFC 5929 section 4) for a server that knows no better. TLS 1.2: tls-unique (RFC 5929
/// section 3), which RFC 5802 section 6.1 asks of every server, but on a resumed session only with the extended master
/// secret (RFC 7627); then tls-server-end-point.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> channel_bindings(SSL* ssl);

}  // namespace postern::net
