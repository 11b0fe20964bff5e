#include "net/resolve.h"

#include "base/text.h"
#include "net/socket_stream.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

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
    for (const auto& entry : found) lookup->endpoints.push_back(entry.endpoint());
    lookup->answered.cancel();
  };
  try {
    lookup->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service, std::move(answer));
  } catch (const boost::system::system_error& error) {  // the first lookup starts a thread, and there may be no more
    lookup->result = error.code();
  }
}

}  // namespace

Task<Result<Endpoints>> resolve(Executor executor, std::string host, std::uint16_t port, Milliseconds patience) {
  boost::system::error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return Endpoints(1, Endpoint(address, port));

  const auto lookup = std::make_shared<Lookup>(executor);
  lookup->answered.expires_after(patience);
  start(lookup, host, port);
  if (!lookup->result) static_cast<void>(co_await lookup->answered.async_wait(kToken));
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  const std::string what = "cannot resolve " + printable(host) + ": ";
  if (state.cancelled() != asio::cancellation_type::none) {
    co_return Error{Failure::cancelled, what + "the answer was not waited for any more"};
  }
  if (!lookup->result) co_return Error{Failure::resolve, what + "no answer from the name service in time"};
  if (*lookup->result) co_return Error{Failure::resolve, what + lookup->result->message()};
  if (lookup->endpoints.empty()) co_return Error{Failure::resolve, what + "it has no address"};
  co_return std::move(lookup->endpoints);
}

}  // namespace postern::net
