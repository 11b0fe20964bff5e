// Certificates made on the spot, for tests of TLS; in PEM files of a scratch directory.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace postern::test {

struct CertificateOptions {
  std::vector<std::string> names{
      "localhost"};                      ///< subject alternative names: DNS names, IP addresses, SRV-IDs ("SRV:...")
  std::chrono::seconds begins{-3600};    ///< from now
  std::chrono::seconds ends{24 * 3600};  ///< from now
  bool self_signed = false;              ///< else signed by the authority
  std::size_t rsa_bits = 0;              ///< 0: a key on the curve P-256
};

/// One authority for the lifetime of the object, which owns its directory.
class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  struct Files {
    std::string certificate;
    std::string key;
  };
  [[nodiscard]] std::string ca_file() const;
  [[nodiscard]] Files make(const std::string& name, const CertificateOptions& options = {});
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  struct Authority;
  std::string directory_;
  Authority* authority_;
};

}  // namespace postern::test
