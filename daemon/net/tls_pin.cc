#include "net/tls_pin.h"

#include "base/hash.h"
#include "base/text.h"

#include <openssl/evp.h>

#include <algorithm>
#include <string_view>

namespace postern::net {
namespace {

/// OpenSSL's i2d functions give the length, and memory that they allocate.
template <class Object>
std::string sha256_of_der(int (*i2d)(const Object*, unsigned char**), const Object* object) {
  unsigned char* der = nullptr;
  const int size = object == nullptr ? -1 : i2d(object, &der);
  if (size < 0) return {};
  Sha256 hash;
  hash.update(std::string_view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  return hex(hash.finish());
}

}  // namespace

std::string key_pin(X509* certificate) { return sha256_of_der(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(certificate)); }

std::string certificate_pin(X509* certificate) { return sha256_of_der(i2d_X509, certificate); }

std::string pin_words(X509* certificate) { return "the pin of its key is " + key_pin(certificate); }

int key_bits(const X509* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  return key == nullptr ? 0 : EVP_PKEY_get_security_bits(key);
}

bool is_pinned(const std::vector<std::string>& pins, X509* certificate) {
  const std::string key = key_pin(certificate);
  const std::string whole = certificate_pin(certificate);
  return std::ranges::any_of(pins,
                             [&](const std::string& pin) { return !pin.empty() && (pin == key || pin == whole); });
}

}  // namespace postern::net
