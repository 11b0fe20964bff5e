#include "queue/storm_keeper.h"

#include "base/log.h"
#include "base/zone.h"
#include "mail/parties.h"
#include "queue/likeness.h"
#include "queue/recorder.h"
#include "queue/route.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

namespace postern::queue {
namespace {

constexpr Seconds kEndAgain{60};
constexpr unsigned kMostFailures = 3;

void log_bug(const std::exception& bug, const std::string& task) {
  log(Level::error, "internal error", {{"task", task}, {"what", bug.what()}});
}

/// Jobs of the disk pool must not throw.
template <class Function>
std::invoke_result_t<Function> caught(Function function) {
  try {
    return function();
  } catch (const std::exception& bug) {
    return Error{Failure::invalid, std::string("internal error: ") + bug.what()};
  }
}

}  // namespace

StormKeeper::StormKeeper(const Ground& ground, const Config& config, Messages& messages, Router& router,
                         Timekeeper& time, OpenWork& work, std::function<void(const mail::Envelope&)> goes)
    : ground_(ground),
      config_(config),
      messages_(messages),
      router_(router),
      time_(time),
      work_(work),
      goes_(std::move(goes)) {}

bool StormKeeper::takes(const std::shared_ptr<spool::Draft>& stored) {
  const mail::Envelope& envelope = stored->envelope();
  if (config_.storms_of.empty() || !may_be_alike(envelope, config_.bounces.return_size) || !stored->text())
    return false;
  const mail::User nobody;
  const std::optional<std::uint32_t> uid = asked_of(envelope);
  const mail::User* const user = uid ? find(*uid) : &nobody;
  if (user == nullptr) {
    if (router_.users().failed(*uid) || asking_.size() >= kMostAsking) return false;
    messages_.index().set(envelope.id, Ticket::Phase::active);
    asking_.push_back({stored, *uid, ground_.clock.steady() + kPatience});
    return true;
  }
  std::optional<StormRule> rule = config_.storms_of.rule_for(envelope, *user);
  if (!rule) return false;
  messages_.index().set(envelope.id, Ticket::Phase::active);
  begin(stored, std::move(rule));
  return true;
}

std::optional<std::uint32_t> StormKeeper::asked_of(const mail::Envelope& envelope) const {
  return config_.user && config_.storms_of.needs_user(envelope) ? sent_by(envelope.source) : std::nullopt;
}

/// Who it was a while ago will do: a storm whose job mails seldom would else be a question for each of them.
const mail::User* StormKeeper::find(std::uint32_t uid) {
  UserBook& users = router_.users();
  users.ask_in_time(uid);
  return users.last_known(uid);
}

void StormKeeper::judge_asked() {
  const SteadyTime now = ground_.clock.steady();
  for (Asking& one : std::exchange(asking_, {})) {
    const mail::User* const user = find(one.uid);
    if (user == nullptr && !router_.users().failed(one.uid) && now < one.until) {
      asking_.push_back(std::move(one));
      continue;
    }
    std::optional<StormRule> rule;
    if (user != nullptr) rule = config_.storms_of.rule_for(one.stored->envelope(), *user);
    begin(std::move(one.stored), std::move(rule));
  }
}

Task<StormChoice> StormKeeper::choice_for(mail::Envelope envelope) const {
  envelope.recipients.resize(1);
  mail::User user;
  if (const std::optional<std::uint32_t> uid = asked_of(envelope)) {
    const auto find = config_.user;  // a reload may bring another one meanwhile
    Result<mail::User> found = co_await find(*uid);
    if (!found) {
      StormChoice unknown;
      unknown.unanswered = found.error().text;
      co_return unknown;
    }
    user = std::move(*found);
  }
  co_return config_.storms_of.choice_for(envelope, user);
}

void StormKeeper::begin(std::shared_ptr<spool::Draft> stored, std::optional<StormRule> rule) {
  std::string name = "likeness of message " + stored->envelope().id.str();
  work_.spawn(judge(std::move(stored), std::move(rule)), std::move(name));
}

/// Nothing: it goes.
Task<std::optional<spool::StormWait>> StormKeeper::wait_for(std::shared_ptr<spool::Draft> stored, StormRule rule) {
  const mail::Envelope& envelope = stored->envelope();
  const QueueId id = envelope.id;
  // Empty: it is like no other.
  auto job = [stored, return_size = config_.bounces.return_size]() -> Result<std::string> {
    return caught([&] {
      const std::string_view text = *stored->text();
      return Result<std::string>(leaves_room(text, return_size) ? likeness(stored->envelope(), text) : std::string());
    });
  };
  const Result<std::string> alike = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  if (!alike) {
    log(Level::error, "internal error", {{"task", "comparison of message " + id.str()}, {"what", alike.error().text}});
    co_return std::nullopt;
  }
  // A reload may have taken all rows away meanwhile.
  if (alike->empty() || config_.storms_of.empty()) co_return std::nullopt;
  const std::uint32_t party = config_.parties.of(envelope.source);
  const auto until = messages_.storms().take(*alike, id, party, rule, ground_.clock.wall());
  if (!until) co_return std::nullopt;
  const spool::StormWait wait{*until, *alike};
  auto note = [spool = &ground_.spool, id, now = ground_.clock.wall(), wait] {
    return spool->append_storm(id, now, wait);
  };
  const Result<void> noted = co_await ground_.pool.run(spool::Priority::normal, std::move(note));
  if (!noted) {
    log(Level::warning, "it cannot be noted that a message waits for others like it: after a restart it goes by itself",
        {{"id", id.text()}, {"why", noted.error().text}});
  }
  co_return wait;
}

Task<void> StormKeeper::judge(std::shared_ptr<spool::Draft> stored, std::optional<StormRule> rule) {
  const mail::Envelope& envelope = stored->envelope();
  const QueueId id = envelope.id;
  std::optional<spool::StormWait> wait;
  if (rule && messages_.suspects().begin_beside(id)) {
    try {
      wait = co_await wait_for(stored, std::move(*rule));
    } catch (const std::exception& bug) {
      log_bug(bug, "comparison of message " + id.str());
    }
    messages_.suspects().returned(id);
  }
  // Its batch may have been due meanwhile, and went without it.
  if (wait && messages_.storms().waits(id)) {
    log(Level::info, "waits for others like it", {{"id", id.text()}, {"until", to_rfc3339(wait->until)}});
    router_.leave(id);
    messages_.index().set(id, Ticket::Phase::storm, wait->until);
    co_return;
  }
  if (wait) co_await let_out(id);
  messages_.index().set(id, Ticket::Phase::waiting, ground_.clock.wall());
  goes_(envelope);
}

Task<void> StormKeeper::let_out(QueueId id) {
  const WallTime now = ground_.clock.wall();
  messages_.storms().forget(id);
  // It could not be tried before, and so is no older than that.
  messages_.let_out(id, now);
  auto note = [spool = &ground_.spool, id, now] { return spool->append_storm(id, now, std::nullopt); };
  // What says otherwise costs a wait for a digest after the next start.
  (void)co_await ground_.pool.run(spool::Priority::normal, std::move(note));
}

Task<void> StormKeeper::go_singly(std::vector<QueueId> ids) {
  Index& index = messages_.index();
  for (const QueueId& id : ids) {
    co_await let_out(id);
    index.set(id, Ticket::Phase::waiting, ground_.clock.wall());
  }
}

Task<Result<void>> StormKeeper::release(QueueId id) {
  const Ticket* const ticket = messages_.index().find(id);
  if (ticket == nullptr || ticket->phase != Ticket::Phase::storm) {
    co_return Error{Failure::busy, "message " + id.str() + " waits for no digest any more"};
  }
  messages_.index().set(id, Ticket::Phase::active);
  std::vector<QueueId> alone{id};
  co_await go_singly(std::move(alone));
  log(Level::info, "released", {{"id", id.text()}});
  co_return Result<void>();
}

std::optional<Milliseconds> StormKeeper::idle_for() const {
  std::optional<Milliseconds> wait;
  if (const auto due = messages_.storms().due()) wait = *due - ground_.clock.wall();
  if (!unended_.empty()) {
    const auto again = std::chrono::ceil<Milliseconds>(unended_.front().again - ground_.clock.steady());
    wait = std::min(wait.value_or(again), again);
  }
  // What is due and was not begun waits for what is under way, or for envelopes that are being read.
  if (wait && *wait <= Milliseconds(0)) wait = Milliseconds::max();
  for (const Asking& one : asking_) {
    const auto left = std::chrono::ceil<Milliseconds>(one.until - ground_.clock.steady());
    wait = std::min(wait.value_or(left), std::max(left, Milliseconds(0)));
  }
  return wait;
}

void StormKeeper::start_digest() {
  if (*gathering_) return;
  if (!unended_.empty() && ground_.clock.steady() >= unended_.front().again) {
    Unended unended = std::move(unended_.front());
    unended_.pop_front();
    work_.spawn(end(std::move(unended), UnderWay(gathering_)), "end of a storm's originals");
    return;
  }
  std::vector<QueueId> ids = take_batch();
  if (!ids.empty()) work_.spawn(gather(std::move(ids), UnderWay(gathering_)), "storm digest");
}

std::vector<QueueId> StormKeeper::take_batch() {
  std::vector<QueueId> ids;
  // After a start others of the same storm may still be found.
  if (!messages_.index().first_unread(1).empty()) return ids;
  while (ids.empty()) {
    const std::vector<QueueId> batch = messages_.storms().next(ground_.clock.wall());
    if (batch.empty()) break;
    for (const QueueId& id : batch) {
      const Ticket* const ticket = messages_.index().find(id);
      if (ticket == nullptr || ticket->phase != Ticket::Phase::storm) continue;  // whoever has it sees to it
      messages_.index().set(id, Ticket::Phase::active);
      ids.push_back(id);
    }
  }
  return ids;
}

Task<std::optional<StoredStorm>> StormKeeper::store(std::vector<QueueId> ids) {
  const WallTime now = ground_.clock.wall();
  StormDigest digest{time_.new_id(), config_.hostname, now, utc_offset(now), config_.bounces.return_size};
  digest.now = digest.id.accepted();
  std::erase_if(ids, [this](const QueueId& id) { return !messages_.suspects().begin_beside(id); });
  auto job = [spool = &ground_.spool, ids, digest]() -> Result<StoredStorm> {
    return caught([&] { return store_storm(*spool, ids, digest); });
  };
  Result<StoredStorm> stored = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  for (const QueueId& id : ids) messages_.suspects().returned(id);
  if (!stored) {
    log(Level::warning, "storm digest cannot be stored, its messages go by themselves",
        {{"messages", ids.size()}, {"why", stored.error().text}});
    co_return std::nullopt;
  }
  if (stored->too_large) {
    log(Level::notice, "no storm digest, since a report would not return all of it: its messages go by themselves",
        {{"messages", ids.size()}, {"advice", "a larger bounces.return_size makes room"}});
  }
  if (stored->digest == nullptr) co_return std::nullopt;
  co_return std::optional(std::move(*stored));
}

Task<void> StormKeeper::gather(std::vector<QueueId> ids, UnderWay) {
  std::optional<StoredStorm> stored;
  try {
    if (ids.size() > 1) stored = co_await store(ids);
  } catch (const std::exception& bug) {
    log_bug(bug, "storm digest");
  }
  if (stored) {
    tell(*stored);
    for (const StoredStorm::Original& one : stored->originals) std::erase(ids, one.envelope.id);
  }
  // One alone, or what is damaged, which is seen to at its turn; or there was no place to note that it is looked at.
  co_await go_singly(std::move(ids));
  if (!stored) co_return;
  Unended unended;
  unended.stored = std::move(*stored);
  co_await remove(std::move(unended));
}

/// As soon as it is stored: whatever comes between, the originals go with it.
void StormKeeper::tell(const StoredStorm& stored) const {
  const QueueId digest = stored.digest->envelope().id;
  for (const StoredStorm::Original& one : stored.originals) {
    log(Level::info, "in a storm digest", {{"id", one.envelope.id.text()}, {"digest", digest.text()}});
    if (config_.recorder != nullptr) config_.recorder->gathered(one.envelope, one.title, digest);
  }
}

Task<void> StormKeeper::end(Unended unended, UnderWay) { co_await remove(std::move(unended)); }

Task<void> StormKeeper::remove(Unended unended) {
  const auto stored = std::make_shared<StoredStorm>(std::move(unended.stored));
  auto job = [spool = &ground_.spool, stored] { return remove_originals(*spool, *stored); };
  const Result<spool::Changed> removed = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  if (!removed || removed->unsynced) {
    const Error& why = removed ? *removed->unsynced : removed.error();
    log(Level::warning, "storm digest is stored, but the disk does not let its messages go",
        {{"id", stored->digest->envelope().id.text()}, {"why", why.text}});
  }
  if (!removed) ++unended.failures;
  // As mail that was delivered and cannot be removed, they may come twice after a restart, rather than not at all now.
  const bool goes = removed.has_value() || unended.failures >= kMostFailures;
  if (goes && !std::exchange(unended.goes, true)) messages_.add_own(*stored->digest, "storm digest", stored->title);
  if (removed) {
    for (const StoredStorm::Original& one : stored->originals) messages_.gone(one.envelope.id);
  } else {
    unended.stored = std::move(*stored);
    unended.again = ground_.clock.steady() + kEndAgain;
    unended_.push_back(std::move(unended));
  }
  work_.changed();
}

}  // namespace postern::queue
