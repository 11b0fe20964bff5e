// The delivery loop. pump() takes due messages while the sites have appetite, prepare() reads one, feed() gives
// those that are read to sites with a free connection, attempt() tries one.
#include "base/log.h"
#include "mail/advice.h"
#include "queue/queue_impl.h"
#include "queue/schedule.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace postern::queue {
namespace {

// The longest sleep while something waits: a wall clock that was set is noticed within this time.
constexpr Milliseconds kLongestSleep = Seconds(60);
constexpr Milliseconds kClockJump = Seconds(60);

}  // namespace

/// Failover: a site counts only while those before it are in trouble.
std::size_t QueueImpl::appetite() const {
  const SteadyTime now = clock_.steady();
  std::size_t total = 0;
  for (const SitePtr& site : sites_) {
    total += site->appetite(now);
    if (site->healthy()) break;
  }
  return total;
}

QueueImpl::SitePtr QueueImpl::choose() const {
  const SteadyTime now = clock_.steady();
  for (const SitePtr& site : sites_) {
    if (site->accepts(now)) return site;
    if (site->healthy()) return nullptr;
  }
  return nullptr;
}

void QueueImpl::pump() {
  if (!running_) return;
  notice_clock_jump();
  feed();
  const WallTime now = clock_.wall();
  while (open_ < appetite()) {
    const Ticket* first = index_.first();
    if (first == nullptr || first->due > now) break;
    const QueueId id = first->id;
    index_.set(id, Ticket::Phase::active);
    ++open_;
    spawn(loop_, prepare(id), "reading of message " + id.str());
  }
  arm_timer();
}

void QueueImpl::feed() {
  while (!ready_.empty()) {
    const SitePtr site = choose();
    if (!site) break;
    MessagePtr message = std::move(ready_.front());
    ready_.pop_front();
    const Site::Permit permit = site->started(clock_.steady());
    std::string task = "attempt of message " + message->id().str();
    spawn(loop_, attempt(std::move(message), site, permit), std::move(task));
  }
  const bool hope = std::ranges::any_of(sites_, [](const SitePtr& site) { return site->healthy(); });
  if (!hope) give_back();
}

/// What was read for a site that is gone waits again; its file and its time are as they were.
void QueueImpl::give_back() {
  while (!ready_.empty()) {
    const QueueId id = ready_.front()->id();
    ready_.pop_front();
    index_.set(id, Ticket::Phase::waiting);
    closed();
  }
}

void QueueImpl::closed() {
  --open_;
  if (open_ == 0) all_closed_.cancel();
}

