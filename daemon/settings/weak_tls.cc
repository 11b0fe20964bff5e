#include "settings/weak_tls.h"

namespace postern::settings {

std::string weak_tls_version(const Smarthost& smarthost) {
  if (smarthost.tls == relay::Tls::none || smarthost.tls_min_version >= net::TlsVersion::v1_2) return {};
  const std::string versions =
      smarthost.tls_min_version == net::TlsVersion::v1_0 ? "TLS 1.0 and 1.1 are" : "TLS 1.1 is";
  return "'tls_min_version' allows what is not safe any more: " + versions +
         " broken, and handshakes signed with SHA-1 and DH keys of 1024 bits are taken (RFC 8996); allow it for " +
         smarthost.host + " alone, and only until that is updated";
}

}  // namespace postern::settings
