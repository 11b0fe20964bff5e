// The delivery loop. pump() takes due messages while the sites have appetite, prepare() reads one, feed() gives
// those that are read to sites with a free connection, attempt() tries one.
#include "base/log.h"
#include "mail/advice.h"
#include "queue/queue_impl.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace postern::queue {
namespace {

// The longest sleep while something waits: a wall clock that was set is noticed within this time.
constexpr Milliseconds kLongestSleep = Seconds(60);
// In a row; a disk that lost its directory leaves thousands, and the log is to be read by people.
constexpr std::size_t kDamagedToldSingly = 20;

}  // namespace

void QueueImpl::pump() {
  if (!running_) return;
  notice_clock_jump();
  watch_over();
  start_digest();
  feed();
  for (std::size_t i = 0; i < lanes_.size(); ++i) take_due(static_cast<std::uint16_t>((turn_ + i) % lanes_.size()));
  if (open_ == 0) tell_damaged();
  arm_timer();
}

void QueueImpl::take_due(std::uint16_t lane) {
  const WallTime now = clock_.wall();
  while (!alone_ && lanes_[lane].open < appetite(lanes_[lane])) {
    const Ticket* first = index_.first(lane);
    if (first == nullptr || first->due > now) break;
    const QueueId id = first->id;
    alone_ = suspects_.count(id) > 0 && !suspects_.guilty(id);
    if (alone_ && open_ > 0) break;
    index_.set(id, Ticket::Phase::active);
    ++open_;
    ++lanes_[lane].open;
    spawn(loop_, prepare(id, lane), "reading of message " + id.str());
  }
}

/// One message from each lane by turns, while there are free connections.
void QueueImpl::feed() {
  for (std::size_t idle = 0; idle < lanes_.size(); turn_ = (turn_ + 1) % lanes_.size()) {
    idle = feed_from(static_cast<std::uint16_t>(turn_)) ? 0 : idle + 1;
  }
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (hopeless(lanes_[lane])) give_back(static_cast<std::uint16_t>(lane));
  }
}

bool QueueImpl::feed_from(std::uint16_t lane) {
  std::deque<MessagePtr>& ready = lanes_[lane].ready;
  const SitePtr site = ready.empty() ? nullptr : choose(lanes_[lane]);
  if (!site) return false;
  MessagePtr message = std::move(ready.front());
  ready.pop_front();
  const Site::Permit permit = site->started(clock_.steady());
  std::string task = "attempt of message " + message->id().str();
  spawn(loop_, attempt(std::move(message), lane, site, permit), std::move(task));
  return true;
}

/// What was read for a site that is gone waits again; its file and its time are as they were.
void QueueImpl::give_back(std::uint16_t lane) {
  std::deque<MessagePtr>& ready = lanes_[lane].ready;
  while (!ready.empty()) {
    const QueueId id = ready.front()->id();
    ready.pop_front();
    index_.set(id, Ticket::Phase::waiting);
    let_go(id, lane);
  }
}

void QueueImpl::closed() {
  --open_;
  if (open_ > 0) return;
  alone_ = false;
  all_closed_.cancel();
}

void QueueImpl::let_go(const QueueId& id, std::uint16_t lane) {
  suspects_.returned(id);
  --lanes_[lane].open;
  closed();
}

void QueueImpl::arm_timer() {
  if (!running_) return;
  const WallTime wall = clock_.wall();
  const SteadyTime steady = clock_.steady();
  Milliseconds wait = kLongestSleep;
  bool needed = alarms_.open();
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    const Ticket* first = index_.first(static_cast<std::uint16_t>(lane));
    needed = needed || first != nullptr || !lanes_[lane].ready.empty();
    if (first != nullptr && first->due > wall) wait = std::min(wait, first->due - wall);
  }
  if (!needed) return;
  if (const auto due = owed_.due(); due && *due > wall) wait = std::min(wait, *due - wall);
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

Task<Result<QueueImpl::MessagePtr>> QueueImpl::load(QueueId id) {
  auto job = [spool = &spool_, id] { return spool->read(id); };
  Result<spool::Stored> stored = co_await pool_.run(spool::Priority::normal, std::move(job));
  if (!stored) co_return stored.error();
  if (const auto more = unwritten_.find(id); more != unwritten_.end()) {
    stored->log.insert(stored->log.end(), more->second.begin(), more->second.end());
  }
  co_return std::make_unique<StoredMessage>(spool_, pool_, std::move(*stored));
}

