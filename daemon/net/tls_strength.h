// Private to net/: how strong TLS with a smarthost must be, by its settings.
#pragma once

#include "base/result.h"
#include "net/tls_client_options.h"

#include <openssl/ssl.h>

#include <string>
#include <vector>

namespace postern::net {

/// RSA and DH of 2048 bits, no SHA-1; whatever the system's openssl.cnf says.
inline constexpr int kSecurityLevel = 2;

/// Sets versions, ciphers and level of a fresh context. A level that the ciphers name goes before ours. Whatever they
/// say, a server without a certificate is none, nor is one without encryption, and certificates that authorities vouch
/// for are as strong as ever. Failure: tls (OpenSSL knows none of the ciphers).
[[nodiscard]] Result<void> apply_strength(SSL_CTX* context, const TlsClientOptions& options);

/// Of a server, whose settings say nothing of it: TLS 1.2 and later, at that level.
void apply_usual_strength(SSL_CTX* context);

/// The ciphers that a client of this context would really offer whose keys have less than so many bits.
[[nodiscard]] std::vector<std::string> offered_below(SSL_CTX* context, int bits);

}  // namespace postern::net
