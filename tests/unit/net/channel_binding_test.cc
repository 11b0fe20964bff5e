// Channel bindings (RFC 5929, RFC 9266): both ends come to the same bytes, and every channel to others.
#include "net/channel_binding.h"

#include "net/fresh_tls_client.h"
#include "tls_pair.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace postern::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Bindings = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> names(const Bindings& bindings) {
  std::vector<std::string> result;
  for (const auto& [name, bytes] : bindings) result.push_back(name);
  return result;
}

std::string bytes_of(const Bindings& bindings, const std::string& name) {
  for (const auto& [each, bytes] : bindings) {
    if (each == name) return bytes;
  }
  return {};
}

TEST(ChannelBinding, IsTheSameOnBothSidesAndAnotherOnEveryChannel) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto client = client_for("localhost");
    const auto server = server_with({});
    limit_to(server, version);
    const std::string unique = version == TLS1_3_VERSION ? "tls-exporter" : "tls-unique";
    std::set<std::string> seen;
    std::set<std::string> end_points;
    for (int i = 0; i < 4; ++i) {
      SCOPED_TRACE(unique + " " + std::to_string(i));
      Pair pair(client, server);
      pair.shake();
      ASSERT_TRUE(pair.agreed());
      EXPECT_EQ(pair.client->info().resumed, i > 0);
      EXPECT_EQ(pair.server->info().resumed, i > 0);
      const Bindings& bindings = pair.client->info().bindings;
      EXPECT_EQ(bindings, pair.server->info().bindings);
      seen.insert(bytes_of(bindings, unique));
      end_points.insert(bytes_of(bindings, "tls-server-end-point"));
      pair.client->close();
    }
    EXPECT_EQ(seen.size(), 4U);
    EXPECT_EQ(end_points.size(), 1U);
    EXPECT_FALSE(seen.contains(""));
    EXPECT_FALSE(end_points.contains(""));
  }
}

TEST(ChannelBinding, ComesInTheOrderOfPreferenceWithItsLengths) {
  const auto server = server_with({});
  Pair newer(client_for("localhost"), server);
  newer.shake();
  const Bindings& bindings = newer.client->info().bindings;
  EXPECT_THAT(names(bindings), ElementsAre("tls-exporter", "tls-server-end-point"));
  EXPECT_EQ(bindings[0].second.size(), 32U);
  limit_to(server, TLS1_2_VERSION);
  Pair older(client_for("localhost"), server);
  older.shake();
  EXPECT_THAT(names(older.client->info().bindings), ElementsAre("tls-unique", "tls-server-end-point"));
  EXPECT_EQ(older.client->info().bindings[0].second.size(), 12U);  // verify_data of RFC 5246 7.4.9
}

