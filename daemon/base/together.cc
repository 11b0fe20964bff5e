#include "base/together.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace postern {

Task<void> together(std::vector<Task<void>> tasks, std::string name) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  struct Waiting {
    boost::asio::steady_timer ended;
    std::size_t left;
  };
  const auto waiting = std::make_shared<Waiting>(Waiting{boost::asio::steady_timer(executor), tasks.size()});
  const auto done = [waiting] {
    if (--waiting->left == 0) waiting->ended.cancel();
  };
  for (Task<void>& task : tasks) spawn(executor, std::move(task), name, done);
  while (waiting->left > 0) {
    waiting->ended.expires_at(boost::asio::steady_timer::time_point::max());
    boost::system::error_code ignored;
    co_await waiting->ended.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
}

}  // namespace postern
