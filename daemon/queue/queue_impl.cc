#include "queue/queue_impl.h"

#include "base/log.h"
#include "base/random.h"
#include "queue/intake.h"
#include "queue/schedule.h"
#include "spool/recovery.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <malloc.h>
#include <algorithm>
#include <utility>

namespace postern::queue {

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
    : loop_(std::move(loop)),
      spool_(spool),
      pool_(pool),
      clock_(clock),
      config_(std::move(config)),
      deliver_(std::move(deliver)),
      space_(std::make_unique<FreeSpace>(loop_, spool_, pool_, clock_)),
      suspects_(config_.in_flight),
      timer_(loop_),
      all_closed_(loop_),
      gap_keeper_(config_.gaps),
      beat_timer_(loop_) {
  recall_gaps();
  set_sites(std::move(sites));
}

Task<Result<void>> QueueImpl::start() {
  auto job = [spool = &spool_] { return spool::recover(*spool); };
  ++open_;
  Result<spool::Recovered> recovered = co_await pool_.run(spool::Priority::normal, std::move(job));
  closed();
  if (stopped_) co_return Error{Failure::cancelled, "the queue was stopped while it started"};
  if (!recovered) co_return recovered.error();
  const WallTime now = clock_.wall();
  for (const spool::Found& found : recovered->queue) {
    Ticket ticket;
    ticket.id = found.id;
    ticket.due = believable(found.modified, now, config_.retry);
    ticket.size = found.size;
    index_.add(ticket);
  }
  counted_.held = recovered->held.size();
  counted_.failed = recovered->failed;
  counted_.corrupt = recovered->corrupt;
  log(Level::info, "queue loaded",
      {{"messages", recovered->queue.size()},
       {"unfinished_receptions_removed", recovered->unfinished},
       {"failed", recovered->failed},
       {"corrupt", recovered->corrupt}});
  // Several threads made the list of a large spool, and each would keep its memory.
  recovered->queue = {};
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
  (void)space_->room_for(0);
  running_ = true;
  beat();
  pump();
  co_return Result<void>();
}

Task<void> QueueImpl::stop() {
  stopped_ = true;
  running_ = false;
  timer_.cancel();
  timer_armed_ = false;
  last_beat();
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) give_back(static_cast<std::uint16_t>(lane));
  while (open_ > 0) {
    all_closed_.expires_at(SteadyTime::max());
    boost::system::error_code ended;
    co_await all_closed_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
  }
}

void QueueImpl::configure(Config config, std::vector<SiteConfig> sites) {
  config_ = std::move(config);
  set_sites(std::move(sites));
  tell_unknown_routes();
  // The password may be another one now, or the server well again.
  for (const SitePtr& site : sites_) site->force_probe(clock_.steady(), Probe::forced);
  pump();
}

/// A site that keeps its name and generation keeps its health. What is under way at one that went reports to that one.
void QueueImpl::set_sites(std::vector<SiteConfig> sites) {
  std::vector<SitePtr> before = std::exchange(sites_, {});
  for (SiteConfig& config : sites) {
    const auto known = std::ranges::find_if(before, [&](const SitePtr& site) {
      return site->name() == config.name && site->config().generation == config.generation;
    });
    if (known == before.end()) {
      sites_.push_back(std::make_shared<Site>(std::move(config)));
    } else {
      (*known)->configure(std::move(config));
      sites_.push_back(*known);
    }
  }
}

QueueId QueueImpl::new_id() {
  notice_clock_jump();
  constexpr std::uint64_t kSecond = 1'000'000;
  const auto since = std::chrono::time_point_cast<std::chrono::microseconds>(clock_.wall()).time_since_epoch();
  auto time = static_cast<std::uint64_t>(since.count());
  // The clock has milliseconds; messages within one keep their order by counting on. A clock set back is followed.
  if (time <= last_id_time_ && last_id_time_ - time < kSecond) time = last_id_time_ + 1;
  last_id_time_ = time;
  const std::chrono::microseconds stamp(time);
  return QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(stamp), random_number());
}

double QueueImpl::chance() { return static_cast<double>(random_number() >> 11U) * 0x1p-53; }

std::unique_ptr<Intake> QueueImpl::begin(mail::Envelope envelope) {
  envelope.id = new_id();
  envelope.accepted = envelope.id.accepted();
  auto draft = std::make_shared<spool::Draft>(spool_, std::move(envelope));
  auto ended = [this](const spool::Draft& stored, const Result<void>& result, SteadyTime::duration took) {
    const WallTime since = not_stored_ ? not_stored_->since : clock_.wall();
    // Our own reserve, which is no error of the system, is looked at anew by whoever asks.
    const bool reserve = !result && result.error().code == 0 && result.error().failure == Failure::no_space;
    // Nor does a message that is refused for itself say anything of the disk.
    const bool its_own = !result && result.error().failure == Failure::limit;
    if (its_own) return;
    if (!reserve) not_stored_ = result ? std::nullopt : std::optional(Refusal{since, result.error()});
    if (!result) return space_->forget_age();
    ++counted_.accepted;
    if (config_.observer != nullptr) config_.observer->stored(took);
    accepted(stored);
  };
  auto room = [spool = &spool_](std::uint64_t size) -> Result<void> {
    const Result<spool::Space> space = spool->space();
    return space ? enough_room(*space, size) : Result<void>();  // writing will tell
  };
  return std::make_unique<SpoolIntake>(pool_, clock_, std::move(draft), std::move(room), std::move(ended));
}

Task<std::optional<Refusal>> QueueImpl::refusing() {
  if (not_stored_) co_return not_stored_;
  const bool answered = co_await space_->look();
  const Result<void> room =
      answered ? space_->room_for(0) : Error{Failure::timeout, "the spool's disk does not answer"};
  if (room) co_return std::nullopt;
  const Refusal refusal{clock_.wall(), room.error()};
  co_return refusal;
}

void QueueImpl::accepted(const spool::Draft& draft) {
  Ticket ticket;
  ticket.id = draft.envelope().id;
  ticket.due = clock_.wall();
  ticket.size = draft.file_size();
  index_.add(ticket);
  pump();
}

void QueueImpl::site_recovered(const std::string& name) {
  for (const SitePtr& site : sites_) {
    if (site->name() == name) tell_site(*site, site->recovered());
  }
  pump();
}

std::shared_ptr<void> QueueImpl::watch(QueueId id, Watch watch) { return watchers_.add(id, std::move(watch)); }

}  // namespace postern::queue
