#include "net/channel_binding.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace postern::net {
namespace {

constexpr std::size_t kExported = 32;

std::string text_of(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// RFC 9266 section 2: no context value, which in TLS 1.3 is the same as an empty one.
std::string tls_exporter(SSL* ssl) {
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  std::array<unsigned char, kExported> bytes{};
  if (SSL_export_keying_material(ssl, bytes.data(), bytes.size(), kLabel.data(), kLabel.size(), nullptr, 0, 0) != 1) {
    return {};
  }
  return text_of(bytes.data(), bytes.size());
}

/// RFC 5929 section 4.1: the hash of the certificate's own signature, but no weaker than SHA-256. Nothing where the
/// signature has none of its own (Ed25519).
std::string tls_server_end_point(SSL* ssl) {
  const X509* certificate = SSL_is_server(ssl) == 1 ? SSL_get_certificate(ssl) : SSL_get0_peer_certificate(ssl);
  int hash_id = NID_undef;
  if (certificate == nullptr ||
      X509_get_signature_info(const_cast<X509*>(certificate), &hash_id, nullptr, nullptr, nullptr) != 1) {
    return {};
  }
  if (hash_id == NID_md5 || hash_id == NID_sha1 || hash_id == NID_md5_sha1) hash_id = NID_sha256;
  const EVP_MD* hash = EVP_get_digestbynid(hash_id);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (hash == nullptr || X509_digest(certificate, hash, bytes.data(), &size) != 1) return {};
  return text_of(bytes.data(), size);
}

/// RFC 5929 section 3.1: the first Finished message of the handshake: the client's, or the server's if it was resumed.
std::string tls_unique(SSL* ssl) {
  const bool resumed = SSL_session_reused(ssl) == 1;
  const bool safe = SSL_ctrl(ssl, SSL_CTRL_GET_EXTMS_SUPPORT, 0, nullptr) == 1;
  if (resumed && !safe) return {};
  const bool ours_is_first = (SSL_is_server(ssl) == 1) == resumed;
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  const std::size_t size = ours_is_first ? SSL_get_finished(ssl, bytes.data(), bytes.size())
                                         : SSL_get_peer_finished(ssl, bytes.data(), bytes.size());
  return text_of(bytes.data(), std::min(size, bytes.size()));
}

struct Row {
  int version;
  std::string_view name;
  std::string (*make)(SSL*);
};

constexpr std::array kTable{
    Row{TLS1_3_VERSION, "tls-exporter", tls_exporter},
    Row{TLS1_3_VERSION, "tls-server-end-point", tls_server_end_point},
    Row{TLS1_2_VERSION, "tls-unique", tls_unique},
    Row{TLS1_2_VERSION, "tls-server-end-point", tls_server_end_point},
};

}  // namespace

std::vector<std::pair<std::string, std::string>> channel_bindings(SSL* ssl) {
  std::vector<std::pair<std::string, std::string>> bindings;
  for (const Row& row : kTable) {
    if (row.version != SSL_version(ssl)) continue;
    if (std::string bytes = row.make(ssl); !bytes.empty()) bindings.emplace_back(row.name, std::move(bytes));
  }
  return bindings;
}

}  // namespace postern::net
