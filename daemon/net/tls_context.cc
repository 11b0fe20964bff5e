#include "net/tls_context.h"

#include "base/durable_file.h"
#include "base/network.h"
#include "base/secret.h"
#include "base/text.h"
#include "net/certificate.h"
#include "net/srv_id.h"
#include "net/tls_pin.h"
#include "net/tls_state.h"
#include "net/tls_strength.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include <array>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace postern::net {
namespace {

int client_state_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

const TlsClient::State* client_of(X509_STORE_CTX* store) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (ssl == nullptr) return nullptr;
  return static_cast<const TlsClient::State*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), client_state_slot()));
}

void remember_refusal(X509_STORE_CTX* store, const std::string& why) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* words = ssl == nullptr ? nullptr : static_cast<std::string*>(SSL_get_ex_data(ssl, verify_words_slot()));
  if (words != nullptr && words->empty()) *words = why;
}

/// Of a certificate that has none of the names: it is for the service that is looked for. OpenSSL knows no such names.
bool is_for_service(X509_STORE_CTX* store, const std::string& srv_id) {
  return X509_STORE_CTX_get_error(store) == X509_V_ERR_HOSTNAME_MISMATCH &&
         carries_srv_id(X509_STORE_CTX_get0_cert(store), srv_id) &&
         !is_name_constrained(X509_STORE_CTX_get0_chain(store));
}

/// Remembers why. It turns a refusal into an acceptance in one case alone: the name is a service's.
int remember_verify_failure(int good, X509_STORE_CTX* store) {
  if (good != 0) return good;
  const TlsClient::State* client = client_of(store);
  const bool by_service = client != nullptr && !client->srv_id.empty();
  if (by_service && is_for_service(store, client->srv_id)) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  std::string why = verify_failure(store);
  if (by_service && X509_STORE_CTX_get_error(store) == X509_V_ERR_HOSTNAME_MISMATCH) {
    why += " or the service " + client->srv_id +
           ": the DNS alone does not prove that another name is the right one; if it is, write it as 'tls_name'";
  }
  remember_refusal(store, why);
  return good;
}

/// In place of OpenSSL's verification: the key is all that counts, whoever vouches for it, for whichever name and time.
/// A key that anybody can break is nobody's.
int verify_by_pin(X509_STORE_CTX* store, void* argument) {
  const auto& state = *static_cast<const TlsClient::State*>(argument);
  X509* shown = X509_STORE_CTX_get0_cert(store);
  std::string why;
  if (shown == nullptr) {
    why = "the server shows no certificate";
  } else if (!is_pinned(state.pins, shown)) {
    why = "the server's key is none of tls_pin: " + pin_words(shown);
  } else if (key_bits(shown) < kLeastPinnedBits) {
    why = "the server's key is one of tls_pin, and too short to tell anything: who wants can compute it";
  }
  X509_STORE_CTX_set_error(store, why.empty() ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
  if (why.empty()) return 1;
  remember_refusal(store, why);
  return 0;
}

/// Called when a session can be resumed: at the end of a TLS 1.2 handshake, for every ticket in TLS 1.3. A session
/// is a proof that the peer was verified, so only those of verified peers are kept.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* state = static_cast<TlsClient::State*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), client_state_slot()));
  if (state == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return 0;
  state->sessions.keep(SslSession(session));
  return 1;
}

constexpr std::size_t kLargestKey = std::size_t{1} << 20U;  // with its certificates, if they are in the same file
constexpr int kDepth = 8;  // intermediate certificates; a chain is rarely longer than three

void harden(SSL_CTX* context) {
  SSL_CTX_set_verify_depth(context, kDepth);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

/// Of a file that the administrator has named every certificate is trusted for itself, also one that is no authority:
/// the server's own, or an intermediate one. Its name and its dates are checked like any other's.
Result<void> load_authorities(SSL_CTX* context, const std::string& ca_file) {
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
    return Error{Failure::tls, "cannot use the system's certificate store: " + tls_reason()};
  }
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return Error{Failure::tls, "cannot read certificates from " + ca_file + ": " + tls_reason()};
  }
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

/// OpenSSL would ask on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Error bad_file(const char* what, const std::string& path) {
  return Error{Failure::tls, std::string(what) + ' ' + printable(path) + ": " + tls_reason()};
}

