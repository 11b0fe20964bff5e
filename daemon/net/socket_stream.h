// Private to net/: the Stream over a connected socket, TCP or unix, with TLS on demand.
#pragma once

#include "net/resumption.h"
#include "net/stream.h"
#include "net/tls_session.h"
#include "net/watchdog.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace postern::net {

using Socket = boost::asio::generic::stream_protocol::socket;

/// How net/ awaits: the error is a value of the tuple.
inline constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);

/// How much of what is still to be written is encrypted and sent at once: in pieces, but what would be left over goes
/// along, be it only the dot that ends a message.
[[nodiscard]] constexpr std::size_t piece_of(std::size_t left) {
  constexpr std::size_t kPiece = 64 * std::size_t{1024};
  return left < 2 * kPiece ? left : kPiece;
}

class SocketStream final : public Stream {
 public:
  explicit SocketStream(Socket socket);
  ~SocketStream() override;

  /// What becomes of a resumption, `resumption` is told (null: nobody).
  void use(std::shared_ptr<TlsClient> client, std::shared_ptr<Resumption> resumption) {
    client_ = std::move(client);
    resumption_ = std::move(resumption);
  }
  void use(std::shared_ptr<TlsServer> server) { server_ = std::move(server); }

  /// Failures: timeout, refused, io and what else the system says.
  Task<Result<void>> connect(boost::asio::generic::stream_protocol::endpoint endpoint);

  Task<Result<std::size_t>> read_some(std::span<char> into) override;
  Task<Result<void>> write(std::string_view bytes) override;
  Task<Result<void>> start_tls() override;
  [[nodiscard]] bool readable() override;
  [[nodiscard]] bool abandoned() override;
  [[nodiscard]] bool secure() const override { return secure_; }
  [[nodiscard]] const TlsInfo* tls() const override { return secure_ ? &session_->info() : nullptr; }
  void expires_after(Milliseconds duration) override { watchdog_->expires_after(duration); }
  void cancel() override { end(Failure::cancelled, "cancelled"); }

 private:
  void end(Failure failure, const char* text);
  Error fail(Error error);
  Error fail(const boost::system::error_code& code, const char* doing);
  Result<std::unique_ptr<TlsSession>> make_session() const;
  Task<Result<std::size_t>> receive(std::span<char> into);
  Task<Result<void>> send(std::string_view bytes);
  Task<Result<void>> flush();
  Task<Result<void>> feed();
  Task<Result<void>> shake_hands();
  void doubt_resumption();

  Socket socket_;
  std::shared_ptr<Watchdog> watchdog_;
  std::shared_ptr<TlsClient> client_;
  std::shared_ptr<TlsServer> server_;
  std::shared_ptr<Resumption> resumption_;
  std::unique_ptr<TlsSession> session_;
  std::vector<char> records_;  ///< raw bytes on their way into session_
  bool sending_ = false;       ///< flush() is at work
  bool secure_ = false;
  bool heard_ = false;  ///< the peer has said something inside TLS
  bool ended_ = false;  ///< the peer said its last word in TLS
  std::optional<Error> failed_;
  std::optional<Error> unwritable_;  ///< the peer takes nothing more; what it said before can still be read
};

}  // namespace postern::net
