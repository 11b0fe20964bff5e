// Private to net/: by which names a server is known that the DNS named (RFC 9525 6.1, RFC 7817 3, RFC 6186 6).
//
// Whoever can forge an answer of the DNS chooses the server. So a server's name from there proves nothing by itself:
// what the administrator wrote is the measure, the service and its domain. A certificate for the domain (DNS-ID) or for
// the service (SRV-ID, RFC 4985) is good for any server. A server's own name counts where it lies within the domain,
// whose owner alone gives such names (the example of RFC 9525 6.1.2, and what nearly every provider has), and where
// DNSSEC vouches for the answer. Everything else is for the administrator to confirm, with tls_name.
#pragma once

#include "base/service_name.h"
#include "net/dns.h"

#include <string>

namespace postern::net {

struct ServiceIdentity {
  std::string name;    ///< the certificate carries it; told to the server (SNI)
  std::string srv_id;  ///< or this SRV-ID, or its domain; empty: only the name will do

  friend bool operator==(const ServiceIdentity&, const ServiceIdentity&) = default;
};

/// `tls_name` as the settings have it; empty: they do not.
[[nodiscard]] ServiceIdentity identity_of(const ServiceName& service, const DnsRecord& server, bool proven,
                                          const std::string& tls_name);

}  // namespace postern::net