std::string octal(mode_t mode) {
  constexpr unsigned kPermissions = 07777;
  std::string digits;
  for (unsigned rest = mode & kPermissions; rest != 0; rest /= 8) {
    digits.insert(digits.begin(), static_cast<char>('0' + rest % 8));
  }
  return '0' + digits;
}

enum class KeyMode { any, secret };

/// The rule of the settings for every file with a secret, which holds at each reading: the mode may have changed. It is
/// judged by what was read, since another file may have the name by now.
Result<Secret> read_key(const std::string& key_file, KeyMode mode) {
  struct stat status{};
  auto bytes = read_file(key_file, kLargestKey, &status);
  Secret key(bytes ? std::move(*bytes) : std::string());
  const std::string name = printable(key_file);
  if (mode == KeyMode::secret && (status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return Error{Failure::tls, "the client key file " + name + " is open to every user (mode " + octal(status.st_mode) +
                                   "); run: chmod o-rwx " + name};
  }
  if (!bytes) return Error{Failure::tls, "cannot read the key: " + bytes.error().text};
  return key;
}

bool use_key(SSL_CTX* context, const Secret& pem) {
  const std::string_view bytes = pem.reveal();
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> source(
      BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), &BIO_free_all);
  if (!source) return false;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr), &EVP_PKEY_free);
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

/// Our own certificate and key.
Result<void> load_own(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file,
                      KeyMode mode) {
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return bad_file("cannot read the certificate", certificate_file);
  }
  const auto key = read_key(key_file, mode);
  if (!key) return key.error();
  if (!use_key(context, *key)) {
    const unsigned long code = ERR_peek_error();
    const bool other = ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH;
    return other ? bad_file("this key is not that of the certificate:", key_file)
                 : bad_file("cannot read the key (it must not be encrypted)", key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) return bad_file("this key is not that of the certificate:", key_file);
  return {};
}

Result<void> load_client_certificate(SSL_CTX* context, const TlsClient::Options& options) {
  if (options.client_certificate.empty()) return {};
  const std::string& key = options.client_key.empty() ? options.client_certificate : options.client_key;
  return load_own(context, options.client_certificate, key, KeyMode::secret);
}

Result<void> ask_for_certificates(SSL_CTX* context, const std::string& ca_file) {
  if (ca_file.empty()) return {};
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(ca_file.c_str());
  if (names == nullptr) return bad_file("cannot read certificates from", ca_file);
  SSL_CTX_set_client_CA_list(context, names);
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return bad_file("cannot read certificates from", ca_file);
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, remember_verify_failure);
  return {};
}

Result<void> limit_versions(SSL_CTX* context, const std::string& versions) {
  if (versions.empty()) return {};
  const int version = versions == "TLSv1.3" ? TLS1_3_VERSION : versions == "TLSv1.2" ? TLS1_2_VERSION : 0;
  if (version == 0) return Error{Failure::tls, "not a version of TLS that is spoken here: " + printable(versions)};
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  return {};
}

/// RFC 9525 6.3: the subject alternative names only, and "*" only as a whole label.
bool set_expected_name(SSL_CTX* context, const TlsClient::State& state) {
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (state.name_is_address) return X509_VERIFY_PARAM_set1_ip_asc(parameters, state.name.c_str()) == 1;
  if (X509_VERIFY_PARAM_set1_host(parameters, state.name.c_str(), state.name.size()) != 1) return false;
  if (state.srv_id.empty()) return true;
  const std::string domain = domain_of_srv_id(state.srv_id);
  return X509_VERIFY_PARAM_add1_host(parameters, domain.c_str(), domain.size()) == 1;
}

