#include "net/tls_pin.h"

#include "net/tls_strength.h"
#include "net/weak_ciphers.h"
#include "tls_pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <string_view>

namespace postern::net {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A server and what it can be known by.
struct PinnedServer {
  test::Certificates::Files files;
  std::shared_ptr<TlsServer> server;
  std::string key;
  std::string certificate;

  explicit PinnedServer(const CertificateOptions& options) : files(certificates().make("server", options)) {
    server = *TlsServer::make(files.certificate, files.key);
    X509* shown = SSL_CTX_get0_certificate(server->state().context.get());
    key = key_pin(shown);
    certificate = certificate_pin(shown);
  }
};

CertificateOptions self_signed() {
  CertificateOptions options;
  options.self_signed = true;
  return options;
}

std::shared_ptr<TlsClient> client_by(const TlsClientOptions& options) { return *TlsClient::make(options); }

TlsClientOptions pinned(std::vector<std::string> pins) {
  TlsClientOptions options;
  options.tls_name = "smtp.example.com";
  options.tls_pin = std::move(pins);
  return options;
}

/// Made by openssl req -x509, and these are the digits that openssl(1) prints for it: of its key as postern.yaml(5)
/// says, and of itself by x509 -fingerprint -sha256.
constexpr std::string_view kCertificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBjTCCATOgAwIBAgIUZIjTri5UbjkBhRFM6EsfdnH1z4gwCgYIKoZIzj0EAwIw\n"
    "GzEZMBcGA1UEAwwQc210cC5leGFtcGxlLmNvbTAgFw0yNjExMzAwMjU2MTVaGA8y\n"
    "MTI2MTEwNjAyNTYxNVowGzEZMBcGA1UEAwwQc210cC5leGFtcGxlLmNvbTBZMBMG\n"
    "ByqGSM49AgEGCCqGSM49AwEHA0IABNZ7neudHiRRsOkmOBKLhFSVx9/8DcN/Xp8+\n"
    "DyA4GDslOspNzQTyGuyWHs9rYmWEaLOJdxy9ZwLinNh5lrgi4vWjUzBRMB0GA1Ud\n"
    "DgQWBBSaMrh6nIzaEKWhBPwfOx31JBYKFTAfBgNVHSMEGDAWgBSaMrh6nIzaEKWh\n"
    "BPwfOx31JBYKFTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQC7\n"
    "+RHnKVczEmsWsoFOtx9QFaf/xATpsb86oUsDmykNxAIgc5qUUrhpbaZ8Du4AHk7x\n"
    "nBG4VYwQfvqH6VTuJkQHuew=\n"
    "-----END CERTIFICATE-----\n";
constexpr const char* kPinOfItsKey = "0cc598e0e33be830df3a6438b0b56c9cd5fabbb43db72853d64bbcf8c375f27d";
constexpr const char* kPinOfItself = "122f90c2b38a113e8cdf17787ecf171781cdfb21b26005156d6fef56525c626c";

TEST(TlsPin, IsWhatOpensslPrints) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> source(
      BIO_new_mem_buf(kCertificate.data(), static_cast<int>(kCertificate.size())), &BIO_free_all);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr), &X509_free);
  ASSERT_TRUE(certificate);
  EXPECT_EQ(key_pin(certificate.get()), kPinOfItsKey);
  EXPECT_EQ(certificate_pin(certificate.get()), kPinOfItself);
  EXPECT_EQ(key_bits(certificate.get()), 128);
}

TEST(TlsPin, StandsInPlaceOfAuthorityNameAndDates) {
  CertificateOptions bad = self_signed();
  bad.names = {"other.example"};
  bad.begins = std::chrono::seconds(-7200);
  bad.ends = std::chrono::seconds(-3600);
  const PinnedServer server(bad);
  for (const std::string& pin : {server.key, server.certificate}) {
    Pair pair(client_by(pinned({std::string(64, '0'), pin})), server.server);
    pair.shake();
    ASSERT_TRUE(pair.agreed()) << pair.client_result.error().text;
    EXPECT_TRUE(pair.client->info().verified);
    EXPECT_EQ(pair.client->info().pin, server.key);
  }
}

