// What the settings say of TLS with one server: values alone.
#pragma once

#include <string>

namespace postern::net {

struct TlsClientOptions {
  std::string tls_ca_file;         ///< what is in it is trusted, server certificates too; empty: the system's store
  std::string tls_name;            ///< the name (or IP address) the certificate must carry, and SNI
  std::string client_certificate;  ///< PEM chain of our own, shown if the server asks (EXTERNAL); empty: none
  std::string client_key;          ///< its key, not encrypted, not open to others; empty: in client_certificate

  friend bool operator==(const TlsClientOptions&, const TlsClientOptions&) = default;
};

}  // namespace postern::net
