#include "credentials/flight.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace postern::credentials {

namespace asio = boost::asio;

struct Flight::Run {
  explicit Run(const Executor& loop) : landed(loop, asio::steady_timer::time_point::max()) {}

  static Task<void> fly(std::shared_ptr<Run> run, Task<Result<Secret>> work) { run->result = co_await std::move(work); }

  asio::steady_timer landed;  ///< cancelled when there is a result
  std::optional<Result<Secret>> result;
};

Task<Result<Secret>> Flight::join(Work work) {
  if (!run_) {
    run_ = std::make_shared<Run>(loop_);
    // Not run by this caller: if it goes away, the others still wait.
    const auto landed = [run = run_] {
      if (!run->result) run->result = Error{Failure::invalid, "an internal error, see the log"};
      run->landed.cancel();
    };
    spawn(loop_, Run::fly(run_, work()), name_, landed);
  }
  const auto run = run_;
  constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
  while (!run->result) static_cast<void>(co_await run->landed.async_wait(kToken));
  if (run_ == run) run_.reset();
  co_return *run->result;
}

}  // namespace postern::credentials
