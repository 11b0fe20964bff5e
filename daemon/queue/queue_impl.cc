#include "queue/queue_impl.h"

#include "base/heap.h"
#include "base/log.h"
#include "queue/intake.h"
#include "queue/schedule.h"
#include "queue/user_limit.h"
#include "spool/recovery.h"

#include <boost/asio/post.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

// The longest sleep while something waits: a wall clock that was set is noticed within this time.
constexpr Milliseconds kLongestSleep = Seconds(60);
// In `postern status`.
constexpr std::size_t kMostNamed = 3;

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::active: return "active";
    case State::waiting: return "waiting";
    case State::held: return "held";
    case State::failed: return "failed";
    case State::corrupt: return "corrupt";
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
      space_(std::make_unique<FreeSpace>(ground_.loop, spool, pool, clock)),
      work_(ground_.loop, [this] { pump(); }),
      messages_(ground_, config_, watchers_),
      time_(ground_.loop, clock, config_.gaps, [this](Milliseconds jump) { clock_jumped(jump); }),
      sites_(clock, config_.retry),
      reports_(ground_, config_, time_, messages_, work_),
      outcomes_(ground_, config_, time_, messages_, reports_, watchers_),
      dispatcher_(ground_, config_, messages_, sites_, reports_, outcomes_, time_, work_, std::move(deliver),
                  [this] { pump(); }),
      alarms_(ground_, config_, sites_, reports_, watchers_, work_),
      inspector_(ground_, config_.retry, time_, messages_, sites_, dispatcher_),
      timer_(ground_.loop) {
  if (config_.rates != nullptr) sites_.rates().keep_in(ground_.loop, *config_.rates);
  sites_.configure(std::move(sites));
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
  sites_.rates().stop();
}

void QueueImpl::configure(Config config, std::vector<SiteConfig> sites) {
  config_ = std::move(config);
  sites_.configure(std::move(sites));
  dispatcher_.tell_unknown_routes();
  // The password may be another one now, or the server well again.
  sites_.probe(Probe::forced);
  pump();
}

void QueueImpl::pump() {
  if (!running_) return;
  time_.notice_jump();
  alarms_.watch_over(inspector_);
  reports_.start_digest();
  dispatcher_.dispatch();
  arm_timer();
}

void QueueImpl::arm_timer() {
  const auto idle = dispatcher_.idle_for();
  if (!idle && !alarms_.open()) return;
  Milliseconds wait = std::min(idle.value_or(kLongestSleep), kLongestSleep);
  const WallTime wall = ground_.clock.wall();
  if (const auto due = reports_.due(); due && *due > wall) wait = std::min(wait, *due - wall);
  const auto at = std::chrono::steady_clock::now() + wait;
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
    boost::asio::post(ground_.loop, [this, alive = std::weak_ptr<int>(alive_)] {
      if (!alive.expired()) pump();
    });
    return;
  }
  // Times further ahead than any back-off were right by the clock of before.
  const WallTime now = ground_.clock.wall();
  const Retry& retry = config_.retry;
  messages_.index().reschedule([now, &retry](WallTime due) { return believable(due, now, retry); });
  reports_.clock_set(now);
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

std::vector<std::string> QueueImpl::shortages(bool administrator) const {
  std::vector<std::string> sentences;
  std::vector<std::uint32_t> full;
  for (const auto& [party, usage] : messages_.index().usages().each()) {
    if (!queue::within_limit(config_.per_user, usage, party, 1)) full.push_back(party);
  }
  std::ranges::sort(full);
  for (std::size_t i = 0; administrator && i < full.size() && i < kMostNamed; ++i) {
    sentences.push_back("no more mail is taken of one user: " +
                        queue::within_limit(config_.per_user, usage(full[i]), full[i], 1).error().text);
  }
  const std::size_t left = full.size() - std::min(sentences.size(), full.size());
  if (left > 0) {
    sentences.push_back(
        fmt::format("no more mail is taken of {}{}, with as much in the queue as limits.per_user permits", left,
                    administrator ? " more"
                    : left == 1   ? " user"
                                  : " users"));
  }
  const auto space = space_->last_sample();
  const Room room = space ? room_left(*space, 0) : Room::all;
  if (room != Room::all && room != Room::none) {
    sentences.push_back(fmt::format("the spool's disk is nearly full, {} MiB and {} inodes are free: {}",
                                    space->bytes >> 20U, space->inodes,
                                    room == Room::root ? "mail is taken of root alone"
                                                       : "mail is taken of users who have little in the queue alone"));
  }
  return sentences;
}

std::unique_ptr<Intake> QueueImpl::begin(mail::Envelope envelope) {
  envelope.id = time_.new_id();
  envelope.accepted = envelope.id.accepted();
  const std::uint32_t party = config_.parties.of(envelope.source);
  auto draft = std::make_shared<spool::Draft>(ground_.spool, std::move(envelope));
  const auto coming = std::make_shared<Counted>(coming_, party);
  auto ended = [this, coming, party](const spool::Draft& stored, const Result<void>& result,
                                     SteadyTime::duration took) {
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
    messages_.add(stored);
    sites_.probe(Probe::hint);
    if (sites_.open_for(config_.parties.author(stored.envelope().source))) {
      messages_.index().put_first(stored.envelope().id);
    }
    pump();
  };
  using OnDisk = std::function<Result<void>()>;
  auto room = [this, party, coming, spool = &ground_.spool](std::uint64_t size) -> Result<OnDisk> {
    const Claim claim = claim_of(party);
    Usage others = claim.own;
    others -= coming->so_far();
    const auto within = within_limit(party, others, coming->so_far().bytes + size);
    if (!within) return Error{Failure::denied, within.error().text};
    coming->add(size);
    return OnDisk([spool, claim, size]() -> Result<void> {
      const Result<spool::Space> space = spool->space();
      return space ? enough_room(*space, size, claim) : Result<void>();  // writing will tell
    });
  };
  return std::make_unique<SpoolIntake>(ground_.pool, ground_.clock, std::move(draft), std::move(room),
                                       std::move(ended));
}

Task<std::optional<Refusal>> QueueImpl::refusing() {
  if (not_stored_) co_return not_stored_;
  const bool answered = co_await space_->look();
  const Result<void> room =
      answered ? space_->room_for(0, Claim()) : Error{Failure::timeout, "the spool's disk does not answer"};
  if (room) co_return std::nullopt;
  const Refusal refusal{ground_.clock.wall(), room.error()};
  co_return refusal;
}

void QueueImpl::network_came() {
  sites_.probe(Probe::hint);
  pump();
}

void QueueImpl::drop_refused() {
  ++messages_.counted().refused;
  pump();
}

void QueueImpl::site_recovered(const std::string& name) {
  sites_.recovered(name);
  pump();
}

}  // namespace postern::queue
