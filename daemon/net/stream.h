// A connection as a protocol sees it: the whole interface between protocol code and the world.
// The real one is net::Connection; tests use a script in memory.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::net {

/// What was negotiated, for logs, `postern check` and Received.
struct TlsInfo {
  std::string version;      ///< "TLSv1.3"
  std::string cipher;       ///< "TLS_AES_256_GCM_SHA384"
  std::string subject;      ///< of the peer's certificate, printable; on a server's stream only of a verified one
  std::string common_name;  ///< of the subject, printable: whom a client's certificate names
  std::string issuer;       ///< printable
  std::string not_after;    ///< RFC 3339, empty if unknown
  std::string own_ends;     ///< of our own certificate, RFC 3339, on a client's stream; empty: we have none
  std::string pin;          ///< SHA-256 of the peer's public key, in hexadecimal digits; likewise
  int key_bits = 0;         ///< of work that this key stands for, as OpenSSL counts: RSA of 2048 has 112; 0: unknown
  bool verified = false;    ///< chain and name were checked and are good, or the key is one of tls_pin
  /// Channel bindings as (name, bytes), best first: tls-exporter (RFC 9266) on TLS 1.3; tls-server-end-point and
  /// tls-unique (RFC 5929) on 1.2, the latter never on a resumed session without extended master secret.
  std::vector<std::pair<std::string, std::string>> bindings;
  bool resumed = false;  ///< the handshake resumed an earlier session
};

/// After any operation failed, every further one fails too, with one exception: after a write that failed with closed
/// or io, read_some still gives what the peer had sent before it hung up. Not for use from several tasks at once, but
/// that one may write while another waits in read_some.
class Stream {
 public:
  virtual ~Stream() = default;
  /// At least one byte into `into`; 0 means that the peer ended the stream.
  /// Failures: timeout, closed, io, tls, cancelled.
  virtual Task<Result<std::size_t>> read_some(std::span<char> into) = 0;
  /// All of the bytes. Failures: timeout, closed, io, tls, cancelled. A peer that said why it hung up can still be
  /// read after closed and io.
  virtual Task<Result<void>> write(std::string_view bytes) = 0;
  /// Makes the stream TLS as a client (the name and chain are verified as the connection was
  /// configured). Failures: timeout, closed, io, tls.
  virtual Task<Result<void>> start_tls() = 0;
  /// The peer has said something that was not read yet, or has ended the stream; asks without waiting. Only while no
  /// operation is under way.
  [[nodiscard]] virtual bool readable() { return false; }
  /// The peer has closed a unix socket altogether, so that nobody reads an answer: one that only sends no more has not.
  /// Asks without waiting.
  [[nodiscard]] virtual bool abandoned() { return false; }
  /// Inside TLS. On a client's stream this implies that the peer was verified.
  [[nodiscard]] virtual bool secure() const = 0;
  [[nodiscard]] virtual const TlsInfo* tls() const = 0;
  /// One deadline for everything that follows; replaces the one before. When it passes, the
  /// operation under way and every later one fail with timeout.
  virtual void expires_after(Milliseconds) = 0;
  /// Ends it from outside: the operation under way fails with cancelled.
  virtual void cancel() = 0;
};

}  // namespace postern::net
