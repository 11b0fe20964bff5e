#include "submission/sessions.h"
#include "base/log.h"
#include "submission/pump.h"
#include "submission/refusal_log.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <set>
#include <utility>

namespace postern::submission {
namespace {

constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr Seconds kSweep{1};     // how often silent clients are looked for
constexpr Seconds kLastWord{5};  // for a client that is told to come back later
constexpr Seconds kCutOff{5};    // for commits under way when their clients were cut off

Task<void> turn_away(std::unique_ptr<net::Stream> stream, std::string reply) {
  stream->expires_after(kLastWord);
  static_cast<void>(co_await stream->write(reply));
}

Task<void> run_session(std::shared_ptr<Pump> pump) { co_await pump->run(); }
Task<void> dismiss(std::shared_ptr<Pump> pump, std::string text) { co_await pump->dismiss(std::move(text)); }

}  // namespace

struct Sessions::State {
  explicit State(Executor loop) : executor(std::move(loop)), sweep(executor), changed(executor) {}

  [[nodiscard]] bool has_room_for(const net::Peer& peer) const {
    if (stopping || pumps.size() >= kSessions) return false;
    if (!peer.uid) return over_tcp < kSessionsOverTcp;
    const auto user = of_user.find(*peer.uid);
    return user == of_user.end() || user->second < kSessionsOfUser;
  }

  void add(const std::shared_ptr<Pump>& pump) {
    pumps.insert(pump);
    const net::Peer& peer = pump->peer();
    ++(peer.uid ? of_user[*peer.uid] : over_tcp);
  }

  void remove(const std::shared_ptr<Pump>& pump) {
    pumps.erase(pump);
    const net::Peer& peer = pump->peer();
    if (!peer.uid) --over_tcp;
    if (peer.uid && --of_user[*peer.uid] == 0) of_user.erase(*peer.uid);
    if (pumps.empty()) sweep.cancel();
    changed.cancel();
  }

  /// A copy: what is done to a session may end it, and so change the set.
  [[nodiscard]] std::vector<std::shared_ptr<Pump>> all() const { return {pumps.begin(), pumps.end()}; }

  Executor executor;
  std::set<std::shared_ptr<Pump>> pumps;
  std::map<uid_t, std::size_t> of_user;
  std::size_t over_tcp = 0;
  SubmissionMemory memory;
  RefusalLog refusals;
  bool stopping = false;
  bool sweeping = false;
  boost::asio::steady_timer sweep;
  boost::asio::steady_timer changed;  ///< cancelled when a session ends

  static Task<void> sweep_loop(std::shared_ptr<State> state);
  static Task<void> wait_for_all(std::shared_ptr<State> state, SteadyTime until);
};

/// Runs while there are sessions.
Task<void> Sessions::State::sweep_loop(std::shared_ptr<State> state) {
  while (!state->pumps.empty()) {
    state->sweep.expires_after(kSweep);
    static_cast<void>(co_await state->sweep.async_wait(kToken));
    for (const std::shared_ptr<Pump>& pump : state->all()) {
      const std::string words(pump->overdue());
      if (!words.empty()) spawn(state->executor, dismiss(pump, words), "dismiss");
    }
  }
  state->sweeping = false;
}

Task<void> Sessions::State::wait_for_all(std::shared_ptr<State> state, SteadyTime until) {
  while (!state->pumps.empty() && std::chrono::steady_clock::now() < until) {
    state->changed.expires_at(until);
    static_cast<void>(co_await state->changed.async_wait(kToken));
  }
}

Sessions::Sessions(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}
Sessions::~Sessions() = default;

std::size_t Sessions::count() const { return state_->pumps.size(); }

SubmissionMemory& Sessions::memory() { return state_->memory; }

void Sessions::start(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<const Config> config,
                     queue::Queue& queue, Clock& clock) {
  const std::shared_ptr<State> state = state_;
  if (!state->has_room_for(peer)) {
    const char* reason = state->stopping ? "shutting down" : "too many connections";
    const std::string uid = peer.uid ? std::to_string(*peer.uid) : "";
    log(Level::notice, "turned away", {{"client", peer.address}, {"uid", uid}, {"reason", reason}});
    std::string reply = "421 4.3.2 " + config->hostname + " " + reason + ", try again later\r\n";
    spawn(state->executor, turn_away(std::move(stream), std::move(reply)), "turn away");
    return;
  }
  auto pump = std::make_shared<Pump>(std::move(stream), std::move(peer), std::move(config), queue, clock,
                                     &state->memory, state->refusals);
  state->add(pump);
  spawn(state->executor, run_session(pump), "session", [state, pump] { state->remove(pump); });
  if (std::exchange(state->sweeping, true)) return;
  spawn(state->executor, State::sweep_loop(state), "sweep");
}

Task<void> Sessions::shutdown(Seconds grace) {
  const std::shared_ptr<State> state = state_;
  state->stopping = true;
  for (const std::shared_ptr<Pump>& pump : state->all()) {
    pump->end_soon();
    if (!pump->in_message()) spawn(state->executor, dismiss(pump, "is shutting down, try again later"), "dismiss");
  }
  co_await State::wait_for_all(state, std::chrono::steady_clock::now() + grace);
  if (state->pumps.empty()) co_return;
  log(Level::notice, "cut off", {{"sessions", state->pumps.size()}});
  for (const std::shared_ptr<Pump>& pump : state->all()) pump->cut_off();
  co_await State::wait_for_all(state, std::chrono::steady_clock::now() + kCutOff);
}

}  // namespace postern::submission
