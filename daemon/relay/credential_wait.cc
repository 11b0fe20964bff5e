#include "relay/credential_wait.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace postern::relay {

using credentials::Source;

struct CredentialWait::State {
  explicit State(const Executor& loop) : over(loop, boost::asio::steady_timer::time_point::max()) {}

  static Task<void> run(std::shared_ptr<State> state, std::shared_ptr<Source> source, Source::Want want) {
    auto read = co_await source->get(want);
    if (!state->result) state->result = std::move(read);
  }

  void end(Error error) {
    if (!result) result = std::move(error);
    over.cancel();
  }

  boost::asio::steady_timer over;  ///< cancelled when there is a result
  std::optional<Result<sasl::Credentials>> result;
};

Task<Result<sasl::Credentials>> CredentialWait::get(std::shared_ptr<Source> source, Source::Want want) {
  const auto state = std::make_shared<State>(co_await boost::asio::this_coro::executor);
  state_ = state;
  const auto ended = [state] { state->end(Error{Failure::invalid, "an internal error, see the log"}); };
  spawn(state->over.get_executor(), State::run(state, std::move(source), want), "credentials", ended);
  constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
  while (!state->result) static_cast<void>(co_await state->over.async_wait(kToken));
  co_return std::move(*state->result);
}

void CredentialWait::cancel() {
  if (const auto state = state_.lock()) state->end(Error{Failure::cancelled, "Postern is stopping"});
}

}  // namespace postern::relay
