#include "queue/queue_impl.h"

#include "base/heap.h"
#include "base/log.h"
#include "queue/drop_box.h"
#include "queue/intake.h"
#include "queue/recorder.h"
#include "queue/schedule.h"
#include "queue/user_limit.h"
#include "spool/recovery.h"

#include <boost/asio/post.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <utility>

namespace postern::queue {
namespace {

// The longest sleep while something waits: a wall clock that was set is noticed within this time.
constexpr Milliseconds kLongestSleep = Seconds(60);
// In `postern status`.
constexpr std::size_t kMostNamed = 3;

bool was_dropped(const mail::Source& source) {
  return source.kind == mail::Source::Kind::local && source.helo == kDroppedHelo;
}

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::active: return "active";
    case State::waiting: return "waiting";
    case State::held: return "held";
    case State::failed: return "failed";
    case State::corrupt: return "corrupt";
    case State::storm: return "storm";
  }
  return "unknown";
}

std::unique_ptr<Queue> Queue::make(Executor loop, spool::Spool& spool, spool::DiskPool& pool, Clock& clock,
                                   Config config, std::vector<SiteConfig> sites, Deliver deliver) {
  return std::make_unique<QueueImpl>(std::move(loop), spool, pool, clock, std::move(config), std::move(sites),
                                     std::move(deliver));
}

QueueImpl::QueueImpl(Executor loop, spool::Spool& spool, spool::DiskPool& pool, Clock& clock, Config config,
                     std::vector<SiteConfig> sites, Deliver deliver)
    : ground_{std::move(loop), spool, pool, clock},
      config_(std::move(config)),
      space_(std::make_unique<FreeSpace>(ground_.loop, spool, pool, clock, config_.patience)),
      work_(ground_.loop, [this] { pump(); }),
      messages_(ground_, config_, watchers_),
      time_(ground_.loop, clock, config_.gaps, [this](Milliseconds jump) { clock_jumped(jump); }),
      sites_(clock, config_),
      reports_(ground_, config_, time_, messages_, work_),
      outcomes_(ground_, config_, time_, messages_, reports_, watchers_),
      router_(ground_, config_, messages_, sites_, [this] { pump(); }),
      storms_(ground_, config_, messages_, router_, time_, work_, [this](const mail::Envelope& one) { let_go(one); }),
      dispatcher_(ground_, config_, messages_, sites_, reports_, outcomes_, time_, work_, router_, std::move(deliver),
                  [this] { pump(); }),
      alarms_(ground_, config_, sites_, reports_, watchers_, work_),
      inspector_(ground_, config_, time_, messages_, sites_, router_),
      timer_(ground_.loop) {
  if (config_.rates != nullptr) sites_.rates().keep_in(ground_.loop, *config_.rates);
  sites_.configure(std::move(sites));
  messages_.when_added([this](const mail::Envelope& envelope) { router_.take_in(envelope); });
}

Task<Result<void>> QueueImpl::start() {
  auto job = [spool = &ground_.spool] { return spool::recover(*spool); };
  work_.begin();
  Result<spool::Recovered> recovered = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  work_.end();
  if (stopped_) co_return Error{Failure::cancelled, "the queue was stopped while it started"};
  if (!recovered) co_return recovered.error();
  messages_.take_up(*recovered);
  // Several threads made the list of a large spool, and each would keep its memory.
  recovered->queue = {};
  give_back_heap();
  (void)space_->room_for(0, Claim());
  running_ = true;
  time_.start();
  pump();
  co_return Result<void>();
}

Task<void> QueueImpl::stop() {
  stopped_ = true;
  running_ = false;
  timer_.cancel();
  timer_armed_ = false;
  time_.stop();
  dispatcher_.stop();
  co_await work_.all_ended();
  co_await router_.stop();
  sites_.rates().stop();
}

void QueueImpl::configure(Config config, std::vector<SiteConfig> sites) {
  const Routes before = std::exchange(config_.routing, {});
  config_ = std::move(config);
  const bool other_sites = sites_.configure(std::move(sites));
  // Without any the lanes of before do: whatever a lane leads to, it is all there is.
  if (before != config_.routing || (other_sites && !before.empty())) dispatcher_.route_anew();
  if (config_.storms_of.empty()) messages_.storms().end_all(ground_.clock.wall());
  router_.ask_anew();
  router_.tell_unknown_routes();
  // The password may be another one now, or the server well again.
  sites_.probe(Probe::forced);
  pump();
}

void QueueImpl::pump() {
  if (!running_) return;
  time_.notice_jump();
  alarms_.watch_over(inspector_);
  reports_.start_digest();
  storms_.judge_asked();
  storms_.start_digest();
  dispatcher_.dispatch();
  arm_timer();
}

