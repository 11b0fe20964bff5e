// Listening sockets: our own or inherited from systemd.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "base/task.h"
#include "net/connection.h"

#include <functional>
#include <memory>
#include <string>

namespace postern::net {

/// Called on the event loop for each accepted connection.
using Accepted = std::function<void(std::unique_ptr<Stream> stream, Peer peer)>;

class Listener {
 public:
  /// "127.0.0.1:25" or "[::1]:25". Failures: invalid, busy (in use), denied (a low port), io.
  static Result<std::unique_ptr<Listener>> tcp(Executor executor, const std::string& address);
  /// Mode 0666 for submit, as `mode` says. A stale socket file of ours is replaced; a living one is
  /// an error. Failures: busy, denied, invalid (path too long), io.
  static Result<std::unique_ptr<Listener>> local(Executor executor, const std::string& path, unsigned mode);
  /// A listening socket handed over by systemd, TCP or unix. Failure: invalid (not a listening stream socket).
  static Result<std::unique_ptr<Listener>> inherited(Executor executor, UniqueFd fd);

  virtual ~Listener() = default;
  /// Accepts until close(). On EMFILE and the like it pauses instead of spinning. If `tls` is given, each stream is a
  /// TLS server on start_tls() (or at once with implicit_tls).
  virtual void start(Accepted accepted, std::shared_ptr<TlsServer> tls = {}, bool implicit_tls = false) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual std::string address() const = 0;  ///< with the real port, for port 0
};

}  // namespace postern::net
