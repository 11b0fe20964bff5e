#include "net/socket_runner.h"

#include "base/fd.h"
#include "base/text.h"

#include <boost/asio/ip/tcp.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace postern::net {

std::string peer_text(const ClientOptions& options, const Endpoint& endpoint) {
  return printable(options.host) + "[" + endpoint.address().to_string() + "]:" + std::to_string(endpoint.port());
}

SocketRunner::SocketRunner(Executor executor, std::shared_ptr<const ClientOptions> options, const Endpoint& endpoint,
                           Handshake handshake)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      endpoint_(endpoint),
      resumption_(std::make_shared<Resumption>()) {
  resumption_->wanted = handshake == Handshake::resuming;
}

void SocketRunner::cancel() {
  cancelled_ = true;
  if (stream_) stream_->cancel();
}

Error SocketRunner::error(Error error) const {
  error.text = peer_text(*options_, endpoint_) + ": " + error.text;
  return error;
}

Task<Result<Reached>> SocketRunner::run(std::function<void()> connected) {
  until_ = std::min(std::chrono::steady_clock::now() + options_->connect_timeout, options_->deadline);
  auto done = co_await connect(connected);
  if (!done && resumption_->failed) {
    resumption_ = std::make_shared<Resumption>();
    resumption_->wanted = false;
    done = co_await connect(connected);
  }
  if (!done) co_return error(done.error());
  Reached reached;
  reached.stream = std::move(stream_);
  reached.resumption = resumption_;
  co_return reached;
}

Result<void> SocketRunner::open() {
  if (cancelled_) return Error{Failure::cancelled, "cancelled"};
  boost::system::error_code code;
  boost::asio::ip::tcp::socket socket(executor_);
  // Asio's own open() would let every child inherit the connection.
  UniqueFd fd(::socket(endpoint_.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!fd) return system_error(errno, "socket");
  socket.assign(endpoint_.protocol(), fd.get(), code);
  if (code) return system_error(code.value(), "socket");
  static_cast<void>(fd.release());
  socket.set_option(boost::asio::ip::tcp::no_delay(true), code);
  stream_ = std::make_unique<SocketStream>(Socket(std::move(socket)));
  if (options_->tls) stream_->use(options_->tls, resumption_);
  const auto left = std::chrono::ceil<Milliseconds>(until_ - std::chrono::steady_clock::now());
  stream_->expires_after(std::max(left, Milliseconds(0)));
  return {};
}

Task<Result<void>> SocketRunner::connect(const std::function<void()>& connected) {
  if (auto opened = open(); !opened) co_return opened.error();
  if (auto made = co_await stream_->connect(endpoint_); !made) co_return made.error();
  if (!options_->implicit_tls) co_return Result<void>();
  connected();
  auto secured = co_await stream_->start_tls();
  co_return secured;
}

}  // namespace postern::net
