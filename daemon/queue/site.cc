#include "queue/site.h"

#include "queue/steps.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

/// The server said no to a login, for good or for now, or hung up on it: every further try may count against the
/// account.
bool login_answered(const mail::SiteTrouble& trouble) {
  return trouble.login_refused || trouble.login_spent || (trouble.step == mail::Step::auth && trouble.code != 0);
}

/// Nothing was heard of the server: its name, or the way to it, may be there again at any moment.
bool unanswered(const mail::SiteTrouble& trouble) {
  return trouble.step == mail::Step::resolve || trouble.step == mail::Step::connect;
}

/// Before the server said anything.
bool turned_away(const mail::SiteTrouble& trouble) {
  const bool refused = trouble.step == mail::Step::connect && trouble.failure == Failure::refused;
  const bool cut = (trouble.step == mail::Step::connect || trouble.step == mail::Step::greeting) &&
                   trouble.failure == Failure::closed;
  return trouble.code == 0 && (refused || cut);
}

/// The step after `step`; the first has none before it.
Milliseconds next_login_step(Milliseconds step) {
  return step == Milliseconds(0) ? Milliseconds(kLoginPause) : std::min<Milliseconds>(2 * step, kLongestLoginPause);
}

}  // namespace

bool Site::accepts(SteadyTime now) const {
  if (trouble_) return !probing_ && now >= probe_at_;
  if (active_ >= connections(now)) return false;
  return active_ == 0 || warm(now) || now >= last_start_ + kAlone;
}

std::size_t Site::appetite(SteadyTime now) const {
  // Twice the connections: the next message is read while one is being sent.
  if (!trouble_) return 2 * std::size_t{connections(now)};
  return !probing_ && now >= probe_at_ ? active_ + 1 : active_;
}

unsigned Site::connections(SteadyTime now) const {
  const unsigned configured = config_.options.connections;
  if (!crowded_) return configured;
  const auto quiet = static_cast<std::uint64_t>(std::max<SteadyTime::rep>(0, (now - crowded_->second) / kQuietTime));
  return static_cast<unsigned>(std::min<std::uint64_t>(configured, crowded_->first + quiet));
}

Site::Permit Site::started(SteadyTime now) {
  ++active_;
  last_start_ = now;
  probing_ = trouble_.has_value();
  return Permit{epoch_};
}

void Site::returned(Permit permit) {
  --active_;
  if (permit.epoch == epoch_) probing_ = false;
}

Site::Change Site::finished(Permit permit, const std::optional<mail::SiteTrouble>& trouble, SteadyTime now,
                            WallTime wall, const Retry& retry, double jitter) {
  returned(permit);
  // Several connections fail together when a server goes: they are one trouble and one step. Nor does a late failure
  // count against a site that was found well in the meantime.
  if (!is_current(permit)) return Change::none;
  if (trouble && !trouble_ && active_ > 0 && has_too_many(*trouble, now)) {
    crowded_.emplace(static_cast<unsigned>(active_), now);
    return Change::fewer;
  }
  if (!trouble) {
    answered_ = now;
    return recovered();
  }
  const bool refused_before = login_step_ != Milliseconds(0);
  probe_at_ = now + pause(*trouble, retry, jitter);
  const std::optional<mail::SiteTrouble> before = std::exchange(trouble_, trouble);
  if (!before) {
    ++epoch_;
    answered_.reset();
    since_ = wall;
  }
  if (trouble->login_refused) return refused_before ? Change::none : Change::login_refused;
  if (!before) return Change::down;
  return before->text == trouble->text ? Change::none : Change::other_trouble;
}

bool Site::has_too_many(const mail::SiteTrouble& trouble, SteadyTime now) const {
  return trouble.crowded || (warm(now) && turned_away(trouble));
}

/// How long the site is left alone after this trouble; goes one step on.
Milliseconds Site::pause(const mail::SiteTrouble& trouble, const Retry& retry, double jitter) {
  // A forced probe came before its time and is no step: impatience must not make the pauses longer.
  const bool early = std::exchange(early_, false);
  if (trouble.login_refused) {
    if (!early || login_step_ == Milliseconds(0)) {
      login_step_ = next_login_step(login_step_);
    }
    return login_step_;
  }
  if (!early || step_ == Milliseconds(0)) step_ = next_step(step_, retry);
  const Milliseconds wait = with_jitter(step_, jitter);
  return login_answered(trouble) ? std::max<Milliseconds>(wait, kLoginDelay) : wait;
}

void Site::unchanged(Permit permit, SteadyTime now, double jitter) {
  returned(permit);
  if (is_current(permit) && trouble_) probe_at_ = now + with_jitter(step_, jitter);
}

void Site::force_probe(SteadyTime now, Probe probe) {
  if (!trouble_ || probing_) return;
  if (login_answered(*trouble_) && probe != Probe::forced) return;
  if (probe == Probe::hint && !unanswered(*trouble_)) return;
  const SteadyTime at = std::max(now, last_start_ + (probe == Probe::hint ? kHintedProbeGap : kForcedProbeGap));
  if (at >= probe_at_) return;
  probe_at_ = at;
  early_ = true;
}

Site::Change Site::recovered() {
  tried_ = true;
  step_ = Milliseconds(0);
  login_step_ = Milliseconds(0);
  early_ = false;
  if (!trouble_) return Change::none;
  ++epoch_;
  probing_ = false;
  since_.reset();
  trouble_.reset();
  return Change::up;
}

std::optional<SteadyTime> Site::next_probe() const {
  if (!trouble_ || probing_) return std::nullopt;
  return probe_at_;
}

std::optional<SteadyTime> Site::wake(SteadyTime now) const {
  if (trouble_) return next_probe();
  const unsigned allowed = connections(now);
  if (active_ > 0 && active_ < allowed && !warm(now)) return last_start_ + kAlone;
  if (active_ < allowed || allowed == config_.options.connections) return std::nullopt;
  return crowded_->second + (allowed - crowded_->first + 1) * kQuietTime;
}

}  // namespace postern::queue
