// TLS settings shared by connections: verification, certificate store, versions, session resumption.
#pragma once

#include "base/result.h"
#include "net/tls_client_options.h"

#include <memory>
#include <string>

namespace postern::net {

/// Client side of one smarthost: chain and name verified (RFC 9525: subject alternative names only), or by pin, TLS 1.2
/// or later unless the options say otherwise, SNI, sessions kept for resumption. Always verifies; there is no switch.
class TlsClient {
 public:
  using Options = TlsClientOptions;
  /// With `srv_id` ("_submissions.example.com") a certificate for that service of the domain is good, too, and one for
  /// the domain. Failures: tls (a file is missing or unreadable, the certificate is not good today, the key is not its
  /// own, or there are no such ciphers; the text says which).
  static Result<std::shared_ptr<TlsClient>> make(const Options& options, const std::string& srv_id = {});
  /// Whether our own certificate, if there is one, is good today: servers only say "certificate expired" or hang up.
  /// Failure: tls.
  [[nodiscard]] Result<void> check_dates() const;

  struct State;
  explicit TlsClient(std::unique_ptr<State> state);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  [[nodiscard]] State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// Server side, for the practice smarthost and tests.
class TlsServer {
 public:
  struct Options {
    std::string certificate_file;
    std::string key_file;
    std::string client_ca_file;  ///< asks for a client certificate signed by one of these; empty: asks for none
    std::string versions;        ///< "TLSv1.2" or "TLSv1.3": only that; empty: both
  };
  /// A client without a certificate is let in; one whose certificate does not verify is not.
  static Result<std::shared_ptr<TlsServer>> make(const Options& options);
  static Result<std::shared_ptr<TlsServer>> make(const std::string& certificate_file, const std::string& key_file);

  struct State;
  explicit TlsServer(std::unique_ptr<State> state);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  [[nodiscard]] State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace postern::net
