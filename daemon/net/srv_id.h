// Private to net/: certificates for a service of a domain, whichever server shows them (SRV-ID, RFC 4985).
#pragma once

#include <openssl/x509.h>

#include <string>
#include <string_view>

namespace postern::net {

/// Its alternative names have that one ("_submissions.example.com"), without case and wildcards (RFC 9525 6.3 allows
/// none in SRV-ID that we take).
[[nodiscard]] bool carries_srv_id(X509* certificate, std::string_view srv_id);

/// An authority of the chain may vouch for some names alone. OpenSSL holds it to that for host names and not for
/// SRV-ID, so a chain that has such a one proves no SRV-ID.
[[nodiscard]] bool is_name_constrained(const STACK_OF(X509) * chain);

/// "example.com" of "_submissions.example.com".
[[nodiscard]] std::string domain_of_srv_id(std::string_view srv_id);

}  // namespace postern::net