TEST(TlsPin, RefusesEveryOtherServerWhoeverVouchesForIt) {
  CertificateOptions good;
  good.names = {"smtp.example.com"};
  const PinnedServer server(good);
  TlsClientOptions options = pinned({std::string(64, 'a')});
  options.tls_ca_file = certificates().ca_file();
  const auto client = client_by(options);
  Pair pair(client, server.server);
  pair.shake();
  ASSERT_FALSE(pair.client_result.has_value());
  EXPECT_EQ(pair.client_result.error().failure, Failure::tls);
  EXPECT_EQ(pair.client_result.error().text,
            "certificate verify failed: the server's key is none of tls_pin: the pin of its key is " + server.key);
  EXPECT_FALSE(pair.client->info().verified);
}

TEST(TlsPin, IsToldWithTheRefusalOfTheServerThatHasIt) {
  const PinnedServer itself((self_signed()));
  Pair refused(client_for("localhost"), itself.server);
  refused.shake();
  ASSERT_FALSE(refused.client_result.has_value());
  EXPECT_THAT(refused.client_result.error().text, EndsWith("; the pin of its key is " + itself.key));
  CertificateOptions other;
  other.names = {"other.example"};
  const PinnedServer vouched(other);
  Pair misnamed(client_for("localhost"), vouched.server);
  misnamed.shake();
  ASSERT_FALSE(misnamed.client_result.has_value());
  EXPECT_THAT(misnamed.client_result.error().text, Not(HasSubstr("pin"))) << "somebody vouches for it, to another name";
}

TEST(TlsPin, OfAKeyThatAnybodyCanComputeIsNone) {
  for (const std::size_t bits : {512U, 1024U, 2048U}) {
    CertificateOptions options = self_signed();
    options.rsa_bits = bits;
    const auto files = certificates().make("rsa", options);
    // The server's own rules would not let it have such a key.
    const auto server = server_with({});
    SSL_CTX* context = server->state().context.get();
    SSL_CTX_set_security_level(context, 0);
    ASSERT_EQ(SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()), 1);
    ASSERT_EQ(SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM), 1);
    SSL_CTX_set_cipher_list(context, "aRSA");
    limit_to(server, TLS1_2_VERSION);
    X509* shown = SSL_CTX_get0_certificate(context);
    Pair pair(client_by(pinned({key_pin(shown)})), server);
    pair.shake();
    EXPECT_EQ(pair.agreed(), bits > 512) << bits << ": " << (pair.client_result ? "" : pair.client_result.error().text)
                                         << (pair.server_result ? "" : pair.server_result.error().text);
    if (bits == 512) {
      EXPECT_THAT(pair.client_result.error().text, HasSubstr("too short to tell anything"));
    } else {
      EXPECT_EQ(pair.client->info().key_bits, bits == 1024 ? 80 : 112);
    }
  }
}

TEST(TlsPin, HoldsForAResumedSession) {
  const PinnedServer server((self_signed()));
  const auto client = client_by(pinned({server.key}));
  for (const bool resumed : {false, true}) {
    Pair pair(client, server.server);
    pair.shake();
    ASSERT_TRUE(pair.agreed());
    EXPECT_EQ(pair.client->info().resumed, resumed);
    EXPECT_TRUE(pair.client->info().verified);
  }
}

TEST(TlsPin, IsNotTheEmptyText) {
  const PinnedServer server((self_signed()));
  X509* shown = SSL_CTX_get0_certificate(server.server->state().context.get());
  EXPECT_FALSE(is_pinned({""}, shown));
  EXPECT_FALSE(is_pinned({}, shown));
  EXPECT_TRUE(is_pinned({"", server.key}, shown));
}

