#include "app/one_thread.h"

#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace postern::app {

struct OneThread::State {
  using Job = std::function<void()>;

  explicit State(Post on_thread) : post(std::move(on_thread)) {}

  const Post post;
  std::mutex mutex;
  std::deque<Job> first;
  std::map<std::uint32_t, std::deque<Job>> of_parties;  // none of them is empty
  std::deque<std::uint32_t> turns;                      // of these, the next one first
  std::uint64_t ended = 0;
  bool busy = false;

  [[nodiscard]] bool rests() const { return first.empty() && turns.empty(); }

  Job take() {
    if (!first.empty()) {
      Job job = std::move(first.front());
      first.pop_front();
      return job;
    }
    const std::uint32_t party = turns.front();
    turns.pop_front();
    const auto jobs = of_parties.find(party);
    Job job = std::move(jobs->second.front());
    jobs->second.pop_front();
    if (jobs->second.empty()) {
      of_parties.erase(jobs);
    } else {
      turns.push_back(party);
    }
    return job;
  }
};

OneThread::OneThread(Post post) : state_(std::make_shared<State>(std::move(post))) {}

void OneThread::post(std::function<void()> job, std::optional<std::uint32_t> party) const {
  {
    const std::scoped_lock lock(state_->mutex);
    if (party) {
      std::deque<State::Job>& jobs = state_->of_parties[*party];
      if (jobs.empty()) state_->turns.push_back(*party);
      jobs.push_back(std::move(job));
    } else {
      state_->first.push_back(std::move(job));
    }
    if (std::exchange(state_->busy, true)) return;
  }
  state_->post([state = state_] { run_next(state); });
}

std::size_t OneThread::waiting(std::optional<std::uint32_t> party) const {
  const std::scoped_lock lock(state_->mutex);
  if (!party) return state_->first.size();
  const auto jobs = state_->of_parties.find(*party);
  return jobs == state_->of_parties.end() ? 0 : jobs->second.size();
}

std::uint64_t OneThread::ended() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->ended;
}

/// One at a time, so that other jobs have their turns between.
void OneThread::run_next(const std::shared_ptr<State>& state) {
  std::function<void()> job;
  {
    const std::scoped_lock lock(state->mutex);
    job = state->take();
  }
  job();
  job = nullptr;
  {
    const std::scoped_lock lock(state->mutex);
    ++state->ended;
    state->busy = !state->rests();
    if (!state->busy) return;
  }
  state->post([state] { run_next(state); });
}

}  // namespace postern::app
