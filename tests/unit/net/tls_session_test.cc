#include "net/tls_session.h"

#include "tls_pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace postern::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string refusal(const CertificateOptions& options, const std::string& name) {
  Pair pair(client_for(name), server_with(options));
  pair.shake();
  EXPECT_FALSE(pair.client_result.has_value());
  if (pair.client_result) return "accepted";
  EXPECT_EQ(pair.client_result.error().failure, Failure::tls);
  EXPECT_FALSE(pair.client->info().verified);
  return pair.client_result.error().text;
}

TEST(TlsSession, AcceptsAVerifiedServerAndTellsWhoItIs) {
  Pair pair(client_for("localhost"), server_with({}));
  pair.shake();
  ASSERT_TRUE(pair.client_result.has_value()) << pair.client_result.error().text;
  const TlsInfo& info = pair.client->info();
  EXPECT_TRUE(info.verified);
  EXPECT_FALSE(info.resumed);
  EXPECT_EQ(info.version, "TLSv1.3");
  EXPECT_EQ(info.subject, "CN=server");
  EXPECT_EQ(info.issuer, "CN=Test Authority");
  EXPECT_THAT(info.not_after, HasSubstr("T"));
  EXPECT_FALSE(pair.server->info().verified);
}

TEST(TlsSession, CarriesTextThroughRecordsCutAnywhere) {
  const std::string text(40'000, 'x');
  for (const std::size_t chunk : {1UL, 2UL, 3UL, 5UL, 100UL, 16384UL, 100000UL}) {
    Pair pair(client_for("localhost"), server_with({}));
    pair.shake();
    ASSERT_TRUE(pair.client->write(text).has_value());
    std::string_view records = pair.client->output();
    std::string received;
    std::array<char, 1000> piece{};
    while (!records.empty()) {
      pair.server->input(records.substr(0, chunk));
      records.remove_prefix(std::min(chunk, records.size()));
      for (auto read = pair.server->read(piece); read && read->count > 0; read = pair.server->read(piece)) {
        received.append(piece.data(), read->count);
      }
    }
    ASSERT_EQ(received, text) << chunk;
  }
}

// H26
TEST(TlsSession, H26_RefusesANameThatTheCertificateDoesNotCarry) {
  CertificateOptions options;
  options.names = {"a.example", "*.b.example", "192.0.2.1"};
  EXPECT_EQ(refusal(options, "smtp.x"),
            "certificate verify failed: hostname mismatch: certificate is for a.example, *.b.example, 192.0.2.1; "
            "expected smtp.x");
  EXPECT_THAT(refusal(options, "192.0.2.2"), HasSubstr("expected 192.0.2.2"));
  EXPECT_THAT(refusal(options, "x.y.b.example"), HasSubstr("hostname mismatch"));
  options.names = {"sm*.b.example"};
  EXPECT_THAT(refusal(options, "smtp.b.example"), HasSubstr("hostname mismatch"));
  options.names = {"other.example"};
  EXPECT_THAT(refusal(options, "server"), HasSubstr("hostname mismatch"));  // the subject's CN says nothing
}

TEST(TlsSession, AcceptsWildcardsOfOneLabelAndAddresses) {
  CertificateOptions options;
  options.names = {"*.b.example", "192.0.2.1"};
  for (const std::string name : {"smtp.b.example", "SMTP.B.example", "smtp.b.example.", "192.0.2.1"}) {
    Pair pair(client_for(name), server_with(options));
    pair.shake();
    EXPECT_TRUE(pair.client_result.has_value()) << name << ": " << pair.client_result.error().text;
  }
}

// H25
TEST(TlsSession, H25_RefusesWhatNobodyTrustedSigned) {
  CertificateOptions options;
  options.self_signed = true;
  EXPECT_THAT(refusal(options, "localhost"), StartsWith("certificate verify failed: self-signed certificate; "));
  Certificates others;
  const auto files = others.make("stranger");
  Pair pair(client_for("localhost"), *TlsServer::make(files.certificate, files.key));
  pair.shake();
  ASSERT_FALSE(pair.client_result.has_value());
  EXPECT_THAT(pair.client_result.error().text, StartsWith("certificate verify failed: "));
}

// H28
TEST(TlsSession, H28_RefusesACertificateOutsideItsTime) {
  CertificateOptions expired;
  expired.begins = std::chrono::seconds(-7200);
  expired.ends = std::chrono::seconds(-3600);
  EXPECT_THAT(refusal(expired, "localhost"), HasSubstr("certificate has expired (not after 20"));
  EXPECT_THAT(refusal(expired, "localhost"), HasSubstr("this machine's clock is wrong"));
  CertificateOptions future;
  future.begins = std::chrono::seconds(3600);
  EXPECT_THAT(refusal(future, "localhost"), HasSubstr("not yet valid (not before 20"));
}

// H31
TEST(TlsSession, H31_RefusesTls11) {
  const auto server = server_with({});
  SSL_CTX* context = server->state().context.get();
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  Pair pair(client_for("localhost"), server);
  pair.shake();
  EXPECT_FALSE(pair.client_result.has_value() && pair.server_result.has_value());
}

TEST(TlsSession, ResumesASessionInBothVersions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto client = client_for("localhost");
    const auto server = server_with({});
    SSL_CTX_set_max_proto_version(server->state().context.get(), version);
    for (int i = 0; i < 4; ++i) {
      Pair pair(client, server);
      pair.shake();
      ASSERT_TRUE(pair.client_result.has_value()) << pair.client_result.error().text;
      EXPECT_EQ(pair.client->info().resumed, i > 0) << version << " " << i;
      EXPECT_TRUE(pair.client->info().verified);
      EXPECT_EQ(pair.client->info().subject, "CN=server");
      pair.client->close();
    }
  }
}

