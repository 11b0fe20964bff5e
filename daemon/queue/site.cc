#include "queue/site.h"

#include <algorithm>
#include <utility>

namespace postern::queue {

bool Site::accepts(SteadyTime now) const {
  if (!trouble_) return active_ < config_.connections;
  return !probing_ && now >= probe_at_;
}

std::size_t Site::appetite(SteadyTime now) const {
  // Twice the connections: the next message is read while one is being sent.
  if (!trouble_) return 2 * std::size_t{config_.connections};
  return !probing_ && now >= probe_at_ ? active_ + 1 : active_;
}

Site::Permit Site::started(SteadyTime now) {
  ++active_;
  last_start_ = now;
  if (!trouble_) return Permit::ordinary;
  probing_ = true;
  return Permit::probe;
}

void Site::returned(Permit permit) {
  --active_;
  if (permit == Permit::probe) probing_ = false;
}

Site::Change Site::finished(Permit permit, const std::optional<mail::SiteTrouble>& trouble, SteadyTime now,
                            WallTime wall, const Retry& retry, double jitter) {
  returned(permit);
  // Several connections fail together when a server goes: they are one trouble and one step. While it is down only the
  // probe counts.
  if (trouble_ && permit == Permit::ordinary) return Change::none;
  if (!trouble) return recovered();

  const Milliseconds first = std::max<Milliseconds>(retry.min / 12, Seconds(1));
  const Milliseconds last = std::max<Milliseconds>(retry.max, first);
  // A forced probe came before its time and is no step: impatience must not make the pauses longer.
  const bool early = std::exchange(early_, false);
  if (!early) step_ = step_ == Milliseconds(0) ? first : std::min(2 * step_, last);
  Milliseconds wait(static_cast<Milliseconds::rep>(static_cast<double>(step_.count()) * (0.9 + 0.2 * jitter)));
  if (trouble->login_refused) wait = std::max<Milliseconds>(wait, kLoginPause);
  probe_at_ = now + wait;
  const std::optional<mail::SiteTrouble> before = std::exchange(trouble_, trouble);
  if (before) return before->text == trouble->text ? Change::none : Change::other_trouble;
  since_ = wall;
  return Change::down;
}

void Site::force_probe(SteadyTime now, Probe probe) {
  if (!trouble_ || probing_) return;
  if (trouble_->login_refused && probe != Probe::forced) return;
  const SteadyTime at = std::max(now, last_start_ + kForcedProbeGap);
  if (at >= probe_at_) return;
  probe_at_ = at;
  early_ = true;
}

Site::Change Site::recovered() {
  step_ = Milliseconds(0);
  early_ = false;
  since_.reset();
  return std::exchange(trouble_, std::nullopt) ? Change::up : Change::none;
}

std::optional<SteadyTime> Site::next_probe() const {
  if (!trouble_ || probing_) return std::nullopt;
  return probe_at_;
}

}  // namespace postern::queue