TEST(ChannelBinding, OfTheEndPointIsTheDigestOfTheCertificate) {
  const auto files = certificates().make("digest");
  std::FILE* file = std::fopen(files.certificate.c_str(), "r");
  X509* certificate = PEM_read_X509(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  ASSERT_EQ(X509_digest(certificate, EVP_sha256(), digest.data(), &size), 1);
  X509_free(certificate);
  Pair pair(client_for("localhost"), *TlsServer::make(files.certificate, files.key));
  pair.shake();
  EXPECT_EQ(bytes_of(pair.client->info().bindings, "tls-server-end-point"),
            std::string(reinterpret_cast<const char*>(digest.data()), size));
}

TEST(ChannelBinding, IsNotUniqueOnAResumedSessionWithoutExtendedMasterSecret) {
  const auto client = client_for("localhost");
  const auto server = server_with({});
  limit_to(server, TLS1_2_VERSION);
  SSL_CTX_set_options(server->state().context.get(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
  for (int i = 0; i < 2; ++i) {
    Pair pair(client, server);
    pair.shake();
    ASSERT_TRUE(pair.agreed());
    ASSERT_EQ(pair.client->info().resumed, i > 0);
    EXPECT_EQ(bytes_of(pair.client->info().bindings, "tls-unique").empty(), i > 0);
    EXPECT_EQ(pair.client->info().bindings, pair.server->info().bindings);
    pair.client->close();
  }
}

// EXTERNAL

TlsServer::Options asking_server() {
  const auto files = certificates().make("server");
  TlsServer::Options options;
  options.certificate_file = files.certificate;
  options.key_file = files.key;
  options.client_ca_file = certificates().ca_file();
  return options;
}

TlsClient::Options client_with(const std::string& certificate, const std::string& key) {
  TlsClient::Options options;
  options.tls_ca_file = certificates().ca_file();
  options.tls_name = "localhost";
  options.client_certificate = certificate;
  options.client_key = key;
  return options;
}

TEST(ClientCertificate, TellsTheServerWhoTheClientIs) {
  for (const std::string version : {"TLSv1.2", "TLSv1.3"}) {
    TlsServer::Options options = asking_server();
    options.versions = version;
    const auto server = *TlsServer::make(options);
    const auto files = certificates().make("alice");
    const auto client = *TlsClient::make(client_with(files.certificate, files.key));
    for (int i = 0; i < 3; ++i) {
      Pair pair(client, server);
      pair.shake();
      ASSERT_TRUE(pair.agreed());
      EXPECT_EQ(pair.client->info().version, version);
      EXPECT_EQ(pair.server->info().common_name, "alice") << i;
      EXPECT_EQ(pair.server->info().subject, "CN=alice");
      EXPECT_EQ(pair.client->info().common_name, "server");
      pair.client->close();
    }
  }
}

TEST(ClientCertificate, IsAskedForButNotRequired) {
  Pair pair(client_for("localhost"), *TlsServer::make(asking_server()));
  pair.shake();
  ASSERT_TRUE(pair.agreed());
  EXPECT_EQ(pair.server->info().common_name, "");
  EXPECT_EQ(pair.server->info().subject, "");
}

TEST(ClientCertificate, OfAStrangerEndsTheHandshake) {
  Certificates others;
  const auto files = others.make("mallory");
  Pair pair(*TlsClient::make(client_with(files.certificate, files.key)), *TlsServer::make(asking_server()));
  pair.client_result = pair.client->handshake();
  for (int i = 0; i < 5 && pair.server_result; ++i) {
    carry(*pair.client, *pair.server, 4096);
    pair.server_result = pair.server->handshake();
    carry(*pair.server, *pair.client, 4096);
    if (pair.server_result && *pair.client_result != TlsSession::Want::nothing) {
      pair.client_result = pair.client->handshake();
    }
  }
  ASSERT_FALSE(pair.server_result.has_value());
  EXPECT_THAT(pair.server_result.error().text, HasSubstr("certificate verify failed"));
  EXPECT_EQ(pair.server->info().common_name, "");
}

std::string refused(const TlsClient::Options& options) {
  const auto made = TlsClient::make(options);
  if (made) return "made";
  EXPECT_EQ(made.error().failure, Failure::tls);
  return made.error().text;
}

constexpr std::filesystem::perms kOwnerOnly = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;

// H49
TEST(ClientCertificate, F09_NamesTheFileThatIsMissingUnreadableOrNotFit) {
  const auto good = certificates().make("good");
  const auto other = certificates().make("other");
  const std::string nowhere = certificates().directory() + "/nowhere.pem";
  EXPECT_EQ(refused(client_with(good.certificate, good.key)), "made");
  EXPECT_EQ(refused(client_with(nowhere, good.key)),
            "cannot read the certificate " + nowhere + ": No such file or directory");
  EXPECT_THAT(refused(client_with(good.certificate, nowhere)), HasSubstr(nowhere + ": No such file or directory"));
  EXPECT_THAT(refused(client_with(good.key, good.key)), HasSubstr("cannot read the certificate " + good.key));
  std::filesystem::permissions(good.certificate, kOwnerOnly);
  EXPECT_THAT(refused(client_with(good.certificate, good.certificate)), HasSubstr("cannot read the key"));
  EXPECT_THAT(refused(client_with(good.certificate, "")), HasSubstr("cannot read the key"));
  EXPECT_THAT(refused(client_with(good.certificate, other.key)),
              HasSubstr("this key is not that of the certificate: " + other.key));
}

TEST(ClientCertificate, OutsideItsTimeIsToldBeforeAConnectionIsMade) {
  CertificateOptions options;
  options.begins = std::chrono::seconds(-7200);
  options.ends = std::chrono::seconds(-3600);
  const auto expired = certificates().make("expired", options);
  EXPECT_THAT(refused(client_with(expired.certificate, expired.key)),
              HasSubstr("our certificate " + expired.certificate + " has expired (not after 20"));
  options.begins = std::chrono::seconds(3600);
  options.ends = std::chrono::seconds(7200);
  const auto future = certificates().make("future", options);
  EXPECT_THAT(refused(client_with(future.certificate, future.key)), HasSubstr("is not yet valid (not before 20"));
}

TEST(ClientCertificate, WithAnEncryptedKeyIsRefusedWithoutAskingOnTheTerminal) {
  const auto files = certificates().make("locked");
  std::FILE* in = std::fopen(files.key.c_str(), "r");
  EVP_PKEY* key = PEM_read_PrivateKey(in, nullptr, nullptr, nullptr);
  std::fclose(in);
  std::string passphrase = "open";
  std::FILE* out = std::fopen(files.key.c_str(), "w");
  ASSERT_EQ(PEM_write_PrivateKey(out, key, EVP_aes_128_cbc(), nullptr, 0, nullptr, passphrase.data()), 1);
  std::fclose(out);
  EVP_PKEY_free(key);
  EXPECT_THAT(refused(client_with(files.certificate, files.key)),
              HasSubstr("cannot read the key (it must not be encrypted) " + files.key));
}

TEST(ClientCertificate, WhoseKeyIsOpenToOthersIsRefusedWhateverTheModeWasAtTheStart) {
  const auto files = certificates().make("open");
  for (unsigned mode = 0; mode <= 0777; ++mode) {
    std::filesystem::permissions(files.key, static_cast<std::filesystem::perms>(mode | 0400U));
    const std::string told = refused(client_with(files.certificate, files.key));
    if ((mode & 06U) == 0) {
      EXPECT_EQ(told, "made") << mode;
      continue;
    }
    EXPECT_THAT(told, HasSubstr("the client key file " + files.key + " is open to every user (mode 0")) << mode;
    EXPECT_THAT(told, HasSubstr("chmod o-rwx " + files.key));
  }
  std::filesystem::permissions(files.key, static_cast<std::filesystem::perms>(0644));
  EXPECT_THAT(refused(client_with(files.certificate, files.key)), HasSubstr("(mode 0644)"));
}

TEST(ClientCertificate, ResumesNoSession) {
  const auto server = *TlsServer::make(asking_server());
  const auto files = certificates().make("bob");
  const auto client = *TlsClient::make(client_with(files.certificate, files.key));
  for (int i = 0; i < 3; ++i) {
    Pair pair(client, server);
    pair.shake();
    EXPECT_FALSE(pair.client->info().resumed) << i;
    pair.client->close();
  }
}

TEST(FreshTlsClient, IsTheSameUntilAFileChanges) {
  const auto files = certificates().make("fresh");
  FreshTlsClient fresh(client_with(files.certificate, files.key));
  const auto first = *fresh.get();
  EXPECT_EQ(*fresh.get(), first);
  const auto renewed = certificates().make("fresh");  // over the old ones
  const auto second = *fresh.get();
  EXPECT_NE(second, first);
  EXPECT_EQ(*fresh.get(), second);
  Pair pair(second, *TlsServer::make(asking_server()));
  pair.shake();
  EXPECT_EQ(pair.server->info().common_name, "fresh");
}

TEST(FreshTlsClient, TellsAtEachCallWhatIsWrongUntilItIsMended) {
  const auto files = certificates().make("rotated");
  FreshTlsClient fresh(client_with(files.certificate, files.key));
  ASSERT_TRUE(fresh.get());
  for (const std::string& path : {files.certificate, files.key}) {
    std::filesystem::rename(path, path + ".away");
    for (int i = 0; i < 2; ++i) {
      const auto told = fresh.get();
      ASSERT_FALSE(told);
      EXPECT_THAT(told.error().text, HasSubstr(path + ": No such file or directory"));
    }
    std::filesystem::rename(path + ".away", path);
    EXPECT_TRUE(fresh.get());
  }
  std::filesystem::permissions(files.key, static_cast<std::filesystem::perms>(0604));
  EXPECT_THAT(fresh.get().error().text, HasSubstr("(mode 0604)"));
  std::filesystem::permissions(files.key, kOwnerOnly);
  EXPECT_TRUE(fresh.get());
}

/// A change within one tick of the system's clock could not be seen.
void make_old(const std::string& path) {
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) - std::chrono::hours(1));
}

TEST(FreshTlsClient, Fault4_ReadsTheAuthoritiesAgainWhenTheirFileHasChangedAndOnlyThen) {
  Certificates others;
  const std::string trusted = others.directory() + "/trusted.pem";
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(others.ca_file(), trusted);
  make_old(trusted);
  TlsClient::Options options;
  options.tls_name = "localhost";
  options.tls_ca_file = trusted;
  FreshTlsClient fresh(options);
  const auto first = *fresh.get();
  EXPECT_EQ(*fresh.get(), first);
  const auto server = server_with({});
  {
    Pair pair(first, server);
    pair.shake();
    EXPECT_FALSE(pair.agreed());
  }
  std::filesystem::copy_file(certificates().ca_file(), trusted, overwrite);
  const auto second = *fresh.get();
  EXPECT_NE(second, first);
  EXPECT_EQ(*fresh.get(), second);
  {
    Pair pair(second, server);
    pair.shake();
    EXPECT_TRUE(pair.agreed());
  }
  std::filesystem::remove(trusted);
  EXPECT_THAT(fresh.get().error().text, HasSubstr(trusted + ": No such file or directory"));
  std::filesystem::copy_file(certificates().ca_file(), trusted, overwrite);
  const auto third = *fresh.get();
  EXPECT_EQ(*fresh.get(), third);
  fresh.forget();  // a reload
  EXPECT_NE(*fresh.get(), third);
}

TEST(FreshTlsClient, Fault4_ReadsTheSystemsAuthoritiesAgainWhenTheirFileOrDirectoryChanges) {
  Certificates others;
  const std::string directory = others.directory() + "/certs";
  const std::string bundle = others.directory() + "/bundle.pem";
  std::filesystem::create_directory(directory);
  std::filesystem::copy_file(others.ca_file(), bundle);
  make_old(directory);
  ::setenv("SSL_CERT_FILE", bundle.c_str(), 1);
  ::setenv("SSL_CERT_DIR", directory.c_str(), 1);
  TlsClient::Options options;
  options.tls_name = "localhost";
  FreshTlsClient fresh(options);
  const auto first = *fresh.get();
  EXPECT_EQ(*fresh.get(), first);
  std::ofstream(directory + "/new.pem") << "another";
  const auto second = *fresh.get();
  EXPECT_NE(second, first);
  std::ofstream(bundle, std::ios::app) << "\n";
  const auto third = *fresh.get();
  EXPECT_NE(third, second);
  EXPECT_EQ(*fresh.get(), third);
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("SSL_CERT_DIR");
}

TEST(FreshTlsClient, NoticesThatTheCertificateEndsWhileItIsInUse) {
  CertificateOptions options;
  options.ends = std::chrono::seconds(3600);
  const auto files = certificates().make("ending", options);
  const auto client = *TlsClient::make(client_with(files.certificate, files.key));
  ASSERT_TRUE(client->check_dates());
  // The clock cannot be moved, but the certificate that is held can.
  X509* held = SSL_CTX_get0_certificate(client->state().context.get());
  X509_gmtime_adj(X509_getm_notAfter(held), -60);
  EXPECT_THAT(client->check_dates().error().text, HasSubstr("our certificate " + files.certificate + " has expired"));
}

TEST(TlsServer, SaysWhichVersionItDoesNotKnow) {
  TlsServer::Options options = asking_server();
  options.versions = "SSLv3";
  EXPECT_THAT(TlsServer::make(options).error().text, HasSubstr("SSLv3"));
}

}  // namespace
}  // namespace postern::net
