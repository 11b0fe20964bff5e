#include "relay/tls_rules.h"

namespace postern::relay {

std::vector<std::string> tls_rules(const SmarthostOptions& smarthost) {
  std::vector<std::string> rules;
  if (smarthost.tls == Tls::none) return rules;
  if (!smarthost.tls_pin.empty()) {
    rules.emplace_back(
        "the server is known by its key (tls_pin), whatever its certificate says of name, authority and time");
  }
  if (smarthost.tls_min_version != net::TlsVersion::v1_2) {
    rules.push_back("TLS " + std::string(net::number_of(smarthost.tls_min_version)) + " or later (tls_min_version)");
  }
  if (!smarthost.tls_ciphers.empty()) {
    rules.push_back("ciphers up to TLS 1.2: " + smarthost.tls_ciphers + " (tls_ciphers)");
  }
  return rules;
}

std::string short_pinned_key(const SmarthostOptions& smarthost, const net::TlsInfo& tls) {
  constexpr int kSafe = 112;  // RSA of 2048 bits, what a certificate must have that authorities vouch for
  if (smarthost.tls_pin.empty() || tls.key_bits >= kSafe) return {};
  return "the server's key, which 'tls_pin' names, is too short to be safe (" + std::to_string(tls.key_bits) +
         " bits of strength, as RSA of 1024 bits has 80): who computes it is the server; its operator must make "
         "another";
}

}  // namespace postern::relay
