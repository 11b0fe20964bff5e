#include "submission/policy.h"

#include "mail/parties.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace postern::submission {
namespace {

/// Places that are counted together.
struct Count {
  std::map<Party, std::size_t> of_party;
  std::vector<bool> seats;  ///< which
  std::size_t all = 0;
};

template <typename Counts>
Count count(std::span<const Seat> sessions, Counts counts) {
  Count result;
  for (const Seat& place : sessions) {
    result.seats.push_back(counts(place));
    if (!result.seats.back()) continue;
    ++result.of_party[place.party];
    ++result.all;
  }
  return result;
}

/// Whether there is a place more of so many for a party that has `own` of `all`.
bool has_place(std::size_t limit, std::size_t all, std::size_t own) {
  const MemoryLimits places{.all = limit - kSessionsKept, .little = kSessionsLittle, .kept = kSessionsKept};
  return has_memory(places, {all, own}, 1);
}

/// The place that makes room for a party that has `own`; of those in `state`, waited for since `before` or longer.
std::optional<std::size_t> choose(std::span<const Seat> sessions, const Count& there, Party party, std::size_t own,
                                  Seat::State state, SteadyTime before) {
  std::optional<std::size_t> chosen;
  std::size_t most = 0;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const Seat& place = sessions[i];
    if (place.state != state || place.since > before || !there.seats[i]) continue;
    const std::size_t has = there.of_party.at(place.party);
    if (place.party != party && has <= own) continue;
    if (has < most || (has == most && chosen && place.since >= sessions[*chosen].since)) continue;
    chosen = i;
    most = has;
  }
  return chosen;
}

/// Nothing: there is a place.
template <typename Counts, typename Room>
std::optional<Admission> judge(std::span<const Seat> sessions, Party party, SteadyTime now, Counts counts, Room room,
                               std::string words) {
  const Count there = count(sessions, counts);
  const auto known = there.of_party.find(party);
  const std::size_t own = known == there.of_party.end() ? 0 : known->second;
  if (room(there.all, own)) return {};
  auto chosen = choose(sessions, there, party, own, Seat::State::idle, now);
  if (!chosen) chosen = choose(sessions, there, party, own, Seat::State::waiting, now - kStalled);
  const auto verdict = chosen ? Admission::Verdict::makes_room : Admission::Verdict::refused;
  return Admission{verdict, chosen.value_or(0), std::move(words)};
}

}  // namespace

Admission admit(std::span<const Seat> sessions, Party party, bool tcp, SteadyTime now) {
  const auto shared = [](std::size_t limit) {
    return [limit](std::size_t all, std::size_t own) { return has_place(limit, all, own); };
  };
  const auto words = [](std::string_view door, std::size_t limit) {
    return fmt::format("too many connections{} (limit: {}, of which one user has no more than are left)", door, limit);
  };
  // The narrowest first: whoever makes room there makes it in the others, too.
  std::optional<Admission> admission;
  if (!tcp) {
    const auto own = [&](const Seat& place) { return !place.tcp && place.party == party; };
    const auto room = [](std::size_t all, std::size_t) { return all < kSessionsOfUser; };
    admission = judge(sessions, party, now, own, room,
                      fmt::format("too many connections of {} (limit: {})", mail::party_text(party), kSessionsOfUser));
  } else {
    const auto over_tcp = [](const Seat& place) { return place.tcp; };
    admission = judge(sessions, party, now, over_tcp, shared(kSessionsOverTcp), words(" over TCP", kSessionsOverTcp));
  }
  if (!admission) {
    const auto all = [](const Seat&) { return true; };
    admission = judge(sessions, party, now, all, shared(kSessions), words("", kSessions));
  }
  return admission.value_or(Admission());
}

smtp::Refusal no_memory(Party party) {
  return {452, "4.3.1",
          fmt::format("too much mail of {} is coming in at a time (limit: memory); try again when some of it is stored",
                      mail::party_text(party))};
}

std::optional<smtp::Refusal> MessageRates::take(Party party, std::size_t limit, SteadyTime now) {
  if (limit == 0 || party == 0) return {};
  if (now - swept_ >= kMinute) {
    std::erase_if(minutes_, [&](const auto& item) { return now - item.second.begin >= kMinute; });
    swept_ = now;
  }
  Minute& minute = minutes_[party];
  if (minute.messages == 0 || now - minute.begin >= kMinute) minute = {now, 0};
  if (minute.messages < limit) {
    ++minute.messages;
    return {};
  }
  const auto left = std::chrono::ceil<Seconds>(minute.begin + kMinute - now);
  return smtp::Refusal{451, "4.7.1",
                       fmt::format("too many messages of {} in a minute (limits.per_user.rate: {}), try again in {} s",
                                   mail::party_text(party), limit, left.count())};
}

}  // namespace postern::submission
