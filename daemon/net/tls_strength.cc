#include "net/tls_strength.h"

#include "base/text.h"
#include "net/ssl_handles.h"
#include "net/tls_state.h"
#include "net/weak_ciphers.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace postern::net {
namespace {

constexpr int kOldLevel = 1;           // 80 bits: DH of 1024, for old servers
constexpr int kOldSignatureBits = 64;  // SHA-1, which is all that TLS 1.0 and 1.1 have (RFC 4346 7.4.3)
constexpr int kStrongBits = 128;       // of a cipher's key; what OpenSSL counts less is broken or nearly so

using Rule = int (*)(const SSL*, const SSL_CTX*, int, int, int, void*, void*);

/// OpenSSL's own, which has no name that could be called: each new context has it.
Rule usual_rule() {
  static const Rule rule = [] {
    const SslContext fresh(SSL_CTX_new(TLS_client_method()));
    return fresh ? SSL_CTX_get_security_callback(fresh.get()) : nullptr;
  }();
  return rule;
}

/// OpenSSL has TLS 1.0 and 1.1 at level 0 alone, where all else is allowed, too. Here they, and the signatures that
/// they are defined with, are allowed at every level; the rest is as strong as the level says.
int allow_old_versions(const SSL* ssl, const SSL_CTX* context, int operation, int bits, int nid, void* other,
                       void* argument) {
  if (operation == SSL_SECOP_VERSION) return 1;
  const bool signature = (static_cast<unsigned>(operation) & SSL_SECOP_OTHER_TYPE) == SSL_SECOP_OTHER_SIGALG;
  if (signature && bits >= kOldSignatureBits) return 1;
  const Rule usual = usual_rule();
  return usual == nullptr ? 0 : usual(ssl, context, operation, bits, nid, other, argument);
}

int protocol_of(TlsVersion version) {
  switch (version) {
    case TlsVersion::v1_0: return TLS1_VERSION;
    case TlsVersion::v1_1: return TLS1_1_VERSION;
    case TlsVersion::v1_2: return TLS1_2_VERSION;
    case TlsVersion::v1_3: break;
  }
  return TLS1_3_VERSION;
}

/// Unless the ciphers name another one.
int least_level(const TlsClientOptions& options) {
  return options.tls_min_version < TlsVersion::v1_2 ? kOldLevel : kSecurityLevel;
}

bool adds_something(std::string_view item) {
  return !item.empty() && std::string_view("!-+@").find(item.front()) == std::string_view::npos;
}

/// Those items of a list that add something, and to which OpenSSL has nothing: it passes over them without a word. So
/// it does with DEFAULT that is not at the beginning.
std::vector<std::string> unknown_items(SSL_CTX* scratch, std::string_view ciphers) {
  std::vector<std::string> unknown;
  const std::size_t whole = ciphers.size();
  while (!ciphers.empty()) {
    const std::size_t end = std::min(ciphers.find_first_of(":,; "), ciphers.size());
    const std::string item(ciphers.substr(0, end));
    const bool late = ciphers.size() < whole && item.starts_with("DEFAULT");
    ciphers.remove_prefix(std::min(end + 1, ciphers.size()));
    if (adds_something(item) && (late || SSL_CTX_set_cipher_list(scratch, item.c_str()) != 1)) unknown.push_back(item);
  }
  ERR_clear_error();
  return unknown;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

}  // namespace

void apply_usual_strength(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

Result<void> apply_strength(SSL_CTX* context, const TlsClientOptions& options) {
  SSL_CTX_set_min_proto_version(context, protocol_of(options.tls_min_version));
  X509_VERIFY_PARAM_set_auth_level(SSL_CTX_get0_param(context), kSecurityLevel);
  SSL_CTX_set_security_level(context, least_level(options));
  if (options.tls_min_version < TlsVersion::v1_2) SSL_CTX_set_security_callback(context, allow_old_versions);
  const std::string ciphers = (options.tls_ciphers.empty() ? "DEFAULT" : options.tls_ciphers) + ":!aNULL:!eNULL";
  if (SSL_CTX_set_cipher_list(context, ciphers.c_str()) == 1) return {};
  const std::string remedy = adds_something(options.tls_ciphers) ? "" : " (write DEFAULT before it)";
  // Behind the first what was meant for another key may follow, a password too.
  const std::size_t end = std::min(options.tls_ciphers.find_first_of(" :,"), options.tls_ciphers.size());
  const std::string first = options.tls_ciphers.substr(0, end) + (end == options.tls_ciphers.size() ? "" : "...");
  return Error{Failure::tls, "tls_ciphers: OpenSSL knows none of " + printable(first) + remedy + ": " + tls_reason()};
}

std::vector<std::string> offered_below(SSL_CTX* context, int bits) {
  std::vector<std::string> below;
  const SslHandle ssl(SSL_new(context));
  if (!ssl) return below;
  const std::unique_ptr<STACK_OF(SSL_CIPHER), void (*)(STACK_OF(SSL_CIPHER)*)> offered(
      SSL_get1_supported_ciphers(ssl.get()), [](STACK_OF(SSL_CIPHER) * stack) { sk_SSL_CIPHER_free(stack); });
  for (int i = 0; offered && i < sk_SSL_CIPHER_num(offered.get()); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(offered.get(), i);
    if (SSL_CIPHER_get_bits(cipher, nullptr) < bits) below.emplace_back(SSL_CIPHER_get_name(cipher));
  }
  return below;
}

std::vector<std::string> weak_ciphers(const TlsClientOptions& options) {
  std::vector<std::string> said;
  if (options.tls_ciphers.empty()) return said;
  const SslContext context(SSL_CTX_new(TLS_client_method()));
  const SslContext scratch(SSL_CTX_new(TLS_client_method()));
  if (!context || !scratch || !apply_strength(context.get(), options)) return said;
  if (options.tls_min_version == TlsVersion::v1_3) {
    said.emplace_back("'tls_ciphers' has no effect: it is about TLS 1.2 and before, and 'tls_min_version' is 1.3");
    return said;
  }
  if (const auto unknown = unknown_items(scratch.get(), options.tls_ciphers); !unknown.empty()) {
    said.push_back("'tls_ciphers' names what OpenSSL has no cipher for here: " + joined(unknown));
  }
  const int level = SSL_CTX_get_security_level(context.get());
  if (level < least_level(options)) {
    said.push_back("'tls_ciphers' allows DH keys of 1024 bits" +
                   std::string(level < kOldLevel ? " and handshakes signed with SHA-1" : "") +
                   ", which can be broken (@SECLEVEL=" + std::to_string(level) + ")");
  }
  if (const auto weak = offered_below(context.get(), kStrongBits); !weak.empty()) {
    said.push_back("'tls_ciphers' allows ciphers that can be broken: " + joined(weak));
  }
  return said;
}

}  // namespace postern::net