/// Who gives three tickets at a full handshake and takes each of them once: with the newest one alone every second
/// connection was a full handshake.
TEST(TlsSession, Fault20_UsesAllTicketsOfAServerThatTakesEachOnce) {
  const auto client = client_for("localhost");
  const auto server = server_with({});
  SSL_CTX* context = server->state().context.get();
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);  // its sessions are in its cache, and leave it when they are used
  SSL_CTX_set_num_tickets(context, 3);
  std::size_t full = 0;
  for (int i = 0; i < 12; ++i) {
    Pair pair(client, server);
    pair.shake();
    ASSERT_TRUE(pair.agreed());
    full += pair.client->info().resumed ? 0U : 1U;
    // As if it had no new ticket for a resumed session.
    if (pair.client->info().resumed) client->state().sessions.take().reset();
    pair.client->close();
    pair.server->close();  // or it would take the session out of its cache
    EXPECT_LE(client->state().sessions.size(), KeptSessions::kMost);
  }
  EXPECT_EQ(full, 3U);
}

/// RFC 8446 C.4: who sees a ticket twice knows that it is the same client.
TEST(TlsSession, Fault20_OffersATicketOfTls13OnceAndASessionOfTls12AsOftenAsItIsGood) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto client = client_for("localhost");
    const auto server = server_with({});
    limit_to(server, version);
    {
      Pair pair(client, server);
      pair.shake();
      pair.client->close();
    }
    KeptSessions& kept = client->state().sessions;
    const std::size_t before = kept.size();
    ASSERT_EQ(before, version == TLS1_2_VERSION ? 1U : 2U);
    const SslSession first = kept.take();
    const SslSession second = kept.take();
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first.get() == second.get(), version == TLS1_2_VERSION);
    EXPECT_EQ(kept.size(), version == TLS1_2_VERSION ? 1U : 0U);
  }
}

TEST(TlsSession, Fault20_KeepsAFewSessionsAndForgetsAllAfterAFailure) {
  const auto client = client_for("localhost");
  const auto server = server_with({});
  SSL_CTX_set_num_tickets(server->state().context.get(), 9);
  Pair pair(client, server);
  pair.shake();
  EXPECT_EQ(client->state().sessions.size(), KeptSessions::kMost);
  pair.client->close();
  auto again = *TlsSession::make(client);
  EXPECT_TRUE(again->resuming());
  EXPECT_EQ(client->state().sessions.size(), KeptSessions::kMost - 1);
  ASSERT_TRUE(again->handshake().has_value());
  again->input("421 not TLS\r\n");
  EXPECT_FALSE(again->handshake().has_value());
  EXPECT_EQ(client->state().sessions.size(), 0U);
  EXPECT_FALSE((*TlsSession::make(client))->resuming());
}