std::optional<Milliseconds> QueueImpl::sleeps_for() const {
  const auto idle = dispatcher_.idle_for();
  const auto storm = storms_.idle_for();
  if (!idle && !alarms_.open() && !storm) return std::nullopt;
  Milliseconds wait = std::min(idle.value_or(kLongestSleep), kLongestSleep);
  const WallTime wall = ground_.clock.wall();
  if (const auto due = reports_.due(); due && *due > wall) wait = std::min(wait, *due - wall);
  if (storm) wait = std::min(wait, *storm);
  return wait;
}

void QueueImpl::arm_timer() {
  const auto wait = sleeps_for();
  if (!wait) return;
  const auto at = std::chrono::steady_clock::now() + *wait;
  // An earlier wake-up looks again and sleeps again: cheaper than setting the timer for every message.
  if (timer_armed_ && timer_.expiry() <= at) return;
  timer_.expires_at(at);
  timer_armed_ = true;
  timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& error) {
    if (error || alive.expired()) return;
    timer_armed_ = false;
    pump();
  });
}

void QueueImpl::clock_jumped(Milliseconds jump) {
  if (jump > Milliseconds(0)) {
    sites_.rates().clock_jumped(jump);
    // The machine slept, maybe elsewhere: the trouble of before says nothing any more.
    sites_.probe(Probe::polite);
    router_.hurry();
    boost::asio::post(ground_.loop, [this, alive = std::weak_ptr<int>(alive_)] {
      if (!alive.expired()) pump();
    });
    return;
  }
  // Times further ahead than any back-off were right by the clock of before.
  const WallTime now = ground_.clock.wall();
  const Retry& retry = config_.retry;
  router_.reschedule([now, &retry](WallTime due) { return believable(due, now, retry); });
  reports_.clock_set(now);
  messages_.clock_set();
}

Claim QueueImpl::claim_of(std::uint32_t party) const {
  const Usages& queued = messages_.index().usages();
  Claim claim{party, queued.of(party), queued.all(), queued.parties()};
  claim.own += coming_->of(party);
  claim.all += coming_->all();
  for (const auto& [other, usage] : coming_->each()) claim.parties += queued.of(other).messages == 0 ? 1U : 0U;
  return claim;
}

Result<void> QueueImpl::within_limit(std::uint32_t party, const Usage& usage, std::uint64_t size) const {
  const Result<void> within = queue::within_limit(config_.per_user, usage, party, size);
  // A message that is larger than all that is left says little of the party.
  if (!within && !queue::within_limit(config_.per_user, usage, party, 1) && told_of_limit_.insert(party).second) {
    log(Level::warning, "no more mail is taken of one user", {{"why", within.error().text}});
  }
  if (within && has_room_again(config_.per_user, usage)) told_of_limit_.erase(party);
  return within;
}

Result<void> QueueImpl::room_for(std::uint64_t size, std::uint32_t party) const {
  const Claim claim = claim_of(party);
  if (auto within = within_limit(party, claim.own, size); !within) return within;
  return space_->room_for(size, claim);
}

std::vector<std::string> QueueImpl::shortages(Asker asker) const {
  std::map<std::uint32_t, std::string> full;
  for (const auto& [party, usage] : messages_.index().usages().each()) {
    if (!asker.administrator && party != asker.party) continue;
    const Result<void> within = queue::within_limit(config_.per_user, usage, party, 1);
    if (!within) full.emplace(party, within.error().text);
  }
  std::vector<std::string> sentences;
  for (const auto& [party, text] : full) {
    if (sentences.size() == kMostNamed) break;
    sentences.push_back("no more mail is taken of one user: " + text);
  }
  if (const std::size_t left = full.size() - sentences.size(); left > 0) {
    sentences.push_back(
        fmt::format("no more mail is taken of {} more, with as much in the queue as limits.per_user permits", left));
  }
  const auto space = space_->last_sample();
  const Room room = space ? room_left(*space, kOrdinary) : Room::all;
  if (room != Room::all && room != Room::none) {
    sentences.push_back(fmt::format("the spool's disk is nearly full, {} MiB and {} inodes are free: {}",
                                    space->bytes >> 20U, space->inodes,
                                    room == Room::root ? "mail is taken of root alone"
                                                       : "mail is taken of users who have little in the queue alone"));
  }
  return sentences;
}

void QueueImpl::let_go(const mail::Envelope& envelope) {
  dispatcher_.arrived(envelope.id, config_.parties.author(envelope.source));
  pump();
}

