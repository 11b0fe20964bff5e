// A CA of its own and a server certificate, made once in a directory: ca.pem for the client's tls_ca_file, cert.pem
// and key.pem for the server.
#pragma once

#include "base/result.h"

#include <string>

namespace postern::practice {

struct CertificateFiles {
  std::string ca;
  std::string certificate;
  std::string key;
};

/// Keeps what is there. The certificate carries localhost, 127.0.0.1, ::1 and `name`, and ends `days` from now (a
/// negative number makes one that has expired). Failures: io, tls.
Result<CertificateFiles> make_certificates(const std::string& directory, const std::string& name, long days);

}  // namespace postern::practice
