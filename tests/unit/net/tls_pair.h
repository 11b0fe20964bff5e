// A TLS client and a TLS server without sockets between them.
#pragma once

#include "net/tls_session.h"
#include "support/certificates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace postern::net {

using test::CertificateOptions;
using test::Certificates;

inline Certificates& certificates() {
  static Certificates instance;
  return instance;
}

inline std::shared_ptr<TlsServer> server_with(const CertificateOptions& options) {
  const auto files = certificates().make("server", options);
  return *TlsServer::make(files.certificate, files.key);
}

inline std::shared_ptr<TlsClient> client_for(const std::string& name) {
  TlsClient::Options options;
  options.tls_ca_file = certificates().ca_file();
  options.tls_name = name;
  return *TlsClient::make(options);
}

inline void limit_to(const std::shared_ptr<TlsServer>& server, int version) {
  SSL_CTX_set_max_proto_version(server->state().context.get(), version);
}

inline void carry(TlsSession& from, TlsSession& to, std::size_t chunk) {
  std::string_view records = from.output();
  while (!records.empty()) {
    to.input(records.substr(0, chunk));
    records.remove_prefix(std::min(chunk, records.size()));
  }
  from.output_sent();
}

struct Pair {
  std::unique_ptr<TlsSession> client;
  std::unique_ptr<TlsSession> server;
  Result<TlsSession::Want> client_result = TlsSession::Want::input;
  Result<TlsSession::Want> server_result = TlsSession::Want::input;

  Pair(const std::shared_ptr<TlsClient>& from, const std::shared_ptr<TlsServer>& to)
      : client(*TlsSession::make(from)), server(*TlsSession::make(to)) {}

  [[nodiscard]] bool agreed() const { return client_result.has_value() && server_result.has_value(); }

  void shake() {
    for (int i = 0; i < 10; ++i) {
      client_result = client->handshake();
      carry(*client, *server, 4096);
      server_result = server->handshake();
      carry(*server, *client, 4096);
      if (!client_result || !server_result) return;
      if (*client_result == TlsSession::Want::nothing && *server_result == TlsSession::Want::nothing) break;
    }
    // The tickets of TLS 1.3 come after the handshake and are taken in by a read.
    std::array<char, 16> nothing{};
    EXPECT_TRUE(client->read(nothing)->wants_input);
  }
};

}  // namespace postern::net
