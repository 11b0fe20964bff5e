// Private to net/: what a server is known by where an authority does not vouch for it (RFC 7469 2.4 for the form).
#pragma once

#include <openssl/x509.h>

#include <string>
#include <vector>

namespace postern::net {

/// SHA-256 of the public key (SPKI in DER), in lower-case hexadecimal digits. It stays when a certificate is renewed
/// with the same key. Empty: it could not be made.
[[nodiscard]] std::string key_pin(X509* certificate);
/// Of the whole certificate, likewise.
[[nodiscard]] std::string certificate_pin(X509* certificate);

/// For people, who may compare it with what the server's operator says: "the pin of its key is 0a1b...".
[[nodiscard]] std::string pin_words(X509* certificate);

/// How many bits of work its key stands for, as OpenSSL counts: RSA of 1024 has 80, of 2048 112.
[[nodiscard]] int key_bits(const X509* certificate);
inline constexpr int kLeastPinnedBits = 80;

/// It, or its key, is one of those.
[[nodiscard]] bool is_pinned(const std::vector<std::string>& pins, X509* certificate);

}  // namespace postern::net