/// A server that speaks one version alone, and what a client says of it.
Result<std::string> spoken_with(int version, TlsClientOptions options, const char* signatures = nullptr) {
  const auto server = server_with({});
  SSL_CTX* context = server->state().context.get();
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  if (signatures != nullptr) SSL_CTX_set1_sigalgs_list(context, signatures);
  options.tls_ca_file = certificates().ca_file();
  options.tls_name = "localhost";
  Pair pair(client_by(options), server);
  pair.shake();
  if (!pair.client_result) return pair.client_result.error();
  if (!pair.server_result) return pair.server_result.error();
  return pair.client->info().version;
}

TlsClientOptions strength(TlsVersion least, const std::string& ciphers = {}) {
  TlsClientOptions options;
  options.tls_min_version = least;
  options.tls_ciphers = ciphers;
  return options;
}

TEST(OldTls, IsSpokenWhereItIsAllowedAndNowhereElseWhateverTheCiphersSay) {
  struct Row {
    int server;
    TlsVersion least;
    std::string spoken;  ///< empty: no connection
  };
  const std::vector<Row> rows{
      {TLS1_VERSION, TlsVersion::v1_0, "TLSv1"},     {TLS1_1_VERSION, TlsVersion::v1_0, "TLSv1.1"},
      {TLS1_1_VERSION, TlsVersion::v1_1, "TLSv1.1"}, {TLS1_2_VERSION, TlsVersion::v1_0, "TLSv1.2"},
      {TLS1_VERSION, TlsVersion::v1_1, ""},          {TLS1_1_VERSION, TlsVersion::v1_2, ""},
      {TLS1_2_VERSION, TlsVersion::v1_3, ""},        {TLS1_3_VERSION, TlsVersion::v1_3, "TLSv1.3"}};
  for (const std::string ciphers :
       {"", "DEFAULT:@SECLEVEL=0", "DEFAULT:@SECLEVEL=1", "DEFAULT:@SECLEVEL=2", "ALL:@STRENGTH"}) {
    for (const Row& row : rows) {
      const auto spoken = spoken_with(row.server, strength(row.least, ciphers));
      EXPECT_EQ(spoken ? *spoken : std::string(), row.spoken) << ciphers << (spoken ? "" : spoken.error().text);
    }
  }
}

// The advice about them says so.
TEST(OldTls, SignaturesWithSha1AreTakenWhereItIsAllowed) {
  for (const TlsVersion least : {TlsVersion::v1_2, TlsVersion::v1_1}) {
    for (const std::string ciphers : {"", "DEFAULT:@SECLEVEL=1"}) {
      EXPECT_EQ(spoken_with(TLS1_2_VERSION, strength(least, ciphers), "ECDSA+SHA1").has_value(),
                least == TlsVersion::v1_1)
          << ciphers;
    }
  }
}

TEST(OldTls, OffersNoCipherWithoutAKeyOrACertificateWhateverTheListSays) {
  for (const TlsVersion least : {TlsVersion::v1_0, TlsVersion::v1_2}) {
    TlsClientOptions options = strength(least, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    options.tls_name = "localhost";
    const auto client = client_by(options);
    const SslHandle ssl(SSL_new(client->state().context.get()));
    STACK_OF(SSL_CIPHER)* offered = SSL_get1_supported_ciphers(ssl.get());
    ASSERT_GT(sk_SSL_CIPHER_num(offered), 10);
    for (int i = 0; i < sk_SSL_CIPHER_num(offered); ++i) {
      const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(offered, i);
      EXPECT_NE(SSL_CIPHER_get_auth_nid(cipher), NID_auth_null) << SSL_CIPHER_get_name(cipher);
      EXPECT_NE(SSL_CIPHER_get_cipher_nid(cipher), NID_undef) << SSL_CIPHER_get_name(cipher);
    }
    sk_SSL_CIPHER_free(offered);
  }
}

/// Parameters for DH with a prime of RFC 2409 or RFC 3526.
EVP_PKEY* dh_parameters(BIGNUM* prime) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> p(prime, &BN_free);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> g(BN_new(), &BN_free);
  BN_set_word(g.get(), 2);
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> build(OSSL_PARAM_BLD_new(),
                                                                              &OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_FFC_P, p.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_FFC_G, g.get());
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> values(OSSL_PARAM_BLD_to_param(build.get()),
                                                                       &OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(
      EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(maker.get()) == 1) {
    EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_KEY_PARAMETERS, values.get());
  }
  return made;
}

