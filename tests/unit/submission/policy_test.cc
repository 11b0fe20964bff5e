// Who has a place and who has memory: tables, and what holds whatever comes.
#include "submission/policy.h"

#include "mail/parties.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace postern::submission {
namespace {

using Verdict = Admission::Verdict;
using State = Seat::State;

/// When nothing has stalled.
constexpr SteadyTime kNow{Seconds(2)};

void add(std::vector<Seat>& places, std::size_t count, Party party, bool tcp, State state) {
  for (std::size_t i = 0; i < count; ++i) {
    places.push_back(Seat{party, tcp, state, SteadyTime(Milliseconds(static_cast<int>(places.size())))});
  }
}

TEST(Policy, TheOldestIdleSessionOfThePartyThatHasMostMakesRoom) {
  std::vector<Seat> places;
  add(places, 100, 1, true, State::idle);
  add(places, 300, 2, true, State::busy);
  add(places, 50, 2, true, State::idle);
  add(places, 50, 3, true, State::idle);
  ASSERT_EQ(places.size(), kSessionsOverTcp);
  const auto asked = [&](Party party) { return admit(places, party, true, kNow); };
  EXPECT_EQ(asked(4).verdict, Verdict::makes_room);
  EXPECT_EQ(asked(4).place, 400U) << "of party 2 the first that is idle";
  EXPECT_EQ(asked(3).place, 400U);
  EXPECT_EQ(asked(2).place, 400U) << "who has most makes room for itself";
  EXPECT_EQ(asked(2).limit, "too many connections over TCP (limit: 500, of which one user has no more than are left)");
  for (Seat& place : places) place.state = place.party == 2 ? State::busy : place.state;
  EXPECT_EQ(asked(2).verdict, Verdict::refused) << "nobody makes room for whoever has more";
  EXPECT_EQ(asked(3).place, 0U);
  EXPECT_EQ(admit(places, 1, false, kNow).verdict, Verdict::admitted) << "the other door";
}

TEST(Policy, TheLimitsHaveTheirEdges) {
  std::vector<Seat> places;
  add(places, kSessionsOfUser - 1, 1, false, State::busy);
  EXPECT_EQ(admit(places, 1, false, kNow).verdict, Verdict::admitted);
  add(places, 1, 1, false, State::busy);
  EXPECT_EQ(admit(places, 1, false, kNow).limit, "too many connections of user 1 (limit: 100)");
  EXPECT_EQ(admit(places, 1, true, kNow).verdict, Verdict::admitted);
  EXPECT_EQ(admit(places, 2, false, kNow).verdict, Verdict::admitted);
  for (Party party = 2; party < 11; ++party) add(places, 100, party, false, State::busy);
  ASSERT_EQ(places.size(), kSessions);
  EXPECT_EQ(admit(places, 20, false, kNow).limit,
            "too many connections (limit: 1000, of which one user has no more than are left)");
  places.resize(kSessions - kSessionsKept);
  EXPECT_EQ(admit(places, 20, false, kNow).verdict, Verdict::admitted);
  EXPECT_EQ(admit(places, 10, false, kNow).verdict, Verdict::refused) << "it has some, and the rest is kept";
}

/// How many of a party are admitted, one after the other, until one is not.
std::size_t fill(std::vector<Seat>& places, Party party) {
  std::size_t admitted = 0;
  while (admit(places, party, true, kNow).verdict == Verdict::admitted) {
    add(places, 1, party, true, State::busy);
    ++admitted;
  }
  return admitted;
}

TEST(Policy, NobodyHasMoreOverTcpThanIsLeftToOthersAndWhoeverComesLateHasALittle) {
  std::vector<Seat> places;
  EXPECT_EQ(fill(places, 1), 225U);
  EXPECT_EQ(fill(places, 2), 112U);
  EXPECT_EQ(fill(places, 3), 56U);
  for (Party party = 4; places.size() + kSessionsLittle <= kSessionsOverTcp; ++party) {
    EXPECT_GE(fill(places, party), kSessionsLittle) << party;
  }
  EXPECT_LE(places.size(), kSessionsOverTcp);
}

TEST(Policy, WhereNothingIsIdleTheTransactionThatHasStalledForLongestMakesRoomForWhoeverHasLess) {
  std::vector<Seat> places;
  add(places, 300, 1, true, State::waiting);
  add(places, 200, 2, true, State::busy);
  const SteadyTime stalled = places[2].since + kStalled;
  std::swap(places[0].since, places[2].since);
  places[1].state = State::busy;
  EXPECT_EQ(admit(places, 3, true, SteadyTime(Milliseconds(0)) + kStalled - Milliseconds(1)).verdict, Verdict::refused);
  const Admission admission = admit(places, 3, true, stalled);
  EXPECT_EQ(admission.verdict, Verdict::makes_room);
  EXPECT_EQ(admission.place, 2U);
  add(places, 1, 1, true, State::idle);
  EXPECT_EQ(admit(places, 3, true, stalled).place, 500U) << "an idle one first";
  for (Seat& place : places) place.party = place.party == 2 ? 3 : 2;
  for (Seat& place : places) place.state = place.party == 3 ? State::waiting : State::busy;
  EXPECT_EQ(admit(places, 2, true, stalled + Seconds(60)).verdict, Verdict::refused) << "it has more";
}

TEST(Policy, APartyBelowItsShareIsAlwaysAdmittedAsLongAsAnotherAboveItsShareIsIdle) {
  std::mt19937 random(20261129);
  std::size_t made_room = 0;
  const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
  for (int round = 0; round < 2000; ++round) {
    const Party parties = 2 + below(12);
    std::vector<Seat> places;
    for (std::size_t i = 0; i < kSessionsOverTcp; ++i) {
      const Party party = below(3) == 0 ? below(parties) : Party{0};
      places.push_back(
          Seat{party, true, below(2) == 0 ? State::idle : State::busy, SteadyTime(Milliseconds(below(1000)))});
    }
    const Party asking = below(parties + 1);
    std::map<Party, std::size_t> has;
    for (const Seat& place : places) ++has[place.party];
    const std::size_t share = kSessionsOverTcp / (parties + 1);
    const Admission admission = admit(places, asking, true, kNow);
    const bool other_above = std::ranges::any_of(places, [&](const Seat& place) {
      return place.state == State::idle && place.party != asking && has[place.party] > share;
    });
    if (has[asking] <= share && other_above) {
      ASSERT_EQ(admission.verdict, Verdict::makes_room);
    }
    if (admission.verdict != Verdict::makes_room) continue;
    ++made_room;
    const Seat& victim = places[admission.place];
    ASSERT_EQ(victim.state, State::idle);
    ASSERT_TRUE(victim.party == asking || has[victim.party] > has[asking]);
    for (const Seat& place : places) {
      if (place.state != State::idle || place.party != victim.party) continue;
      ASSERT_GE(place.since, victim.since);
    }
  }
  EXPECT_GT(made_room, 1000U);
}

TEST(MessageRates, APartyHasSoManyInAMinuteAndRootAsManyAsComeAndNobodyIsKeptFromHisByOthers) {
  MessageRates rates;
  SteadyTime now{Seconds(1000)};
  for (int minute = 0; minute < 3; ++minute) {
    for (const Party party : {Party{1000}, Party{1001}, Party{mail::kNoUid}}) {
      for (int i = 0; i < 5; ++i) EXPECT_FALSE(rates.take(party, 5, now));
      const auto refusal = rates.take(party, 5, now + Milliseconds(20'500));
      ASSERT_TRUE(refusal);
      EXPECT_EQ(refusal->code, 451);
      EXPECT_EQ(refusal->text, "too many messages of " + mail::party_text(party) +
                                   " in a minute (limits.per_user.rate: 5), try again in 40 s");
      EXPECT_TRUE(rates.take(party, 5, now + Milliseconds(59'999)));
      EXPECT_FALSE(rates.take(party, 0, now)) << "without a limit";
      EXPECT_FALSE(rates.take(party, 6, now)) << "with another one, after a reload";
    }
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(rates.take(0, 5, now));
    now += MessageRates::kMinute;
  }
}

}  // namespace
}  // namespace postern::submission
