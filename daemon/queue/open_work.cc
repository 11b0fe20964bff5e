#include "queue/open_work.h"

#include "base/clock.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace postern::queue {

OpenWork::OpenWork(const Executor& loop, std::function<void()> ended)
    : loop_(loop), ended_(std::move(ended)), none_left_(loop) {}

void OpenWork::end() {
  if (--count_ == 0) none_left_.cancel();
}

void OpenWork::spawn(Task<void> task, std::string name) {
  begin();
  postern::spawn(loop_, std::move(task), std::move(name), [this] {
    end();
    ended_();
  });
}

Task<void> OpenWork::all_ended() {
  while (count_ > 0) {
    none_left_.expires_at(SteadyTime::max());
    boost::system::error_code ended;
    co_await none_left_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
  }
}

}  // namespace postern::queue
