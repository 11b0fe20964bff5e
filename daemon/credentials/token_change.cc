#include "credentials/token_change.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace postern::credentials {
namespace {

constexpr Milliseconds kLook{20};

std::size_t& open_changes() {
  static std::size_t count = 0;
  return count;
}

}  // namespace

TokenChange::TokenChange() { ++open_changes(); }
TokenChange::~TokenChange() { --open_changes(); }

std::size_t TokenChange::under_way() { return open_changes(); }

Task<void> token_changes_ended(SteadyTime until) {
  constexpr auto kLookToken = boost::asio::as_tuple(boost::asio::use_awaitable);
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (SteadyTime now = std::chrono::steady_clock::now(); TokenChange::under_way() > 0 && now < until;
       now = std::chrono::steady_clock::now()) {
    timer.expires_at(std::min<SteadyTime>(until, now + kLook));
    static_cast<void>(co_await timer.async_wait(kLookToken));
  }
}

}  // namespace postern::credentials
