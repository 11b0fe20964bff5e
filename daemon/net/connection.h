// Stream over TCP or a unix socket, with optional TLS and one deadline enforced by one watchdog.
#pragma once

#include "net/stream.h"
#include "net/tls_context.h"

#include <sys/types.h>
#include <memory>
#include <optional>
#include <string>

namespace postern::net {

/// Who is at the other end, as the kernel tells.
struct Peer {
  std::string address;  ///< "127.0.0.1:51122", or "local" for a unix socket
  bool loopback = false;
  std::optional<uid_t> uid;  ///< unix socket only (SO_PEERCRED)
  std::optional<pid_t> pid;
};

struct ClientOptions {
  std::string host;
  std::uint16_t port = 0;
  bool implicit_tls = false;
  std::shared_ptr<TlsClient> tls;  ///< null: start_tls() fails
  Seconds connect_timeout{30};
  Seconds handshake_timeout{60};
};

struct Connected {
  std::unique_ptr<Stream> stream;
  std::string peer;  ///< "smtp.example.com[192.0.2.1]:465"
};

/// Resolves, then tries one address after another; the handshake too if implicit_tls. The error text names the
/// host, the address and the reason. Failures: resolve, refused, timeout, tls, io.
Task<Result<Connected>> connect(Executor executor, ClientOptions options);

/// A client connection to a unix socket. Failures: not_found, refused, denied, io.
Task<Result<std::unique_ptr<Stream>>> connect_unix(Executor executor, std::string path);

}  // namespace postern::net
