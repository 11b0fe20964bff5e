#include "queue/drop_survey.h"

#include "spool/drop_directory.h"
#include "spool/refused_directory.h"

#include <map>
#include <mutex>
#include <utility>

namespace postern::queue {

struct DropSurvey::State {
  explicit State(const std::string& spool) : drop(spool), refused(spool) {}

  std::mutex one_at_a_time;
  spool::DropDirectory drop;
  spool::RefusedDirectory refused;
  DropState found;
  SteadyTime good_until{};
};

DropSurvey::DropSurvey(spool::DiskPool& pool, const std::string& spool)
    : pool_(pool), state_(std::make_shared<State>(spool)) {}

Result<DropState> DropSurvey::survey(State& state) {
  const std::scoped_lock lock(state.one_at_a_time);
  const SteadyTime begun = system_clock().steady();
  if (begun < state.good_until) return state.found;
  const auto lying = state.drop.lying();
  if (!lying) return lying.error();
  std::map<std::uint32_t, std::size_t> owners;
  const auto read = state.refused.visit([&owners](const spool::RefusedFile& file) { ++owners[file.uid]; });
  if (!read) return read.error();
  state.found = {lying->files, lying->oldest, {}};
  for (const auto& [uid, files] : owners) state.found.refused.push_back({uid, files});
  const SteadyTime ended = system_clock().steady();
  state.good_until = ended + kRest * (ended - begun);
  return state.found;
}

Task<Result<DropState>> DropSurvey::look() {
  auto job = [state = state_] { return survey(*state); };
  co_return co_await pool_.run(spool::Priority::background, std::move(job));
}

}  // namespace postern::queue
