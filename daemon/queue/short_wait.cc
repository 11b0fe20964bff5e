#include "queue/short_wait.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::queue {

Task<bool> wait_shortly(Executor loop, std::function<bool()> is_over, Milliseconds patience) {
  boost::asio::steady_timer pause(loop);
  for (Milliseconds wait(1); !is_over() && wait < patience; wait *= 2) {
    pause.expires_after(wait);
    co_await pause.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  co_return is_over();
}

}  // namespace postern::queue
