#include "net/connection.h"

#include "base/log.h"
#include "base/text.h"
#include "net/address_order.h"
#include "net/dial.h"
#include "net/resolve.h"
#include "net/socket_stream.h"

#include <boost/asio/local/stream_protocol.hpp>

#include <sys/un.h>

#include <algorithm>
#include <utility>

namespace postern::net {
namespace {

/// Whoever has so many addresses has an administrator who should know that some are not used.
void cut(Endpoints& order, const ClientOptions& options) {
  const std::size_t found = order.size();
  if (found <= kMostAddresses) return;
  order.resize(kMostAddresses);
  if (options.addresses && std::exchange(options.addresses->many_told, true)) return;
  log(Level::notice, "the host has more addresses than are tried",
      {{"host", options.host}, {"addresses", found}, {"tried", kMostAddresses}});
}

}  // namespace

Task<Result<Connected>> connect(Executor executor, ClientOptions options) {
  const auto left = std::chrono::ceil<Milliseconds>(options.deadline - std::chrono::steady_clock::now());
  const Milliseconds patience = std::clamp(left, Milliseconds(0), options.name_timeout);
  auto found = co_await resolve(executor, options.host, options.port, patience);
  if (!found) co_return found.error();
  Endpoints order = in_order(*found, options.addresses ? options.addresses->worked : std::string());
  cut(order, options);
  const auto dial = make_dial(std::move(executor), std::move(options), std::move(order), RaceTimes());
  auto connected = co_await dial->next();
  co_return connected;
}

Task<Result<std::unique_ptr<Stream>>> connect_unix(Executor executor, std::string path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    co_return Error{Failure::io, "the socket path is empty or too long: " + printable(path)};
  }
  auto stream = std::make_unique<SocketStream>(Socket(boost::asio::local::stream_protocol::socket(executor)));
  if (auto connected = co_await stream->connect(boost::asio::local::stream_protocol::endpoint(path)); !connected) {
    Error error = connected.error();
    error.text = printable(path) + ": " + error.text;
    co_return error;
  }
  co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace postern::net