/// By the pins, or by authorities and name.
Result<void> trust(SSL_CTX* context, const TlsClient::Options& options, TlsClient::State& state) {
  if (!state.pins.empty()) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, verify_by_pin, &state);
    return {};
  }
  if (auto loaded = load_authorities(context, options.tls_ca_file); !loaded) return loaded;
  if (!set_expected_name(context, state)) {
    return Error{Failure::tls, "cannot check certificates for the name " + printable(state.name)};
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, remember_verify_failure);
  return {};
}

}  // namespace

int verify_words_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

std::string tls_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown TLS error";
  if (ERR_GET_LIB(code) == ERR_LIB_SYS) return std::generic_category().message(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  std::string text = reason != nullptr ? reason : "TLS error " + std::to_string(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER) {
    text += " (the server does not speak TLS at this point: perhaps the port wants STARTTLS)";
  }
  return text;
}

Result<std::shared_ptr<TlsClient>> TlsClient::make(const Options& options, const std::string& srv_id) {
  ERR_clear_error();
  auto state = std::make_unique<State>();
  state->name = options.tls_name;
  if (state->name.ends_with('.')) state->name.pop_back();
  if (state->name.empty() || has_control(state->name)) {
    return Error{Failure::tls, "no name is known that the server's certificate must carry"};
  }
  state->name_is_address = parse_ip(state->name).has_value();
  state->srv_id = srv_id;
  state->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = state->context.get();
  if (context == nullptr) return Error{Failure::tls, "cannot set up TLS: " + tls_reason()};
  harden(context);
  if (auto applied = apply_strength(context, options); !applied) return applied.error();
  state->pins = options.tls_pin;
  if (auto trusts = trust(context, options, *state); !trusts) return trusts.error();
  if (auto loaded = load_client_certificate(context, options); !loaded) return loaded.error();
  SSL_CTX_set_ex_data(context, client_state_slot(), state.get());
  // A resumed session shows no certificate: not every server still knows then who the client is.
  if (options.client_certificate.empty()) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
  }
  state->certificate_file = options.client_certificate;
  auto client = std::make_shared<TlsClient>(std::move(state));
  if (auto valid = client->check_dates(); !valid) return valid.error();
  return client;
}

Result<void> TlsClient::check_dates() const {
  const X509* certificate = SSL_CTX_get0_certificate(state_->context.get());
  if (certificate == nullptr) return {};
  const ASN1_TIME* begins = X509_get0_notBefore(certificate);
  const ASN1_TIME* ends = X509_get0_notAfter(certificate);
  std::string wrong;
  if (X509_cmp_current_time(begins) > 0) wrong = "is not yet valid (not before " + time_text(begins);
  if (X509_cmp_current_time(ends) < 0) wrong = "has expired (not after " + time_text(ends);
  if (wrong.empty()) return {};
  return Error{Failure::tls, "our certificate " + printable(state_->certificate_file) + ' ' + wrong +
                                 "); or this machine's clock is wrong"};
}

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::~TlsClient() = default;

Result<std::shared_ptr<TlsServer>> TlsServer::make(const std::string& certificate_file, const std::string& key_file) {
  Options options;
  options.certificate_file = certificate_file;
  options.key_file = key_file;
  return make(options);
}

Result<std::shared_ptr<TlsServer>> TlsServer::make(const Options& options) {
  ERR_clear_error();
  auto state = std::make_unique<State>();
  state->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = state->context.get();
  if (context == nullptr) return Error{Failure::tls, "cannot set up TLS: " + tls_reason()};
  harden(context);
  apply_usual_strength(context);
  if (auto limited = limit_versions(context, options.versions); !limited) return limited.error();
  if (auto loaded = load_own(context, options.certificate_file, options.key_file, KeyMode::any); !loaded)
    return loaded.error();
  if (auto asks = ask_for_certificates(context, options.client_ca_file); !asks) return asks.error();
  constexpr std::array<unsigned char, 7> kSessionContext = {'p', 'o', 's', 't', 'e', 'r', 'n'};
  SSL_CTX_set_session_id_context(context, kSessionContext.data(), kSessionContext.size());
  return std::make_shared<TlsServer>(std::move(state));
}

TlsServer::TlsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsServer::~TlsServer() = default;

}  // namespace postern::net
