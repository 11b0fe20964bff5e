#include "submission/sessions.h"

#include "base/heap.h"
#include "base/log.h"
#include "mail/accepted_log.h"
#include "queue/recorder.h"
#include "submission/policy.h"
#include "submission/pump.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <set>
#include <utility>

namespace postern::submission {
namespace {

constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr Seconds kSweep{1};          // how often silent clients are looked for
constexpr Seconds kLastWord{5};       // for a client that is told to come back later
constexpr Seconds kCutOff{5};         // for commits under way when their clients were cut off
constexpr std::size_t kEnding = 200;  // sessions on their way out that count no more
constexpr std::string_view kMadeRoom = "other connections need the place of this idle one; connect again";

Task<void> turn_away(std::unique_ptr<net::Stream> stream, std::string reply) {
  stream->expires_after(kLastWord);
  static_cast<void>(co_await stream->write(reply));
}

queue::AtDoor turned_away(const net::Peer& peer) {
  queue::AtDoor message;
  message.source.kind = peer.uid ? mail::Source::Kind::local : mail::Source::Kind::smtp;
  message.source.uid = peer.uid;
  message.source.pid = peer.pid;
  if (!peer.uid) message.source.holder = peer.owner;
  if (!peer.uid) message.source.peer = peer.address;
  message.client = mail::client_text(message.source);
  message.has_sender = false;
  return message;
}

Task<void> run_session(std::shared_ptr<Pump> pump) { co_await pump->run(); }
Task<void> dismiss(std::shared_ptr<Pump> pump, std::string text) { co_await pump->dismiss(std::move(text)); }
Task<void> dismiss_overdue(std::shared_ptr<Pump> pump) { co_await pump->dismiss_overdue(); }

}  // namespace

struct Sessions::State {
  explicit State(Executor loop) : executor(std::move(loop)), sweep(executor), changed(executor) {}

  /// A place for one more, for which an idle session may have been told to end. Otherwise why there is none.
  Result<void> make_place(Party party, bool tcp, SteadyTime now) {
    if (stopping) return Error{Failure::busy, "shutting down, try again later"};
    if (pumps.size() >= kSessions + kEnding) return Error{Failure::busy, "too many connections, try again later"};
    const FairMemory::Share share(commons.held, party);
    if (!share.may_be(Pump::kLeast)) return Error{Failure::busy, no_memory(party).text};
    if (pumps.size() < kSessionsOfUser) return {};  // no limit is lower
    std::vector<std::shared_ptr<Pump>> counted;
    std::vector<Seat> places;
    for (const std::shared_ptr<Pump>& pump : pumps) {
      if (pump->ending()) continue;
      counted.push_back(pump);
      places.push_back(pump->seat());
    }
    const Admission admission = admit(places, party, tcp, now);
    if (admission.verdict == Admission::Verdict::refused)
      return Error{Failure::busy, admission.limit + ", try again later"};
    if (admission.verdict == Admission::Verdict::makes_room) send_away(counted[admission.place], admission.limit, now);
    return {};
  }

  void send_away(const std::shared_ptr<Pump>& pump, const std::string& limit, SteadyTime now) {
    const net::Peer& peer = pump->peer();
    if (commons.refusals.may_log(log_name(peer, pump->seat().party), now)) {
      log(Level::notice, "an idle connection made room",
          {{"client", peer.address}, {"uid", peer.user()}, {"reason", limit}});
    }
    pump->end_soon(std::string(kMadeRoom));
    spawn(executor, dismiss(pump, std::string(kMadeRoom)), "dismiss");
  }

  void remove(const std::shared_ptr<Pump>& pump) {
    pumps.erase(pump);
    if (pumps.empty()) sweep.cancel();
    changed.cancel();
  }

  /// A copy: what is done to a session may end it, and so change the set.
  [[nodiscard]] std::vector<std::shared_ptr<Pump>> all() const { return {pumps.begin(), pumps.end()}; }

  Executor executor;
  std::set<std::shared_ptr<Pump>> pumps;
  SubmissionMemory memory;
  Commons commons;
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
      if (!pump->overdue().empty()) spawn(state->executor, dismiss_overdue(pump), "dismiss");
    }
    if (state->commons.held.has_shrunk()) give_back_heap();
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
  const Party party = config->parties.of(peer.user().value_or(mail::kNoUid));
  const SteadyTime now = clock.steady();
  if (const auto place = state->make_place(party, !peer.uid, now); !place) {
    const std::string& reason = place.error().text;
    if (state->commons.refusals.may_log(log_name(peer, party), now)) {
      log(Level::notice, "turned away", {{"client", peer.address}, {"uid", peer.user()}, {"reason", reason}});
    }
    std::string reply = "421 4.3.2 " + config->hostname + " " + reason + "\r\n";
    if (config->recorder != nullptr) config->recorder->refused(turned_away(peer), "421 4.3.2 " + reason);
    spawn(state->executor, turn_away(std::move(stream), std::move(reply)), "turn away");
    return;
  }
  auto pump = std::make_shared<Pump>(std::move(stream), std::move(peer), party, std::move(config), queue, clock,
                                     &state->memory, state->commons);
  state->pumps.insert(pump);
  spawn(state->executor, run_session(pump), "session", [state, pump] { state->remove(pump); });
  if (std::exchange(state->sweeping, true)) return;
  spawn(state->executor, State::sweep_loop(state), "sweep");
}

Task<void> Sessions::shutdown(Seconds grace) {
  const std::shared_ptr<State> state = state_;
  state->stopping = true;
  for (const std::shared_ptr<Pump>& pump : state->all()) {
    pump->end_soon("is shutting down");
    if (!pump->in_message()) spawn(state->executor, dismiss(pump, "is shutting down, try again later"), "dismiss");
  }
  co_await State::wait_for_all(state, std::chrono::steady_clock::now() + grace);
  if (state->pumps.empty()) co_return;
  log(Level::notice, "cut off", {{"sessions", state->pumps.size()}});
  for (const std::shared_ptr<Pump>& pump : state->all()) pump->cut_off();
  co_await State::wait_for_all(state, std::chrono::steady_clock::now() + kCutOff);
}

}  // namespace postern::submission
