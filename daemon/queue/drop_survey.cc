#include "queue/drop_survey.h"

#include "spool/drop_directory.h"
#include "spool/refused_directory.h"

#include <boost/asio/this_coro.hpp>

#include <functional>
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
  bool looking = false;
};

DropSurvey::DropSurvey(spool::DiskPool& pool, const std::string& spool, Milliseconds patience)
    : pool_(pool), patience_(patience), state_(std::make_shared<State>(spool)) {}

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

Task<void> DropSurvey::search(std::shared_ptr<State> state, spool::DiskPool& pool) {
  const SteadyTime begun = system_clock().steady();
  auto job = [state] { return survey(*state); };
  Result<DropState> found = co_await pool.run(spool::Priority::background, std::move(job));
  const SteadyTime now = system_clock().steady();
  state->good_until = found ? now + kRest * (now - begun) : now;
  state->found = std::move(found);
  state->looking = false;
}

Task<Result<DropState>> DropSurvey::look() {
  const std::shared_ptr<State> state = state_;
  if (!state->looking && system_clock().steady() < state->good_until) co_return *state->found;
  const auto executor = co_await boost::asio::this_coro::executor;
  if (!std::exchange(state->looking, true)) spawn(executor, search(state, pool_), "look into the drop directory");
  std::function<bool()> is_over = [state] { return !state->looking; };
  const bool answered = co_await wait_shortly(executor, std::move(is_over), patience_);
  if (!answered) co_return Error{Failure::timeout, "the disk does not answer"};
  co_return *state->found;
}

}  // namespace postern::queue
