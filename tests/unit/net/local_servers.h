// Servers on several loopback addresses at one port, and one that deals with resumed TLS sessions as told.
#pragma once

#include "base/fd.h"
#include "net/address_order.h"
#include "net/tls_session.h"
#include "tls_pair.h"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace postern::net {

/// What a server does with a connection; those from `fin` on only if the client wants to resume a session.
// NOLINTNEXTLINE(performance-enum-size)
enum class Habit { well, hang_up, silent_from_the_start, fin, reset, silence, alert, fin_after, silence_after };

inline constexpr std::array kCuts = {Habit::fin,   Habit::reset,     Habit::silence,
                                     Habit::alert, Habit::fin_after, Habit::silence_after};

/// One address of a host. Inside TLS (or in clear text without it) it greets with "220 hello\r\n", and no more.
class LocalServer {
 public:
  struct Seen {
    std::size_t connections = 0;
    std::size_t greeted = 0;
    std::size_t resumed = 0;
  };

  LocalServer(boost::asio::io_context& loop, const std::string& address, std::uint16_t port, Habit habit,
              std::shared_ptr<TlsServer> tls)
      : acceptor_(loop, Endpoint(boost::asio::ip::make_address(address), port)), habit_(habit), tls_(std::move(tls)) {
    if (tls_) SSL_CTX_set_client_hello_cb(tls_->state().context.get(), looks, this);
    boost::asio::co_spawn(loop, accept(), boost::asio::detached);
  }

  [[nodiscard]] Endpoint endpoint() const { return acceptor_.local_endpoint(); }
  [[nodiscard]] const Seen& seen() const { return *seen_; }
  void habit(Habit habit) { habit_ = habit; }
  /// Goes away; what it took so far ends by itself.
  void close() { acceptor_.close(); }

 private:
  using Socket = boost::asio::ip::tcp::socket;
  static constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

  /// A client that has a session says so by pre_shared_key (TLS 1.3), by a ticket or by a session id (1.2). A client of
  /// 1.3 fills the id in any case (RFC 8446 D.4).
  static int looks(SSL* ssl, int*, void* self) {
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    const bool key = SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &data, &size) == 1;
    const bool ticket = SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_session_ticket, &data, &size) == 1 && size > 0;
    static_cast<LocalServer*>(self)->resumes_ = key || ticket;
    const Habit habit = static_cast<LocalServer*>(self)->habit_;
    if (habit == Habit::alert && (key || ticket)) return SSL_CLIENT_HELLO_ERROR;
    return SSL_CLIENT_HELLO_SUCCESS;
  }

  Task<void> accept() {
    for (;;) {
      auto [code, socket] = co_await acceptor_.async_accept(kTuple);
      if (code) co_return;
      ++seen_->connections;
      boost::asio::co_spawn(acceptor_.get_executor(), serve(this, std::move(socket), seen_), boost::asio::detached);
    }
  }

  static Task<bool> push(Socket& socket, TlsSession& session) {
    const std::string records(session.output());
    session.output_sent();
    if (records.empty()) co_return true;
    const auto [code, count] = co_await boost::asio::async_write(socket, boost::asio::buffer(records), kTuple);
    co_return !code && count == records.size();
  }

  static Task<void> wait_for_the_end(Socket& socket) {
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto [code, count] = co_await socket.async_read_some(boost::asio::buffer(buffer), kTuple);
      if (code || count == 0) co_return;
    }
  }

  static Task<void> serve(LocalServer* self, Socket socket, std::shared_ptr<Seen> seen) {
    if (self->habit_ == Habit::hang_up) co_return;
    if (self->habit_ == Habit::silent_from_the_start) {
      co_await wait_for_the_end(socket);
      co_return;
    }
    const std::string greeting = "220 hello\r\n";
    if (!self->tls_) {
      ++seen->greeted;
      static_cast<void>(co_await boost::asio::async_write(socket, boost::asio::buffer(greeting), kTuple));
      co_await wait_for_the_end(socket);
      co_return;
    }
    const auto session = *TlsSession::make(self->tls_);
    std::array<char, 4096> buffer{};
    for (bool first = true;; first = false) {
      const auto want = session->handshake();
      const bool cut = first ? false : self->resumes_ && (self->habit_ == Habit::fin || self->habit_ == Habit::reset);
      if (cut && self->habit_ == Habit::reset) socket.set_option(boost::asio::socket_base::linger(true, 0));
      if (cut) co_return;
      if (!first && self->resumes_ && self->habit_ == Habit::silence) {
        co_await wait_for_the_end(socket);
        co_return;
      }
      if (!co_await push(socket, *session) || !want) co_return;
      if (*want == TlsSession::Want::nothing) break;
      const auto [code, count] = co_await socket.async_read_some(boost::asio::buffer(buffer), kTuple);
      if (code) co_return;
      session->input(std::string_view(buffer.data(), count));
    }
    seen->resumed += session->info().resumed ? 1U : 0U;
    if (session->info().resumed && self->habit_ == Habit::fin_after) co_return;
    if (!session->info().resumed || self->habit_ != Habit::silence_after) {
      ++seen->greeted;
      static_cast<void>(session->write(greeting));
      static_cast<void>(co_await push(socket, *session));
    }
    co_await wait_for_the_end(socket);
  }

  boost::asio::ip::tcp::acceptor acceptor_;
  Habit habit_;
  std::shared_ptr<TlsServer> tls_;
  bool resumes_ = false;  ///< says the ClientHello that came last
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
};

/// A port whose queue of connections is full: the system answers nobody who comes.
class DeafAddress {
 public:
  explicit DeafAddress(const Endpoint& wanted) : at_(wanted) {
    const int on = 1;
    EXPECT_EQ(::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
    EXPECT_EQ(::bind(listener_.get(), at_.data(), static_cast<socklen_t>(at_.size())), 0);
    EXPECT_EQ(::listen(listener_.get(), 0), 0);
    for (int i = 0; i < 4; ++i) {
      crowd_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      static_cast<void>(::connect(crowd_.back().get(), at_.data(), static_cast<socklen_t>(at_.size())));
    }
  }
  [[nodiscard]] const Endpoint& endpoint() const { return at_; }

 private:
  Endpoint at_;
  UniqueFd listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::vector<UniqueFd> crowd_;
};

}  // namespace postern::net