// H70: what is sent early can be played again by anybody who saw it
TEST(TlsSession, H70_OffersNoEarlyDataToAServerThatWouldTakeIt) {
  const auto client = client_for("localhost");
  const auto server = server_with({});
  SSL_CTX* context = server->state().context.get();
  SSL_CTX_set_max_early_data(context, 16384);
  SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY);  // or its tickets would need a cache of sessions
  std::vector<int> extensions;
  const auto note = [](SSL* tls, int*, void* into) {
    int* types = nullptr;
    std::size_t count = 0;
    if (SSL_client_hello_get1_extensions_present(tls, &types, &count) != 1) return SSL_CLIENT_HELLO_ERROR;
    static_cast<std::vector<int>*>(into)->assign(types, types + count);
    OPENSSL_free(types);
    return SSL_CLIENT_HELLO_SUCCESS;
  };
  SSL_CTX_set_client_hello_cb(context, note, &extensions);
  for (int i = 0; i < 4; ++i) {
    Pair pair(client, server);
    pair.shake();
    ASSERT_TRUE(pair.agreed());
    EXPECT_EQ(pair.client->info().resumed, i > 0) << i;
    EXPECT_EQ(std::ranges::count(extensions, TLSEXT_TYPE_psk), i > 0 ? 1 : 0) << i;
    EXPECT_EQ(std::ranges::count(extensions, TLSEXT_TYPE_early_data), 0) << i;
    pair.client->close();
  }
}

// H30: nor does a resumed session escape the verdict
TEST(TlsSession, H30_KeepsNoSessionOfAServerThatWasRefused) {
  const auto client = client_for("other.example");
  Pair pair(client, server_with({}));
  pair.shake();
  EXPECT_FALSE(pair.client_result.has_value());
  EXPECT_EQ(client->state().sessions.size(), 0U);
}

// H36
TEST(TlsSession, H36_EndsForGoodAtACloseNotify) {
  Pair pair(client_for("localhost"), server_with({}));
  pair.shake();
  pair.server->close();
  carry(*pair.server, *pair.client, 4096);
  std::array<char, 16> room{};
  EXPECT_TRUE(pair.client->read(room)->ended);
  pair.client->input("220 cleartext\r\n");
  const auto read = pair.client->read(room);
  EXPECT_TRUE(!read || read->ended);
}

// H32, H34
TEST(TlsSession, H32_H34_SaysThatAPlainServerDoesNotSpeakTls) {
  auto client = *TlsSession::make(client_for("localhost"));
  ASSERT_TRUE(client->handshake().has_value());
  client->input("220 mx.example ESMTP\r\n");
  const auto result = client->handshake();
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().text, HasSubstr("does not speak TLS"));
}

/// Trusts the files in `trusted`, and nothing else.
std::string told_with(const std::string& trusted, const Certificates::Files& files, const std::string& name) {
  TlsClient::Options options;
  options.tls_ca_file = trusted;
  options.tls_name = name;
  Pair pair(*TlsClient::make(options), *TlsServer::make(files.certificate, files.key));
  pair.shake();
  return pair.client_result ? "accepted" : pair.client_result.error().text;
}

TEST(TlsClient, Fault4_ACertificateInTlsCaFileIsTrustedForItselfButForNoOtherAndUnderItsNamesOnly) {
  Certificates others;
  for (const bool self_signed : {false, true}) {
    CertificateOptions options;
    options.self_signed = self_signed;
    const auto files = others.make("leaf", options);
    EXPECT_EQ(told_with(files.certificate, files, "localhost"), "accepted");
    EXPECT_THAT(told_with(files.certificate, files, "other.example"), HasSubstr("hostname mismatch"));
    options.ends = std::chrono::seconds(-1);
    const auto old = others.make("old", options);
    EXPECT_THAT(told_with(old.certificate, old, "localhost"), HasSubstr("has expired"));
    const auto another = others.make("another", CertificateOptions());
    EXPECT_THAT(told_with(files.certificate, another, "localhost"), StartsWith("certificate verify failed: "));
  }
}

TEST(TlsClient, NamesTheFileItCannotRead) {
  TlsClient::Options options;
  options.tls_name = "localhost";
  options.tls_ca_file = "/nonexistent/ca.pem";
  const auto made = TlsClient::make(options);
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().text, HasSubstr("/nonexistent/ca.pem: No such file or directory"));
}

}  // namespace
}  // namespace postern::net