/// What becomes of a handshake with a server that has DH of such a size alone; empty: all is well.
std::string said_of_dh(BIGNUM* prime, TlsClientOptions options) {
  CertificateOptions rsa;
  rsa.rsa_bits = 2048;
  const auto server = server_with(rsa);
  SSL_CTX* context = server->state().context.get();
  // Even level 0 has no DH of 768 bits.
  SSL_CTX_set_security_callback(context, [](const SSL*, const SSL_CTX*, int, int, int, void*, void*) { return 1; });
  limit_to(server, TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_set_cipher_list(context, "kDHE+aRSA"), 1);
  EXPECT_EQ(SSL_CTX_set0_tmp_dh_pkey(context, dh_parameters(prime)), 1);
  options.tls_ca_file = certificates().ca_file();
  options.tls_name = "localhost";
  Pair pair(client_by(options), server);
  pair.shake();
  if (!pair.client_result) return pair.client_result.error().text;
  return pair.server_result ? std::string() : pair.server_result.error().text;
}

TEST(OldTls, TakesDhKeysThatAreAsLongAsTheLevelSaysInEveryVersion) {
  struct Row {
    TlsVersion least;
    std::string ciphers;
    int shortest;  ///< bits that are taken, of 768, 1024 and 2048
  };
  const std::vector<Row> rows{{TlsVersion::v1_2, "", 2048},
                              {TlsVersion::v1_2, "DEFAULT:@SECLEVEL=1", 1024},
                              {TlsVersion::v1_1, "", 1024},
                              {TlsVersion::v1_0, "", 1024},
                              {TlsVersion::v1_0, "DEFAULT:@SECLEVEL=1", 1024},
                              {TlsVersion::v1_0, "DEFAULT:@SECLEVEL=2", 2048}};
  for (const Row& row : rows) {
    for (const auto& [bits, prime] :
         {std::pair(768, &BN_get_rfc2409_prime_768), std::pair(1024, &BN_get_rfc2409_prime_1024),
          std::pair(2048, &BN_get_rfc3526_prime_2048)}) {
      const std::string said = said_of_dh(prime(nullptr), strength(row.least, row.ciphers));
      if (bits >= row.shortest) {
        EXPECT_EQ(said, "") << bits << ' ' << row.ciphers;
      } else {
        EXPECT_THAT(said, HasSubstr("dh key too small")) << bits << ' ' << row.ciphers;
      }
    }
  }
}

TEST(OldTls, CiphersAreThoseThatAreListed) {
  TlsClientOptions options;
  options.tls_ciphers = "ECDHE+AES128:!SHA1";
  EXPECT_TRUE(spoken_with(TLS1_2_VERSION, options));
  options.tls_name = "localhost";
  options.tls_ciphers = "NO-SUCH-CIPHER";
  const auto none = TlsClient::make(options);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().text, HasSubstr("tls_ciphers: OpenSSL knows none of NO-SUCH-CIPHER"));
  options.tls_ciphers = "NO-SUCH apikey:hunter2";
  EXPECT_THAT(TlsClient::make(options).error().text, HasSubstr("knows none of NO-SUCH...: "));
  options.tls_ciphers = "@SECLEVEL=1";
  EXPECT_THAT(TlsClient::make(options).error().text, HasSubstr("write DEFAULT before it"));
  options.tls_ciphers = "aNULL";
  EXPECT_FALSE(TlsClient::make(options)) << "a server without a certificate is none";
  options.tls_ciphers = "eNULL";
  EXPECT_FALSE(TlsClient::make(options)) << "nor is one without encryption";
  for (const auto& [ciphers, level] : {std::pair("", 2), std::pair("DEFAULT:@SECLEVEL=1", 1)}) {
    options.tls_ciphers = ciphers;
    const auto client = TlsClient::make(options);
    ASSERT_TRUE(client);
    EXPECT_EQ(SSL_CTX_get_security_level((*client)->state().context.get()), level);
  }
}

