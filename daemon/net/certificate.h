// Private to net/: certificates in words, for errors and for `postern check`.
#pragma once

#include <openssl/x509.h>

#include <string>

namespace postern::net {

/// "CN=smtp.example.com,O=Example", printable.
[[nodiscard]] std::string name_text(const X509_NAME* name);
/// The last common name alone, printable; empty if there is none.
[[nodiscard]] std::string common_name(const X509_NAME* name);
/// RFC 3339; empty if the time makes no sense.
[[nodiscard]] std::string time_text(const ASN1_TIME* time);
/// The subject alternative names of type DNS and IP: "a.example, *.b.example, 192.0.2.1"; at most a few.
[[nodiscard]] std::string alternative_names(X509* certificate);
/// Why the verification under way failed, for a person, with what to do where that is known.
[[nodiscard]] std::string verify_failure(X509_STORE_CTX* store);

}  // namespace postern::net