Task<void> QueueImpl::prepare(QueueId id, std::uint16_t lane) {
  if (suspects_.guilty(id)) {
    co_await hold_guilty(id);
    let_go(id, lane);
    pump();
    co_return;
  }
  suspects_.begin(id);
  Result<MessagePtr> loaded = co_await load(id);
  if (!loaded) {
    Error error = loaded.error();
    co_await unreadable(id, std::move(error));
    let_go(id, lane);
    pump();
    co_return;
  }
  MessagePtr message = std::move(*loaded);
  const auto owed = owed_since(message->states());
  const std::optional<WallTime> told = owed ? std::optional(owe(message->envelope(), *owed)) : std::nullopt;
  if (message->pending().empty() && told) {
    index_.set_settled(id);
    index_.set(id, Ticket::Phase::waiting, told);
    let_go(id, lane);
    pump();
    co_return;
  }
  if (message->pending().empty()) {
    // The program ended between the last verdict and the unlink.
    Actions settled;
    settled.done = true;
    co_await finish(*message, settled);
    let_go(id, lane);
    pump();
    co_return;
  }
  if (const std::uint16_t own = lane_for(message->route()); own != lane) {
    // What it was rerouted to stands in its file, and that was not known since the start.
    index_.set_lane(id, own);
    index_.set(id, Ticket::Phase::waiting);
    let_go(id, lane);
    pump();
    co_return;
  }
  lanes_[lane].ready.push_back(std::move(message));
  if (!running_) give_back(lane);
  pump();
}

/// Not even read: that may be where the program crashes.
Task<void> QueueImpl::hold_guilty(QueueId id) {
  auto job = [spool = &spool_, id] { return spool->move(id, spool::Area::queue, spool::Area::hold); };
  // Where the disk does not confirm a move, a crash at worst brings the message back to be judged once more.
  const Result<spool::Changed> moved = co_await pool_.run(spool::Priority::normal, std::move(job));
  if (!moved && moved.error().failure == Failure::not_found) {
    gone(id);
  } else if (!moved) {
    log(Level::error, "program crashed at this message again and again, and it cannot be put on hold; not tried",
        {{"id", id.text()}, {"why", moved.error().text}});
    index_.set(id, Ticket::Phase::waiting, clock_.wall() + config_.retry.min);
  } else {
    log(Level::error, "put on hold: the program crashed at each of the last attempts to deliver this message",
        {{"id", id.text()},
         {"crashes", suspects_.count(id)},
         {"advice", "`postern queue release " + id.str() + "` tries again"}});
    index_.remove(id);
    suspects_.ended(id);
    ++counted_.held;
  }
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
    const Result<spool::Changed> moved = co_await pool_.run(spool::Priority::normal, std::move(job));
    const std::string result = moved ? std::string("moved to corrupt/") : "left in place: " + moved.error().text;
    const Level level = ++damaged_ <= kDamagedToldSingly ? Level::warning : Level::debug;
    log(level, "damaged message is not delivered", {{"id", id.text()}, {"why", error.text}, {"file", result}});
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

/// Those that were not told singly.
void QueueImpl::tell_damaged() {
  const std::size_t count = std::exchange(damaged_, 0);
  if (count <= kDamagedToldSingly) return;
  log(Level::warning, "more damaged messages are not delivered",
      {{"number", count - kDamagedToldSingly},
       {"in_all", count},
       {"advice", "`postern queue list --state corrupt` shows them"}});
}

Task<void> QueueImpl::attempt(MessagePtr message, std::uint16_t lane, SitePtr site, Site::Permit permit) {
  const QueueId id = message->id();
  if (watchers_.wants(id)) {
    Event event;
    event.id = id;
    watchers_.tell(event);
  }
  mail::DeliveryReport report;
  const SteadyTime began = clock_.steady();
  try {
    report = co_await deliver_(*message, site->name());
    if (config_.observer != nullptr) {
      const auto took = std::chrono::duration_cast<Milliseconds>(clock_.steady() - began);
      config_.observer->attempted(site->name(), took, report);
    }
    learn(*site, permit, report);
  } catch (const std::exception& bug) {
    // One message that makes the program fail must not stop the others; it is tried again by its schedule.
    log(Level::error, "internal error in a delivery", {{"id", id.text()}, {"what", bug.what()}});
    site->returned(permit);
  }
  index_.set_site(id, number_of(site->name()));
  pump();  // the connection is free for the next one while this one's outcome is written
  co_await perform(*message, report, site->name());
  message.reset();
  const auto known = [](const auto& status) { return status.has_value(); };
  if (std::ranges::any_of(report.recipients, known)) suspects_.ended(id);
  let_go(id, lane);
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
  looked_.reset();
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