TEST(WeakCiphers, AreThoseOfTooFewBitsThatWouldBeOffered) {
  TlsClientOptions options = strength(TlsVersion::v1_2, "ECDHE+AES128:ECDHE+AES256");
  options.tls_name = "localhost";
  const auto client = client_by(options);
  SSL_CTX* context = client->state().context.get();
  EXPECT_THAT(offered_below(context, 128), IsEmpty());
  const std::vector<std::string> below = offered_below(context, 256);
  EXPECT_THAT(below, testing::Contains("ECDHE-RSA-AES128-GCM-SHA256"));
  EXPECT_THAT(below, testing::Each(Not(HasSubstr("AES256"))));
}

TEST(WeakCiphers, AreJudgedByWhatOpenSslMakesOfThem) {
  for (const char* ciphers :
       {"", "DEFAULT", "DEFAULT:!RC4:-3DES:!MD5:+AES", "ECDHE-RSA-AES256-GCM-SHA384, ECDHE+CHACHA20", "ALL:aNULL:eNULL",
        "DEFAULT:@SECLEVEL=2", "DEFAULT@STRENGTH"}) {
    EXPECT_THAT(weak_ciphers(strength(TlsVersion::v1_2, ciphers)), IsEmpty()) << ciphers;
  }
  for (const char* ciphers : {"DEFAULT:@SECLEVEL=1", "DEFAULT@SECLEVEL=1", "ALL@SECLEVEL=1:!RC4:!3DES:!DES:!MD5"}) {
    EXPECT_THAT(weak_ciphers(strength(TlsVersion::v1_2, ciphers)),
                ElementsAre("'tls_ciphers' allows DH keys of 1024 bits, which can be broken (@SECLEVEL=1)"))
        << ciphers;
    EXPECT_THAT(weak_ciphers(strength(TlsVersion::v1_0, ciphers)), IsEmpty()) << "tls_min_version says it already";
  }
  EXPECT_THAT(weak_ciphers(strength(TlsVersion::v1_2, "DEFAULT@SECLEVEL=0")),
              ElementsAre("'tls_ciphers' allows DH keys of 1024 bits and handshakes signed with SHA-1, which can be "
                          "broken (@SECLEVEL=0)"));
  EXPECT_THAT(weak_ciphers(strength(TlsVersion::v1_2, "DEFAULT:NO-SUCH:!NOR-THIS:ECDHE+AES:ALSO+NOT")),
              ElementsAre("'tls_ciphers' names what OpenSSL has no cipher for here: NO-SUCH, ALSO+NOT"));
  EXPECT_THAT(weak_ciphers(strength(TlsVersion::v1_2, "ECDHE+AES:DEFAULT")),
              ElementsAre("'tls_ciphers' names what OpenSSL has no cipher for here: DEFAULT"));
  EXPECT_THAT(weak_ciphers(strength(TlsVersion::v1_3, "DEFAULT")), ElementsAre(HasSubstr("has no effect")));
  EXPECT_THAT(weak_ciphers(strength(TlsVersion::v1_2, "NO-SUCH")), IsEmpty()) << "no client is made of it";
}

}  // namespace
}  // namespace postern::net
