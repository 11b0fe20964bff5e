#include "queue/senders.h"

#include "queue/shares.h"
#include "queue/site_config.h"
#include "queue/steps.h"

#include <algorithm>

namespace postern::queue {

const Senders::Trouble* Senders::find(const std::string& site, const std::string& sender) const {
  const auto place = known_.find(Seen(site, sender));
  return place == known_.end() ? nullptr : &place->second;
}

Senders::Trouble* Senders::known(const std::string& site, const std::string& sender) {
  const auto place = known_.find(Seen(site, sender));
  return place == known_.end() ? nullptr : &place->second;
}

bool Senders::troubled(const std::string& sender) const {
  return std::ranges::any_of(known_, [&](const auto& one) { return one.first.second == sender; });
}

bool Senders::accepts(const std::string& site, const std::string& sender, SteadyTime now) const {
  const Trouble* const trouble = find(site, sender);
  return trouble == nullptr || (!trouble->probing && now >= trouble->probe_at);
}

std::uint64_t Senders::started(const std::string& site, const std::string& sender, SteadyTime now) {
  Trouble* const trouble = known(site, sender);
  if (trouble == nullptr) return 0;
  trouble->probing = true;
  trouble->last_start = now;
  return trouble->epoch;
}

bool Senders::met_again(const Key& key, const QueueId& message, std::uint32_t party) {
  const auto before = suspected_.find(key);
  if (before != suspected_.end() && before->second.message != message) {
    suspected_.erase(before);
    return true;
  }
  // Of more senders none is suspected, and each of their messages waits by its own schedule.
  const bool has_room = before == suspected_.end() && has_place(suspected_, kMost, party);
  if (has_room) suspected_.try_emplace(key, Suspect{message, party});
  return false;
}

bool Senders::make_room(std::uint32_t party, SteadyTime now) {
  if (known_.size() < kMost) return true;
  std::erase_if(known_, [now](const auto& one) { return idle(one.second, now); });
  return has_place(known_, kMost, party, [](const Trouble& one) { return !one.probing; });
}

Senders::Change Senders::finished(const std::string& site, const Sender& sender, std::uint64_t epoch,
                                  const Ended& ended, SteadyTime now, WallTime wall, const Retry& retry,
                                  double jitter) {
  const Key key(site, sender.key);
  const Shown shown = ended.shown;
  const mail::SiteTrouble& what = ended.what;
  if (shown == Shown::taken) {
    suspected_.erase(key);
    taken_of_others(site, sender, now);
  }
  Trouble* const trouble = known(site, sender.key);
  if (trouble == nullptr) {
    if (shown != Shown::trouble) return Change::none;
    if (what.in_transaction && !met_again(key, ended.message, ended.party)) return Change::unknown;
    if (!make_room(ended.party, now)) return Change::unknown;
    Trouble fresh{sender, ended.party, what, wall, now, now, first_step(retry), false, false, false, ++epochs_};
    fresh.probe_at = now + with_jitter(fresh.step, jitter);
    known_.emplace(key, std::move(fresh));
    return Change::began;
  }
  // It began before the trouble was known: several connections that find it together are one step, and what was taken
  // before says nothing of now.
  if (trouble->epoch != epoch) return Change::none;
  trouble->probing = false;
  if (shown == Shown::nothing) return Change::none;
  if (shown == Shown::taken) {
    known_.erase(key);
    return Change::ended;
  }
  // A forced probe came before its time and is no step.
  const bool early = std::exchange(trouble->early, false);
  if (!early) trouble->hinted = false;
  if (shown == Shown::trouble && !early) trouble->step = next_step(trouble->step, retry);
  trouble->probe_at = now + with_jitter(trouble->step, jitter);
  if (shown != Shown::trouble) return Change::none;
  const bool same = trouble->what.text == what.text;
  trouble->what = what;
  return same ? Change::none : Change::other_words;
}

void Senders::taken_of_others(const std::string& site, const Sender& sender, SteadyTime now) {
  for (auto& [where, other] : known_) {
    const bool same_name = where.first == site && other.sender.name == sender.name && other.sender.key != sender.key;
    if (!same_name || other.what.in_transaction || other.hinted || other.probing || other.probe_at <= now) continue;
    other.hinted = other.early = true;
    other.probe_at = now;
  }
}

void Senders::force_probe(const std::string& site, SteadyTime now) {
  for (auto& [where, trouble] : known_) {
    const SteadyTime at = std::max(now, trouble.last_start + kForcedProbeGap);
    if ((!site.empty() && where.first != site) || trouble.probing || trouble.probe_at <= at) continue;
    trouble.probe_at = at;
    trouble.early = true;
  }
}

void Senders::keep_only(const std::vector<std::string>& sites) {
  const auto is_gone = [&](const auto& one) { return std::ranges::find(sites, one.first.first) == sites.end(); };
  std::erase_if(known_, is_gone);
  std::erase_if(suspected_, is_gone);
}

std::optional<SteadyTime> Senders::wake(SteadyTime now) const {
  std::optional<SteadyTime> first;
  for (const auto& [where, trouble] : known_) {
    if (!trouble.probing && trouble.probe_at > now)
      first = std::min(first.value_or(trouble.probe_at), trouble.probe_at);
  }
  return first;
}

bool Senders::idle(const Trouble& trouble, SteadyTime now) {
  return !trouble.probing && now > trouble.probe_at + kIdle;
}

std::vector<const Senders::Trouble*> Senders::at(const std::string& site, SteadyTime now, bool open) const {
  std::vector<const Trouble*> list;
  for (const auto& [where, trouble] : known_) {
    if (where.first == site && !(open && idle(trouble, now))) list.push_back(&trouble);
  }
  return list;
}

}  // namespace postern::queue
