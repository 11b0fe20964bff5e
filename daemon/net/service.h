// Connections to a service whose servers the DNS names (RFC 2782), as connect() makes them to a host.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/service_name.h"
#include "base/task.h"
#include "net/connection.h"
#include "net/tls_client_options.h"

#include <memory>
#include <optional>
#include <string>

namespace postern::net {

struct ServiceOptions {
  ServiceName service;
  bool implicit_tls = false;
  /// What the settings say; an empty tls_name: by the names that the domain proves (service_identity.h). Nothing: there
  /// is no TLS.
  std::optional<TlsClientOptions> tls;
  Milliseconds connect_timeout{Seconds{30}};  ///< for each address of a server; less while other servers are to come
};

/// One service for as long as it is wanted. What is known of a server stays with that server: its addresses, and its
/// TLS sessions, which prove nothing about another one.
class ServiceConnector {
 public:
  ServiceConnector(Executor executor, ServiceOptions options);
  ~ServiceConnector();
  ServiceConnector(const ServiceConnector&) = delete;
  ServiceConnector& operator=(const ServiceConnector&) = delete;

  /// The servers are tried by priority and weight until one can be reached, one that could not be lately after the
  /// others; Connected::dial goes on from there. Failures: resolve (no server is known), those of TlsClient::make, and
  /// those of connect().
  Task<Result<Connected>> connect();
  /// The DNS is asked at the next connection, and what is trusted read again.
  void refresh();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace postern::net
