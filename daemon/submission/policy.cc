#include "submission/policy.h"

#include "mail/envelope.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern::submission {
namespace {

/// Places that are counted together, and how many there are for whom.
struct Scope {
  std::size_t limit = 0;
  std::size_t kept = 0;  ///< for parties that have none of them
  std::string words;
};

/// One place of a scope is asked for.
struct Count {
  std::map<Party, std::size_t> of_party;
  std::size_t all = 0;
};

template <typename Counts>
Count count(std::span<const Seat> sessions, Counts counts) {
  Count result;
  for (const Seat& place : sessions) {
    if (!counts(place)) continue;
    ++result.of_party[place.party];
    ++result.all;
  }
  return result;
}

/// Nothing: the scope has a place.
template <typename Counts>
std::optional<Admission> judge(std::span<const Seat> sessions, Party party, const Scope& scope, Counts counts) {
  const Count there = count(sessions, counts);
  const auto known = there.of_party.find(party);
  const std::size_t own = known == there.of_party.end() ? 0 : known->second;
  if (there.all < (own == 0 ? scope.limit : scope.limit - scope.kept)) return {};
  Admission admission{Admission::Verdict::refused, 0, scope.words};
  std::size_t most = 0;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const Seat& place = sessions[i];
    if (!place.idle || !counts(place)) continue;
    const std::size_t has = there.of_party.at(place.party);
    if (place.party != party && has <= own) continue;
    const bool older = has == most && place.since < sessions[admission.place].since;
    if (has < most || (has == most && !older)) continue;
    admission.verdict = Admission::Verdict::makes_room;
    admission.place = i;
    most = has;
  }
  return admission;
}

}  // namespace

std::string party_text(Party party) {
  return party == mail::kNoUid ? "clients of no known user" : fmt::format("user {}", party);
}

Admission admit(std::span<const Seat> sessions, Party party, bool tcp) {
  const auto words = [](std::string_view whose, std::size_t limit) {
    return fmt::format("too many connections{} (limit: {})", whose, limit);
  };
  // The narrowest first: whoever makes room there makes it in the others, too.
  std::optional<Admission> admission;
  if (!tcp) {
    const Scope own{kSessionsOfUser, 0, words(" of " + party_text(party), kSessionsOfUser)};
    admission = judge(sessions, party, own, [&](const Seat& place) { return !place.tcp && place.party == party; });
  } else {
    const Scope over_tcp{kSessionsOverTcp, kSessionsKept, words(" over TCP", kSessionsOverTcp)};
    admission = judge(sessions, party, over_tcp, [](const Seat& place) { return place.tcp; });
  }
  if (!admission) {
    const Scope all{kSessions, kSessionsKept, words("", kSessions)};
    admission = judge(sessions, party, all, [](const Seat&) { return true; });
  }
  return admission.value_or(Admission());
}

smtp::Refusal no_memory(Party party) {
  return {452, "4.3.1",
          fmt::format("too much mail of {} is coming in at a time (limit: memory); try again when some of it is stored",
                      party_text(party))};
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
                                   party_text(party), limit, left.count())};
}

}  // namespace postern::submission
