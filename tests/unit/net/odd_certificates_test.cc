// Certificates that a trusted authority signed and that are refused all the same (H26, H27, H29), and what TLS we do
// not speak (H31). By STARTTLS and implicit TLS alike: both are this handshake.
#include "net/tls_pin.h"
#include "tls_pair.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdio>

namespace postern::net {
namespace {

using testing::HasSubstr;
using Key = std::unique_ptr<EVP_PKEY, Freed<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<&X509_free>>;

Key elliptic_key() {
  std::string curve = "P-256";
  return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data()));
}

Key rsa_key(std::size_t bits) { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)); }

void name(X509* certificate, const std::string& common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, text,
                             static_cast<int>(common_name.size()), -1, 0);
}

Certificate blank(EVP_PKEY* key, const std::string& common_name) {
  static long serial = 1000;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24L * 3600);
  X509_set_pubkey(certificate.get(), key);
  name(certificate.get(), common_name);
  return certificate;
}

void add_alternative_name(X509* certificate, const std::string& bytes) {
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size()));
  GENERAL_NAME_set0_value(name, GEN_DNS, text);
  sk_GENERAL_NAME_push(names, name);
  X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0);
  GENERAL_NAMES_free(names);
}

void make_authority(X509* certificate) {
  BASIC_CONSTRAINTS* constraints = BASIC_CONSTRAINTS_new();
  constraints->ca = 1;
  X509_add1_ext_i2d(certificate, NID_basic_constraints, constraints, 1, 0);
  BASIC_CONSTRAINTS_free(constraints);
}

/// An authority that signs whatever it is given.
struct Careless {
  Key key = elliptic_key();
  Certificate certificate = blank(key.get(), "Careless Authority");
  std::string file = certificates().directory() + "/careless.pem";

  Careless() {
    make_authority(certificate.get());
    sign(certificate.get(), certificate.get(), key.get());
    std::FILE* out = std::fopen(file.c_str(), "w");
    PEM_write_X509(out, certificate.get());
    std::fclose(out);
  }

  static void sign(X509* subject, X509* issuer, EVP_PKEY* by, const EVP_MD* digest = EVP_sha256()) {
    X509_set_issuer_name(subject, X509_get_subject_name(issuer));
    ASSERT_GT(X509_sign(subject, by, digest), 0);
  }
};

/// What a server without scruples shows.
struct Shown {
  Key key = elliptic_key();
  Certificate certificate;
  std::vector<Certificate> chain;
};

std::string refusal(const Careless& authority, const Shown& shown, const std::string& expected = "localhost",
                    TlsClientOptions options = {}) {
  auto state = std::make_unique<TlsServer::State>();
  state->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = state->context.get();
  const auto server = std::make_shared<TlsServer>(std::move(state));
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_use_certificate(context, shown.certificate.get());
  SSL_CTX_use_PrivateKey(context, shown.key.get());
  for (const Certificate& link : shown.chain) SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 1, link.get());
  options.tls_ca_file = authority.file;
  options.tls_name = expected;
  Pair pair(*TlsClient::make(options), server);
  for (int i = 0; i < 10 && pair.agreed(); ++i) {
    pair.client_result = pair.client->handshake();
    carry(*pair.client, *pair.server, 4096);
    pair.server_result = pair.server->handshake();
    carry(*pair.server, *pair.client, 4096);
  }
  if (pair.client_result) return "accepted";
  EXPECT_FALSE(pair.client->info().verified);
  return pair.client_result.error().text;
}

Shown leaf(const Careless& authority, const std::string& alternative_name, const EVP_MD* digest = EVP_sha256()) {
  Shown shown;
  shown.certificate = blank(shown.key.get(), "localhost");
  add_alternative_name(shown.certificate.get(), alternative_name);
  Careless::sign(shown.certificate.get(), authority.certificate.get(), authority.key.get(), digest);
  return shown;
}

TEST(OddCertificates, AnOrdinaryOneOfTheSameMakingIsAccepted) {
  const Careless authority;
  EXPECT_EQ(refusal(authority, leaf(authority, "localhost")), "accepted");
}

TEST(OddCertificates, H26_H27_ANameThatEndsInANulOrIsNotOursIsRefused) {
  const Careless authority;
  for (const std::string& name : {std::string("localhost\0.evil.example", 23), std::string("localhost\0", 10),
                                  std::string("*.host"), std::string("*"), std::string("local*"), std::string()}) {
    EXPECT_NE(refusal(authority, leaf(authority, name)), "accepted") << name;
  }
  EXPECT_NE(refusal(authority, leaf(authority, "xn--mnchen-3ya.example"), "m\xC3\xBCnchen.example"), "accepted");
}

