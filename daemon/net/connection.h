// Stream over TCP or a unix socket, with optional TLS and one deadline enforced by one watchdog.
#pragma once

#include "base/clock.h"
#include "base/network.h"
#include "net/stream.h"
#include "net/tls_context.h"

#include <sys/types.h>
#include <memory>
#include <optional>
#include <string>

namespace postern::net {

/// Who is at the other end, as the kernel tells.
struct Peer {
  std::string address;          ///< "127.0.0.1:51122", or "local" for a unix socket
  std::optional<IpAddress> ip;  ///< of TCP
  std::optional<uid_t> uid;     ///< unix socket only (SO_PEERCRED)
  std::optional<pid_t> pid;
  /// Of TCP from this machine: who holds the other end, where the kernel tells (net/socket_owner.h). Good for the log,
  /// for limits and for what a user may not do; no proof of who writes, since a program may hand its sockets on.
  std::optional<uid_t> owner;

  /// By either door.
  [[nodiscard]] std::optional<uid_t> user() const { return uid ? uid : owner; }
};

/// What is known of one host's addresses from one connection to the next.
struct AddressMemory {
  std::string worked;      ///< the address that served last and has not failed since; empty: none
  bool many_told = false;  ///< the log has it that there are too many of them
};

struct ClientOptions {
  std::string host;
  std::uint16_t port = 0;
  bool implicit_tls = false;
  std::shared_ptr<TlsClient> tls;             ///< null: start_tls() fails
  Milliseconds name_timeout{Seconds{30}};     ///< for the addresses of the host
  Milliseconds connect_timeout{Seconds{30}};  ///< for each of them, the handshake of implicit_tls included
  SteadyTime deadline = SteadyTime::max();    ///< for all of it, if that is earlier
  std::shared_ptr<AddressMemory> addresses;   ///< null: nothing is remembered
};

class Dial;

struct Connected {
  std::unique_ptr<Stream> stream;
  std::string peer;            ///< "smtp.example.com[192.0.2.1]:465"
  std::shared_ptr<Dial> dial;  ///< the host's other addresses; null: whoever connected knows of none
  std::string host;            ///< of the servers of a service (net/service.h) this one; empty: there is but one
  std::uint16_t port = 0;      ///< likewise
};

/// One host called at its addresses, until somebody is content with what he reached there.
class Dial {
 public:
  virtual ~Dial() = default;
  /// The address reached last serves: the next time it is the first.
  virtual void worked() = 0;
  /// It does not: the next time the resolver's order counts again.
  virtual void failed() = 0;
  /// next() has somewhere to go: an address that was not tried yet, or the last one once more because a resumed TLS
  /// session ended before anything was said in it.
  [[nodiscard]] virtual bool more() const = 0;
  /// next() goes to that last one once more.
  [[nodiscard]] virtual bool once_more() const = 0;
  /// A connection to the next address that can be reached; like connect(). Only if more(), one at a time.
  virtual Task<Result<Connected>> next() = 0;
};

/// Resolves, then tries all addresses (64 at most), the families by turns: the next one is tried when 250 ms have
/// passed or one has failed, and the first to be connected (for implicit_tls: to have ended its handshake) is used, the
/// others are given up (RFC 8305). The error text names the host, the addresses and the reasons. Failures: resolve,
/// refused, timeout, closed, tls, io, cancelled.
Task<Result<Connected>> connect(Executor executor, ClientOptions options);

/// A client connection to a unix socket. Failures: not_found, refused, denied, io.
Task<Result<std::unique_ptr<Stream>>> connect_unix(Executor executor, std::string path);

}  // namespace postern::net
