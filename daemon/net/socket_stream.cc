#include "net/socket_stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace postern::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kRecords = 17 * 1024;  // a little more than one whole TLS record
constexpr Seconds kResumption{10};           // for a handshake that may have to be done once more

Milliseconds time_until(SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, Milliseconds(0));
}

}  // namespace

SocketStream::SocketStream(Socket socket) : socket_(std::move(socket)) {
  watchdog_ = std::make_shared<Watchdog>(socket_.get_executor(), [this] { end(Failure::timeout, "timed out"); });
}

SocketStream::~SocketStream() {
  if (!secure_ || failed_ || unwritable_ || !socket_.is_open()) return;
  // As good as it gets without waiting: a close_notify that does not fit into the socket's buffer is lost.
  session_->close();
  const std::string_view last = session_->output();
  static_cast<void>(::send(socket_.native_handle(), last.data(), last.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

/// The operation under way, if any, comes back with operation_aborted and reports what is remembered here.
void SocketStream::end(Failure failure, const char* text) {
  if (!failed_ && failure != Failure::cancelled) doubt_resumption();
  if (!failed_) failed_ = Error{failure, text};
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Error SocketStream::fail(Error error) {
  if (failed_) return *failed_;
  doubt_resumption();
  failed_ = std::move(error);
  return *failed_;
}

/// A server that cannot go on with an old session should say so by a full handshake; some cut the connection, or say
/// nothing, and they do it each time. So a resumption counts only once something was heard inside.
void SocketStream::doubt_resumption() {
  if (heard_ || !session_ || !session_->resuming()) return;
  session_->forget_sessions();
  if (resumption_) resumption_->failed = true;
}

Error SocketStream::fail(const boost::system::error_code& code, const char* doing) {
  if (failed_) return *failed_;
  if (code == asio::error::eof) return fail(Error{Failure::closed, std::string(doing) + ": the peer ended it"});
  return fail(system_error(code.value(), doing));
}

Task<Result<void>> SocketStream::connect(asio::generic::stream_protocol::endpoint endpoint) {
  if (failed_) co_return *failed_;
  const auto [code] = co_await socket_.async_connect(endpoint, kToken);
  if (code || failed_) co_return fail(code, "connect");
  co_return Result<void>();
}

/// 0 at the end of the stream.
Task<Result<std::size_t>> SocketStream::receive(std::span<char> into) {
  const auto [code, count] = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), kToken);
  if (failed_) co_return *failed_;
  if (code == asio::error::eof) co_return std::size_t{0};
  if (code) co_return fail(code, "read");
  co_return count;
}

Task<Result<void>> SocketStream::send(std::string_view bytes) {
  const auto [code, count] = co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), kToken);
  static_cast<void>(count);
  if (failed_) co_return *failed_;
  if (!code) co_return Result<void>();
  Error error = system_error(code.value(), "write");
  if (error.failure != Failure::closed && error.failure != Failure::io) co_return fail(std::move(error));
  doubt_resumption();
  unwritable_ = std::move(error);
  co_return *unwritable_;
}

/// Sends what the TLS session has for the peer. If a flush is under way (a writer's, while a reader came by), that
/// one takes everything along.
Task<Result<void>> SocketStream::flush() {
  if (sending_) co_return Result<void>();
  if (unwritable_) co_return *unwritable_;
  sending_ = true;
  Result<void> sent;
  while (sent && !session_->output().empty()) {
    const std::string records(session_->output());
    session_->output_sent();
    sent = co_await send(records);
  }
  sending_ = false;
  co_return sent;
}

/// Gives the TLS session more of the peer's bytes.
Task<Result<void>> SocketStream::feed() {
  const auto count = co_await receive(records_);
  if (!count) co_return count.error();
  if (*count == 0) {
    const char* text = secure_ ? "the peer cut the connection without ending TLS"
                               : "the peer closed the connection during the TLS handshake";
    co_return fail(Error{Failure::closed, text});
  }
  session_->input(std::string_view(records_.data(), *count));
  co_return Result<void>();
}

Task<Result<std::size_t>> SocketStream::read_some(std::span<char> into) {
  if (failed_) co_return *failed_;
  if (!secure_) co_return co_await receive(into);
  while (!ended_) {
    const auto read = session_->read(into);
    if (!read) co_return fail(read.error());
    if (read->count > 0) {
      heard_ = true;
      co_return read->count;
    }
    ended_ = read->ended;
    if (ended_) doubt_resumption();
    if (ended_) break;
    // What cannot be sent (the answer to a key update) does not matter to what was said before.
    if (auto sent = co_await flush(); !sent && !unwritable_) co_return sent.error();
    if (auto fed = co_await feed(); !fed) co_return fed.error();
  }
  co_return std::size_t{0};
}

Task<Result<void>> SocketStream::write(std::string_view bytes) {
  if (failed_) co_return *failed_;
  if (unwritable_) co_return *unwritable_;
  if (bytes.empty()) co_return Result<void>();
  if (!secure_) co_return co_await send(bytes);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_of(bytes.size()));
    if (auto encrypted = session_->write(piece); !encrypted) co_return fail(encrypted.error());
    if (auto sent = co_await flush(); !sent) co_return sent.error();
    bytes.remove_prefix(piece.size());
  }
  co_return Result<void>();
}

bool SocketStream::readable() {
  if (failed_ || ended_) return true;
  char first = 0;
  if (!secure_) {
    return ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
  }
  for (;;) {
    if (session_->readable()) return true;
    const ssize_t count = ::recv(socket_.native_handle(), records_.data(), records_.size(), MSG_DONTWAIT);
    if (count == 0) return true;
    if (count < 0) return false;
    session_->input(std::string_view(records_.data(), static_cast<std::size_t>(count)));
  }
}

bool SocketStream::abandoned() {
  if (failed_) return true;
  pollfd peer{socket_.native_handle(), 0, 0};
  return ::poll(&peer, 1, 0) > 0 && (peer.revents & POLLHUP) != 0;
}

Result<std::unique_ptr<TlsSession>> SocketStream::make_session() const {
  if (session_) return Error{Failure::tls, "TLS was begun already"};
  const bool in_full = resumption_ && !resumption_->wanted;
  if (client_) return TlsSession::make(client_, in_full ? TlsSession::Resume::no : TlsSession::Resume::if_possible);
  if (server_) return TlsSession::make(server_);
  return Error{Failure::tls, "TLS is not configured for this connection"};
}

Task<Result<void>> SocketStream::start_tls() {
  if (failed_) co_return *failed_;
  if (unwritable_) co_return *unwritable_;
  auto session = make_session();
  if (!session) co_return fail(session.error());
  session_ = std::move(*session);
  records_.resize(kRecords);
  const bool resuming = session_->resuming();
  const SteadyTime deadline = watchdog_->deadline();
  // What a silent server costs here must leave time for the handshake in full.
  if (resuming) watchdog_->expires_after(std::min<Milliseconds>(time_until(deadline) / 2, kResumption));
  if (auto shaken = co_await shake_hands(); !shaken) co_return shaken.error();
  if (resuming) watchdog_->expires_after(time_until(deadline));
  secure_ = true;
  co_return Result<void>();
}

Task<Result<void>> SocketStream::shake_hands() {
  for (;;) {
    const auto want = session_->handshake();
    const auto sent = co_await flush();  // a failed handshake still tells the peer by an alert
    if (!want) co_return fail(want.error());
    if (!sent) co_return sent.error();
    if (*want == TlsSession::Want::nothing) co_return Result<void>();
    if (auto fed = co_await feed(); !fed) co_return fed.error();
  }
}

}  // namespace postern::net