TEST(OddCertificates, H29AShortKeyIsRefused) {
  const Careless authority;
  Shown shown;
  shown.key = rsa_key(1024);
  shown.certificate = blank(shown.key.get(), "localhost");
  add_alternative_name(shown.certificate.get(), "localhost");
  Careless::sign(shown.certificate.get(), authority.certificate.get(), authority.key.get());
  EXPECT_THAT(refusal(authority, shown),
              HasSubstr("key too weak; the pin of its key is " + key_pin(shown.certificate.get())));
  for (const TlsVersion least : {TlsVersion::v1_0, TlsVersion::v1_1}) {
    TlsClientOptions options;
    options.tls_min_version = least;
    options.tls_ciphers = "DEFAULT:@SECLEVEL=0";
    EXPECT_THAT(refusal(authority, shown, "localhost", options), HasSubstr("key too weak"));
  }
}

TEST(OddCertificates, H29ASha1SignatureIsRefused) {
  const Careless authority;
  const Shown shown = leaf(authority, "localhost", EVP_sha1());
  EXPECT_THAT(refusal(authority, shown),
              HasSubstr("too weak; the pin of its key is " + key_pin(shown.certificate.get())));
}

TEST(OddCertificates, H29AMissingIntermediateIsRefused) {
  const Careless authority;
  Careless middle;
  middle.certificate = blank(middle.key.get(), "Middle");
  make_authority(middle.certificate.get());
  Careless::sign(middle.certificate.get(), authority.certificate.get(), authority.key.get());
  const Careless again;  // `middle` has written its own file in between
  Shown shown = leaf(middle, "localhost");
  EXPECT_THAT(refusal(again, shown), HasSubstr("is not trusted here"));
}

std::string refusal_of_chain(std::size_t length) {
  const Careless authority;
  Shown shown;
  X509* issuer = authority.certificate.get();
  Key issuer_key = elliptic_key();
  EVP_PKEY* by = authority.key.get();
  std::vector<Key> keys;
  for (std::size_t i = 0; i < length; ++i) {
    keys.push_back(elliptic_key());
    Certificate link = blank(keys.back().get(), "Link " + std::to_string(i));
    make_authority(link.get());
    Careless::sign(link.get(), issuer, by);
    by = keys.back().get();
    issuer = link.get();
    shown.chain.insert(shown.chain.begin(), std::move(link));
  }
  shown.certificate = blank(shown.key.get(), "localhost");
  add_alternative_name(shown.certificate.get(), "localhost");
  Careless::sign(shown.certificate.get(), issuer, by);
  return refusal(authority, shown);
}

TEST(OddCertificates, H29AVeryLongChainIsRefused) {
  EXPECT_EQ(refusal_of_chain(3), "accepted");
  EXPECT_NE(refusal_of_chain(100), "accepted");
}

TEST(OddCertificates, H29AVeryLargeOneIsRefused) {
  const Careless authority;
  Shown shown;
  shown.certificate = blank(shown.key.get(), "localhost");
  add_alternative_name(shown.certificate.get(), "localhost");
  ASN1_OCTET_STRING* bulk = ASN1_OCTET_STRING_new();
  const std::string million(1'000'000, 'x');
  ASN1_OCTET_STRING_set(bulk, reinterpret_cast<const unsigned char*>(million.data()), 1'000'000);
  X509_EXTENSION* extension = X509_EXTENSION_create_by_NID(nullptr, NID_netscape_comment, 0, bulk);
  X509_add_ext(shown.certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(bulk);
  Careless::sign(shown.certificate.get(), authority.certificate.get(), authority.key.get());
  EXPECT_THAT(refusal(authority, shown), HasSubstr("excessive message size"));
}

TEST(OddTls, H31NullAndExportCiphersAreNotSpoken) {
  const auto server = server_with({});
  SSL_CTX* context = server->state().context.get();
  SSL_CTX_set_security_level(context, 0);
  limit_to(server, TLS1_2_VERSION);
  ASSERT_EQ(SSL_CTX_set_cipher_list(context, "eNULL:aNULL"), 1);
  Pair pair(client_for("localhost"), server);
  for (int i = 0; i < 5 && pair.agreed(); ++i) {
    pair.client_result = pair.client->handshake();
    carry(*pair.client, *pair.server, 4096);
    pair.server_result = pair.server->handshake();
    carry(*pair.server, *pair.client, 4096);
  }
  EXPECT_FALSE(pair.agreed());
}

}  // namespace
}  // namespace postern::net
