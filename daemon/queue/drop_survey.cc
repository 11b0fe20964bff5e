#include "queue/drop_survey.h"

#include "spool/drop_directory.h"
#include "spool/refused_directory.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <optional>
#include <utility>

namespace postern::queue {

struct DropSurvey::State {
  explicit State(const std::string& spool) : drop(spool), refused(spool) {}

  spool::DropDirectory drop;
  spool::RefusedDirectory refused;
  // The event loop's alone:
  std::optional<Result<DropState>> found;
  SteadyTime good_until{};
  std::shared_ptr<boost::asio::steady_timer> ended;  ///< while somebody looks: cancelled at the end of it
};

DropSurvey::DropSurvey(spool::DiskPool& pool, const std::string& spool)
    : pool_(pool), state_(std::make_shared<State>(spool)) {}

Result<DropState> DropSurvey::survey(const State& state) {
  const auto lying = state.drop.lying();
  if (!lying) return lying.error();
  std::map<std::uint32_t, std::size_t> owners;
  const auto read = state.refused.visit([&owners](const spool::RefusedFile& file) { ++owners[file.uid]; });
  if (!read) return read.error();
  DropState found{lying->files, lying->oldest, lying->oldest_uid, {}};
  for (const auto& [uid, files] : owners) found.refused.push_back({uid, files});
  return found;
}

Task<Result<DropState>> DropSurvey::look() {
  const std::shared_ptr<State> state = state_;
  if (const std::shared_ptr<boost::asio::steady_timer> ended = state->ended) {
    co_await ended->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    co_return *state->found;
  }
  const SteadyTime begun = system_clock().steady();
  if (begun < state->good_until) co_return *state->found;
  const auto executor = co_await boost::asio::this_coro::executor;
  state->ended = std::make_shared<boost::asio::steady_timer>(executor, SteadyTime::max());
  auto job = [state] { return survey(*state); };
  state->found = co_await pool_.run(spool::Priority::background, std::move(job));
  const SteadyTime now = system_clock().steady();
  state->good_until = *state->found ? now + kRest * (now - begun) : now;
  state->ended->cancel();
  state->ended.reset();
  co_return *state->found;
}

}  // namespace postern::queue