std::unique_ptr<Intake> QueueImpl::begin(mail::Envelope envelope) {
  envelope.id = time_.new_id();
  envelope.accepted = envelope.id.accepted();
  const std::uint32_t party = config_.parties.of(envelope.source);
  const bool dropped = was_dropped(envelope.source);
  const auto title = config_.recorder == nullptr ? nullptr : std::make_shared<Title>();
  auto draft = std::make_shared<spool::Draft>(ground_.spool, std::move(envelope));
  const auto coming = std::make_shared<Counted>(coming_, party);
  auto ended = [this, coming, party, title, own = std::weak_ptr(draft)](
                   const spool::Draft& stored, const Result<void>& result, SteadyTime::duration took) {
    coming->end();
    const WallTime since = not_stored_ ? not_stored_->since : ground_.clock.wall();
    // Our own reserve, which is no error of the system, is looked at anew by whoever asks.
    const bool reserve = !result && result.error().code == 0 && result.error().failure == Failure::no_space;
    // Nor does a message that is refused for itself say anything of the disk.
    const bool its_own =
        !result && (result.error().failure == Failure::limit || result.error().failure == Failure::denied);
    if (its_own) return;
    if (reserve) return work_.spawn(space_->refused(claim_of(party)), "free space of the spool");
    not_stored_ = result ? std::nullopt : std::optional(Refusal{since, result.error()});
    if (!result && result.error().failure == Failure::no_space) space_->tell(result.error());
    if (!result) return space_->forget_age();
    ++messages_.counted().accepted;
    if (config_.observer != nullptr) config_.observer->stored(took);
    if (config_.recorder != nullptr) config_.recorder->accepted(stored.envelope(), title ? *title : Title(), "");
    messages_.add(stored);
    const std::shared_ptr<spool::Draft> kept = own.lock();
    // What somebody follows, as send-test does, goes as it comes.
    const bool followed = watchers_.wants(stored.envelope().id);
    if (kept == nullptr || followed || !storms_.takes(kept)) let_go(stored.envelope());
  };
  using OnDisk = std::function<Result<void>()>;
  auto room = [this, party, dropped, coming, spool = &ground_.spool](std::uint64_t size) -> Result<OnDisk> {
    const Claim claim = claim_of(party);
    Usage others = claim.own;
    others -= coming->so_far();
    // What was dropped is taken of whoever has nothing else: it would wait for ever, and its sender was told 0.
    if (!dropped || others.messages > 0) {
      const auto within = within_limit(party, others, coming->so_far().bytes + size);
      if (!within) return Error{Failure::denied, within.error().text};
    }
    coming->add(size);
    return OnDisk([spool, claim, size]() -> Result<void> {
      const Result<spool::Space> space = spool->space();
      return space ? enough_room(*space, size, claim) : Result<void>();  // writing will tell
    });
  };
  return std::make_unique<SpoolIntake>(ground_.pool, ground_.clock, std::move(draft), std::move(room), std::move(ended),
                                       title);
}

Task<std::optional<Refusal>> QueueImpl::refusing() {
  if (not_stored_) co_return not_stored_;
  const bool answered = co_await space_->look();
  const Result<void> room =
      answered ? space_->room_for(0, Claim()) : Error{Failure::timeout, "the spool's disk does not answer"};
  if (room) co_return std::nullopt;
  const SteadyTime now = ground_.clock.steady();
  const auto lasted = std::chrono::duration_cast<Milliseconds>(now - space_->short_since().value_or(now));
  const Refusal refusal{ground_.clock.wall() - lasted, room.error()};
  co_return refusal;
}

void QueueImpl::network_came() {
  sites_.probe(Probe::hint);
  router_.hurry();
  pump();
}

void QueueImpl::drop_refused() {
  ++messages_.counted().refused;
  pump();
}

Task<Result<std::optional<RouteChoice>>> QueueImpl::route_for(mail::Envelope envelope, std::string recipient) {
  if (config_.routing.empty()) co_return std::optional<RouteChoice>();
  Result<RouteChoice> choice = co_await router_.choice_for(std::move(envelope), std::move(recipient));
  if (!choice) co_return choice.error();
  co_return std::optional<RouteChoice>(std::move(*choice));
}

Task<std::optional<StormChoice>> QueueImpl::storm_for(mail::Envelope envelope) {
  if (config_.storms_of.empty()) co_return std::nullopt;
  StormChoice choice = co_await storms_.choice_for(std::move(envelope));
  co_return std::optional<StormChoice>(std::move(choice));
}

void QueueImpl::site_recovered(const std::string& name) {
  sites_.recovered(name);
  pump();
}

void QueueImpl::site_failed(const std::string& name, const mail::SiteTrouble& trouble) {
  sites_.failed(name, trouble);
  pump();
}

}  // namespace postern::queue
