#include "net/connection.h"

#include "base/fd.h"
#include "base/text.h"
#include "net/socket_stream.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cerrno>
#include <utility>
#include <vector>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kAddresses = 8;  // tried of one host; more are a mistake or an attack on our patience
constexpr Milliseconds kLeastShare{2000};

using Endpoints = std::vector<tcp::endpoint>;

/// getaddrinfo cannot be interrupted, so what is waited for is a timer that the answer ends. Shared with the
/// resolver's handler, which may come after the waiter gave up.
struct Lookup {
  explicit Lookup(const Executor& executor) : resolver(executor), answered(executor) {}
  tcp::resolver resolver;
  asio::steady_timer answered;
  std::optional<boost::system::error_code> result;
  Endpoints endpoints;
};

void start(const std::shared_ptr<Lookup>& lookup, const std::string& host, std::uint16_t port) {
  auto answer = [lookup](const boost::system::error_code& error, const tcp::resolver::results_type& found) {
    lookup->result = error;
    for (const auto& entry : found) {
      if (lookup->endpoints.size() < kAddresses) lookup->endpoints.push_back(entry.endpoint());
    }
    lookup->answered.cancel();
  };
  try {
    lookup->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service, std::move(answer));
  } catch (const boost::system::system_error& error) {  // the first lookup starts a thread, and there may be no more
    lookup->result = error.code();
  }
}

Task<Result<Endpoints>> resolve(const Executor& executor, const ClientOptions& options) {
  boost::system::error_code not_numeric;
  const auto address = asio::ip::make_address(options.host, not_numeric);
  if (!not_numeric) co_return Endpoints(1, tcp::endpoint(address, options.port));

  const auto lookup = std::make_shared<Lookup>(executor);
  lookup->answered.expires_after(options.connect_timeout);
  start(lookup, options.host, options.port);
  if (!lookup->result) static_cast<void>(co_await lookup->answered.async_wait(kToken));
  const std::string what = "cannot resolve " + printable(options.host) + ": ";
  if (!lookup->result) co_return Error{Failure::resolve, what + "no answer from the name service in time"};
  if (*lookup->result) co_return Error{Failure::resolve, what + lookup->result->message()};
  if (lookup->endpoints.empty()) co_return Error{Failure::resolve, what + "it has no address"};
  co_return lookup->endpoints;
}

std::string peer_text(const ClientOptions& options, const tcp::endpoint& endpoint) {
  return printable(options.host) + "[" + endpoint.address().to_string() + "]:" + std::to_string(endpoint.port());
}

/// One address: connected and, for implicit TLS, verified.
Task<Result<std::unique_ptr<SocketStream>>> attempt(const Executor& executor, const ClientOptions& options,
                                                    const tcp::endpoint& endpoint, Milliseconds share) {
  boost::system::error_code code;
  tcp::socket socket(executor);
  // Asio's own open() would let every child inherit the connection.
  UniqueFd fd(::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!fd) co_return system_error(errno, "socket");
  socket.assign(endpoint.protocol(), fd.get(), code);
  if (code) co_return system_error(code.value(), "socket");
  static_cast<void>(fd.release());
  socket.set_option(tcp::no_delay(true), code);
  auto stream = std::make_unique<SocketStream>(Socket(std::move(socket)));
  if (options.tls) stream->use(options.tls);
  stream->expires_after(share);
  if (auto connected = co_await stream->connect(endpoint); !connected) co_return connected.error();
  if (options.implicit_tls) {
    stream->expires_after(options.handshake_timeout);
    if (auto secured = co_await stream->start_tls(); !secured) co_return secured.error();
  }
  co_return stream;
}

/// What tells most about a host that was tried at several addresses. A local refusal (EPERM of a packet filter,
/// EADDRNOTAVAIL) is a connection that could not be made, too.
Failure worse(Failure before, Failure now) {
  const auto rank = [](Failure failure) {
    switch (failure) {
      case Failure::tls: return 3;
      case Failure::timeout: return 2;
      case Failure::closed: return 1;
      default: return 0;
    }
  };
  const Failure known = rank(now) > 0 ? now : Failure::refused;
  return rank(known) > rank(before) ? known : before;
}

}  // namespace

Task<Result<Connected>> connect(Executor executor, ClientOptions options) {
  const auto endpoints = co_await resolve(executor, options);
  if (!endpoints) co_return endpoints.error();
  const SteadyTime end = std::chrono::steady_clock::now() + options.connect_timeout;
  Failure failure = Failure::refused;
  std::string reasons;
  std::size_t left = endpoints->size();
  for (const tcp::endpoint& endpoint : *endpoints) {
    const auto remaining = std::chrono::duration_cast<Milliseconds>(end - std::chrono::steady_clock::now());
    const Milliseconds share = std::max(remaining / static_cast<long>(left--), kLeastShare);
    auto stream = co_await attempt(executor, options, endpoint, std::min<Milliseconds>(share, options.connect_timeout));
    if (stream) {
      Connected connected;
      connected.stream = std::move(*stream);
      connected.peer = peer_text(options, endpoint);
      co_return connected;
    }
    failure = worse(failure, stream.error().failure);
    reasons += (reasons.empty() ? "" : "; ") + peer_text(options, endpoint) + ": " + stream.error().text;
  }
  co_return Error{failure, reasons};
}

Task<Result<std::unique_ptr<Stream>>> connect_unix(Executor executor, std::string path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    co_return Error{Failure::io, "the socket path is empty or too long: " + printable(path)};
  }
  auto stream = std::make_unique<SocketStream>(Socket(asio::local::stream_protocol::socket(executor)));
  if (auto connected = co_await stream->connect(asio::local::stream_protocol::endpoint(path)); !connected) {
    Error error = connected.error();
    error.text = printable(path) + ": " + error.text;
    co_return error;
  }
  co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace postern::net
