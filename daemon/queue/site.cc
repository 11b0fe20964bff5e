#include "queue/site.h"

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

/// The step after `step`; the first has none before it.
Milliseconds next_step(Milliseconds step, Milliseconds first, Milliseconds last) {
  return step == Milliseconds(0) ? first : std::min(2 * step, last);
}

}  // namespace

bool Site::accepts(SteadyTime now) const {
  if (trouble_) return !probing_ && now >= probe_at_;
  if (active_ >= config_.options.connections) return false;
  return active_ == 0 || warm(now) || now >= last_start_ + kAlone;
}

std::size_t Site::appetite(SteadyTime now) const {
  // Twice the connections: the next message is read while one is being sent.
  if (!trouble_) return 2 * std::size_t{config_.options.connections};
  return !probing_ && now >= probe_at_ ? active_ + 1 : active_;
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
  if (permit.epoch != epoch_) return Change::none;
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

/// How long the site is left alone after this trouble; goes one step on.
Milliseconds Site::pause(const mail::SiteTrouble& trouble, const Retry& retry, double jitter) {
  // A forced probe came before its time and is no step: impatience must not make the pauses longer.
  const bool early = std::exchange(early_, false);
  if (trouble.login_refused) {
    if (!early || login_step_ == Milliseconds(0)) {
      login_step_ = next_step(login_step_, kLoginPause, kLongestLoginPause);
    }
    return login_step_;
  }
  const Milliseconds first = std::max<Milliseconds>(retry.min / 12, Seconds(1));
  const Milliseconds last = std::max<Milliseconds>(retry.max, first);
  if (!early || step_ == Milliseconds(0)) step_ = next_step(step_, first, last);
  const Milliseconds wait(static_cast<Milliseconds::rep>(static_cast<double>(step_.count()) * (0.9 + 0.2 * jitter)));
  return login_answered(trouble) ? std::max<Milliseconds>(wait, kLoginDelay) : wait;
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
  const bool alone = active_ > 0 && active_ < config_.options.connections && !warm(now);
  return alone ? std::optional(last_start_ + kAlone) : std::nullopt;
}

}  // namespace postern::queue
