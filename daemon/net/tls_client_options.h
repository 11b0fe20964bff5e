// What the settings say of TLS with one server: values alone.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::net {

/// In order.
enum class TlsVersion { v1_0, v1_1, v1_2, v1_3 };

struct NamedTlsVersion {
  std::string_view number;  ///< "1.2"
  TlsVersion version;
};
inline constexpr std::array<NamedTlsVersion, 4> kTlsVersions{
    {{"1.0", TlsVersion::v1_0}, {"1.1", TlsVersion::v1_1}, {"1.2", TlsVersion::v1_2}, {"1.3", TlsVersion::v1_3}}};
[[nodiscard]] constexpr std::string_view number_of(TlsVersion version) {
  return kTlsVersions.at(static_cast<std::size_t>(version)).number;
}

struct TlsClientOptions {
  std::string tls_ca_file;  ///< what is in it is trusted, server certificates too; empty: the system's store
  std::string tls_name;     ///< the name (or IP address) the certificate must carry, and SNI
  /// In place of chain, name and dates: the server is who has one of these keys or certificates. SHA-256 of a public
  /// key (SPKI) or of a whole certificate, both in DER, in 64 lower-case hexadecimal digits.
  std::vector<std::string> tls_pin;
  TlsVersion tls_min_version = TlsVersion::v1_2;
  std::string tls_ciphers;         ///< up to TLS 1.2, as openssl-ciphers(1) has them; empty: OpenSSL's own choice
  std::string client_certificate;  ///< PEM chain of our own, shown if the server asks (EXTERNAL); empty: none
  std::string client_key;          ///< its key, not encrypted, not open to others; empty: in client_certificate

  friend bool operator==(const TlsClientOptions&, const TlsClientOptions&) = default;
};

}  // namespace postern::net