void QueueImpl::arm_timer() {
  const Ticket* first = index_.first();
  if (!running_ || (first == nullptr && ready_.empty())) return;
  const WallTime wall = clock_.wall();
  const SteadyTime steady = clock_.steady();
  Milliseconds wait = kLongestSleep;
  if (first != nullptr && first->due > wall) wait = std::min(wait, first->due - wall);
  for (const SitePtr& site : sites_) {
    const auto opens = site->wake(steady);
    if (opens && *opens > steady) wait = std::min(wait, std::chrono::ceil<Milliseconds>(*opens - steady));
  }
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

void QueueImpl::notice_clock_jump() {
  const WallTime wall = clock_.wall();
  const auto ahead = wall.time_since_epoch() - std::chrono::floor<Milliseconds>(clock_.steady().time_since_epoch());
  const Milliseconds jump = ahead - std::exchange(wall_ahead_, ahead);
  if (jump > -kClockJump) return;
  const Retry retry = config_.retry;
  index_.reschedule([wall, retry](WallTime due) { return believable(due, wall, retry); });
}

Task<void> QueueImpl::prepare(QueueId id) {
  auto job = [spool = &spool_, id] { return spool->read(id); };
  Result<spool::Stored> stored = co_await pool_.run(std::move(job));
  if (!stored) {
    Error error = stored.error();
    co_await unreadable(id, std::move(error));
    closed();
    pump();
    co_return;
  }
  if (const auto more = unwritten_.find(id); more != unwritten_.end()) {
    stored->log.insert(stored->log.end(), more->second.begin(), more->second.end());
  }
  auto message = std::make_unique<StoredMessage>(spool_, pool_, std::move(*stored));
  if (message->pending().empty()) {
    // The program ended between the last verdict and the unlink.
    Actions settled;
    settled.done = true;
    co_await finish(*message, settled);
    closed();
    pump();
    co_return;
  }
  ready_.push_back(std::move(message));
  if (!running_) give_back();
  pump();
}

Task<void> QueueImpl::unreadable(QueueId id, Error error) {
  if (error.failure == Failure::not_found) {
    log(Level::notice, "file is gone, somebody else removed it", {{"id", id.text()}});
    gone(id);
  } else if (error.failure == Failure::newer) {
    log(Level::warning, "held: written by a newer version of this program", {{"id", id.text()}, {"why", error.text}});
    index_.set(id, Ticket::Phase::held);
  } else if (error.failure == Failure::corrupt) {
    auto job = [spool = &spool_, id] { return spool->move(id, spool::Area::queue, spool::Area::corrupt); };
    const Result<void> moved = co_await pool_.run(std::move(job));
    const std::string result = moved ? std::string("moved to corrupt/") : "left in place: " + moved.error().text;
    log(Level::warning, "damaged message is not delivered", {{"id", id.text()}, {"why", error.text}, {"file", result}});
    if (moved) {
      ++counted_.corrupt;
      gone(id);
    } else {
      index_.set(id, Ticket::Phase::corrupt);
    }
  } else {
    log(Level::warning, "message cannot be read now, tried again later", {{"id", id.text()}, {"why", error.text}});
    index_.set(id, Ticket::Phase::waiting, clock_.wall() + config_.retry.min);
  }
}

Task<void> QueueImpl::attempt(MessagePtr message, SitePtr site, Site::Permit permit) {
  const QueueId id = message->id();
  if (watchers_.wants(id)) {
    Event event;
    event.id = id;
    watchers_.tell(event);
  }
  mail::DeliveryReport report;
  try {
    report = co_await deliver_(*message, site->name());
    learn(*site, permit, report);
  } catch (const std::exception& bug) {
    // One message that makes the program fail must not stop the others; it is tried again by its schedule.
    log(Level::error, "internal error in a delivery", {{"id", id.text()}, {"what", bug.what()}});
    site->returned(permit);
  }
  const auto place = std::ranges::find(sites_, site);
  index_.set_site(id, static_cast<std::uint16_t>(place == sites_.end() ? 0 : place - sites_.begin()));
  pump();  // the connection is free for the next one while this one's outcome is written
  co_await perform(*message, report);
  message.reset();
  closed();
  pump();
}

void QueueImpl::learn(Site& site, Site::Permit permit, const mail::DeliveryReport& report) {
  const Site::Change change =
      site.finished(permit, report.site, clock_.steady(), clock_.wall(), config_.retry, chance());
  const bool delivered = std::ranges::any_of(
      report.recipients, [](const auto& status) { return status && status->verdict == mail::Verdict::delivered; });
  if (delivered) site.delivered(clock_.wall());
  tell_site(site, change);
}

void QueueImpl::tell_site(const Site& site, Site::Change change) {
  if (change == Site::Change::none) return;
  if (change == Site::Change::up) {
    log(Level::notice, "site up", {{"site", site.name()}});
    return;
  }
  const mail::SiteTrouble& trouble = *site.trouble();
  if (trouble.failure == Failure::cancelled) return;  // that is us, at the stop
  const auto probe = site.next_probe().value_or(clock_.steady()) - clock_.steady();
  const bool alarm = change == Site::Change::login_refused;
  const std::string_view what = alarm                          ? "site down: the login failed"
                                : change == Site::Change::down ? "site down"
                                                               : "site still down";
  std::string advice = mail::advice(trouble, site.name());
  if (advice.empty()) advice = "`postern check " + site.name() + "` shows more";
  log(alarm ? Level::error : Level::warning, what,
      {{"site", site.name()},
       {"step", mail::name(trouble.step)},
       {"why", trouble.text},
       {"advice", advice},
       {"next_try_in", to_words(std::chrono::ceil<Seconds>(probe))}});
}

}  // namespace postern::queue
