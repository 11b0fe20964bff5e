// Private to net/: one TLS connection without I/O. Records from the peer go in, records for the peer come
// out; whoever moves them is SocketStream.
#pragma once

#include "net/stream.h"
#include "net/tls_state.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace postern::net {

class TlsSession {
 public:
  enum class Want { nothing, input };

  struct Read {
    std::size_t count = 0;
    bool wants_input = false;
    bool ended = false;  ///< close_notify: nothing more will ever be read
  };

  enum class Resume { if_possible, no };

  /// Failure of make: tls.
  static Result<std::unique_ptr<TlsSession>> make(std::shared_ptr<TlsClient> client,
                                                  Resume resume = Resume::if_possible);
  static Result<std::unique_ptr<TlsSession>> make(std::shared_ptr<TlsServer> server);

  /// Call again after each input until it wants nothing; then info() is known. Whatever it returns, output() may
  /// hold something to send (an alert, too). Failure: tls.
  Result<Want> handshake();
  /// Failure: tls.
  Result<Read> read(std::span<char> into);
  /// read() would return text, or the end. Records that are not whole yet do not count.
  [[nodiscard]] bool readable();
  Result<void> write(std::string_view text);
  /// Puts a close_notify into the output.
  void close();

  void input(std::string_view records);
  [[nodiscard]] std::string_view output() const;
  void output_sent();

  [[nodiscard]] const TlsInfo& info() const { return info_; }

  /// An earlier session was offered to the server, which has not turned to a full handshake yet.
  [[nodiscard]] bool resuming() const { return offered_; }
  /// What is kept for resumption is worth nothing any more: it did not get to where the server speaks.
  void forget_sessions();

 private:
  TlsSession() = default;
  bool set_up(SSL_CTX* context);
  Error failure(std::string_view doing);
  Result<void> accept_peer();
  void describe_peer(X509* certificate);

  std::shared_ptr<TlsClient> client_;  // one of the two
  std::shared_ptr<TlsServer> server_;
  std::string verify_words_;
  SslHandle ssl_;
  BIO* in_ = nullptr;   // owned by ssl_
  BIO* out_ = nullptr;  // owned by ssl_
  TlsInfo info_;
  bool offered_ = false;
};

}  // namespace postern::net
