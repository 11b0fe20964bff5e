#include "queue/stops.h"

#include "queue/sender.h"
#include "queue/watchers.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"
#include "support/expected_log.h"
#include "support/fake_clock.h"
#include "support/memory_disk.h"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

using mail::DeliveryReport;

/// Counts how often it is asked: at least once for each message that is looked at.
class CountedClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override {
    ++asked;
    return time_.wall();
  }
  [[nodiscard]] SteadyTime steady() const override { return time_.steady(); }
  void advance(Milliseconds by) { time_.advance(by); }

  mutable std::size_t asked = 0;

 private:
  test::FakeClock time_;
};

class StopsTest : public testing::Test {
 protected:
  StopsTest() { sites.configure({{"one", {2}}, {"two", {2}}}); }
  static std::vector<Leg> legs() { return {Leg{Route{{}, {"one"}}, {0}, 1}, Leg{Route{{}, {"two"}}, {1}, 1}}; }

  [[nodiscard]] QueueId number(std::uint64_t i) const {
    return QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(begin), i);
  }
  /// Stands in the lane of the first.
  QueueId add(std::uint64_t i, std::uint32_t party = 7) {
    Ticket ticket;
    ticket.id = number(i);
    ticket.due = clock.wall();
    ticket.set(Whose{party, party, Whose::Kind::users});
    ticket.lane = Ticket::kAny;
    index().add(ticket);
    stops.set(ticket.id, legs());
    EXPECT_TRUE(stops.stand(ticket.id, kOne));
    return ticket.id;
  }
  /// As an attempt by the route of this lane that deferred its recipients.
  void defer(const QueueId& id, std::uint16_t lane, WallTime until) {
    index().set(id, Ticket::Phase::waiting, until);
    stops.tried(id, lanes[lane].route, true);
  }
  Index& index() { return messages.index(); }
  [[nodiscard]] std::uint16_t lane_of(const QueueId& id) { return index().find(id)->lane; }
  void down(const std::string& site) {
    sites.failed(site, {mail::Step::connect, Failure::refused, 0, "connection refused", false});
  }

  /// Of those numbered so.
  [[nodiscard]] std::size_t standing_in(std::uint16_t lane, std::uint64_t first, std::uint64_t end) {
    std::size_t count = 0;
    for (std::uint64_t i = first; i < end; ++i) count += lane_of(number(i)) == lane ? 1U : 0U;
    return count;
  }
  /// How many times the clock is asked while one look is had.
  std::size_t asked_at_a_look() {
    clock.asked = 0;
    stops.move_all();
    return clock.asked;
  }

  static constexpr std::uint16_t kOne = Ticket::kAsked + 1;
  static constexpr std::uint16_t kTwo = Ticket::kAsked + 2;

  boost::asio::io_context loop;
  CountedClock clock;
  WallTime begin = clock.wall();
  test::MemoryDisk disk;
  spool::DiskPool pool{1};
  std::unique_ptr<spool::Spool> spool = *spool::Spool::open(disk, "spool");
  Ground ground{loop.get_executor(), *spool, pool, clock};
  Config config;
  Watchers watchers;
  Messages messages{ground, config, watchers};
  Sites sites{clock, config};
  Lanes lanes{config, messages, sites};
  Stops stops{ground, messages.index(), sites, lanes};
};

TEST_F(StopsTest, WhereNoMessageHasSeveralRoutesNothingIsWaitedFor) {
  const QueueId id = add(1);
  defer(id, kOne, clock.wall() + Seconds(60));
  stops.move_all();
  EXPECT_EQ(stops.next(), clock.wall() + Seconds(60));
  stops.tried(id, lanes[kTwo].route, false);
  EXPECT_FALSE(stops.has(id));
  EXPECT_EQ(stops.next(), std::nullopt);
  clock.advance(Seconds(120));
  stops.move_all();
  EXPECT_EQ(stops.next(), std::nullopt);
  EXPECT_EQ(lanes[kOne].awaited + lanes[kTwo].awaited, 0U);
}

TEST_F(StopsTest, AfterALookNoTimeThatIsPastIsWaitedFor) {
  const test::ExpectLog down_told("site down");
  std::minstd_rand chance(3);
  for (std::uint64_t i = 0; i < 50; ++i) add(i);
  for (int step = 0; step < 3000; ++step) {
    const QueueId id = number(chance() % 50);
    const std::uint16_t lane = lane_of(id);
    switch (chance() % 6) {
      case 0: defer(id, lane, clock.wall() + Seconds(chance() % 300)); break;
      case 1: stops.make_due(id); break;
      case 2: stops.set(id, legs()); break;
      case 3:
        if (step % 40 == 0) sites.recovered("two");
        if (step % 40 == 20) down("two");
        break;
      case 4: stops.stand(id, chance() % 2 == 0 ? kOne : kTwo); break;
      default: clock.advance(Seconds(chance() % 100));
    }
    stops.move_all();
    const auto next = stops.next();
    ASSERT_TRUE(!next || *next > clock.wall()) << step;
    // And none that is to come is missed.
    for (std::uint64_t i = 0; i < 50; ++i) {
      const auto others = stops.others_due(number(i));
      if (others && *others > clock.wall()) {
        ASSERT_TRUE(next && *next <= *others) << step;
      }
    }
  }
}

TEST_F(StopsTest, WhoBecomesDueIsGoneTo) {
  const test::ExpectLog down_told("site down");
  const QueueId id = add(1);
  defer(id, kOne, clock.wall() + Seconds(60));
  EXPECT_EQ(lane_of(id), kTwo);
  defer(id, kTwo, clock.wall() + Seconds(300));
  EXPECT_EQ(lane_of(id), kOne) << "that is due before";
  EXPECT_EQ(stops.others_due(id), clock.wall() + Seconds(300));
  defer(id, kOne, clock.wall() + Seconds(600));
  EXPECT_EQ(lane_of(id), kTwo);
  stops.move_all();
  clock.advance(Seconds(601));
  stops.move_all();
  EXPECT_EQ(lane_of(id), kTwo) << "both are due: nothing is won by going";
  down("two");
  stops.move_all();
  EXPECT_EQ(lane_of(id), kOne);
}

TEST_F(StopsTest, ALaneWithoutWorkTakesTheOldestThatWaitElsewhere) {
  for (std::uint64_t i = 0; i < 20; ++i) add(i);
  index().set(number(0), Ticket::Phase::active);
  stops.move_all();
  for (int look = 0; look < 2; ++look) {
    stops.fill_idle();
    for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(lane_of(number(i)), i >= 1 && i <= 4 ? kTwo : kOne) << i;
  }
  EXPECT_EQ(lanes[kTwo].awaited, 20U);
  stops.move_all();
  for (std::uint64_t i = 1; i <= 4; ++i) EXPECT_EQ(lane_of(number(i)), kTwo) << "and they stay";
}

// It goes on to the lane of its sender wherever it stands: lanes of all would take it from each other without end.
TEST_F(StopsTest, WhatWasRefusedInDoubtIsTakenByNoLaneOfAll) {
  const QueueId id = add(1);
  index().set_standing(id, true, false);
  const std::uint16_t own = lanes.lane_for(lanes[kOne].route, "somebody");
  index().set_lane(id, own);
  stops.fill_idle();
  EXPECT_EQ(lane_of(id), own);
  index().set_standing(id, false, false);
  stops.fill_idle();
  EXPECT_EQ(lane_of(id), kTwo) << "the lane without work";
}

TEST_F(StopsTest, ALaneThatIsDownTakesNothing) {
  const test::ExpectLog down_told("site down");
  down("two");
  for (std::uint64_t i = 0; i < 20; ++i) add(i);
  stops.move_all();
  stops.fill_idle();
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(lane_of(number(i)), kOne) << i;
}

TEST_F(StopsTest, NoPartyWaitsBehindTheBacklogOfAnother) {
  for (std::uint64_t i = 0; i < 500; ++i) add(i);
  add(600, 8);
  add(601, 8);
  stops.move_all();
  stops.fill_idle();
  for (const std::uint64_t i : {0U, 1U, 600U, 601U}) EXPECT_EQ(lane_of(number(i)), kTwo) << i;
  EXPECT_EQ(lane_of(number(2)), kOne);
}

TEST_F(StopsTest, WhoseTurnComesFirstIsTakenThoughMailOfAnotherWaitsThere) {
  for (std::uint64_t i = 0; i < 20; ++i) add(i);
  ASSERT_TRUE(stops.stand(number(0), kTwo));
  index().turns(kTwo).tried(7);
  add(30, 8);
  stops.fill_idle();
  EXPECT_EQ(lane_of(number(30)), kTwo);
  EXPECT_EQ(lane_of(number(1)), kOne);
  index().turns(kTwo).tried(8);
  add(31, 8);
  stops.fill_idle();
  EXPECT_EQ(lane_of(number(31)), kOne) << "its turn comes after";
}

TEST_F(StopsTest, ALimitThatTakesSomeMoreSoonMovesNothing) {
  SiteOptions options;
  options.connections = 2;
  options.rate = {{RateLimit::Of::messages, RateLimit::Per::minute, 1}};
  sites.configure({{"one", options}, {"two", {2}}});
  const QueueId id = add(1);
  stops.move_all();
  EXPECT_FALSE(sites.rates().take("one", number(9), Rate::Load(1, 1, 7)));
  ASSERT_TRUE(sites.hopeless(lanes[kOne].route));
  EXPECT_FALSE(sites.hopeless_for_long(lanes[kOne].route));
  stops.move_all();
  EXPECT_EQ(lane_of(id), kOne);
  stops.fill_idle();
  EXPECT_EQ(lane_of(id), kTwo) << "but one that has nothing to do takes it";
}

TEST_F(StopsTest, WhatIsNotDueElsewhereIsNotTaken) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    const QueueId id = add(i);
    stops.stand(id, kTwo);
    defer(id, kTwo, clock.wall() + Seconds(60));
    EXPECT_EQ(lane_of(id), kOne);
  }
  stops.move_all();
  stops.fill_idle();
  EXPECT_EQ(lane_of(number(0)), kOne);
  clock.advance(Seconds(61));
  stops.move_all();
  stops.fill_idle();
  EXPECT_EQ(lane_of(number(0)), kTwo);
}

TEST_F(StopsTest, ASenderInTroubleIsProbedThoughOthersMailIsDueThere) {
  const test::ExpectLog sender_told("sender is not taken");
  const test::ExpectLog down_told("site down");
  const Sender alice{"alice", "alice", "alice"};
  const SitePtr one = sites.find("one");
  const Sites::Permit permit = sites.started(*one, alice);
  DeliveryReport refused;
  refused.recipients.resize(1);
  refused.sender = mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 5.7.1 not owned"};
  ASSERT_TRUE(sites.learn(*one, permit, refused, alice, Attempted{number(1)}));
  const QueueId id = add(1);
  stops.set(id, legs(), alice.key);
  Ticket other = *index().find(id);
  other.id = number(2);
  index().add(other);
  stops.move_all();
  EXPECT_EQ(lane_of(id), kTwo);
  clock.advance(Seconds(3600));
  down("two");
  stops.move_all();
  EXPECT_EQ(lane_of(id), kOne) << "as its probe";
}

TEST_F(StopsTest, AProbeIsOneMessageAndFewAreLookedAtForIt) {
  const test::ExpectLog down_told("site down");
  constexpr std::size_t kMany = 3000;
  constexpr std::size_t kFew = kMany / 3;  // times that the clock is asked, by each of them more than once
  for (std::uint64_t i = 0; i < kMany; ++i) add(i);
  down("one");
  down("two");
  stops.move_all();
  EXPECT_EQ(standing_in(kOne, 0, kMany), kMany);
  const Sender nobody;
  for (int step = 0; step < 5; ++step) {
    SCOPED_TRACE(step);
    clock.advance(Seconds(7200));
    EXPECT_LT(asked_at_a_look(), kFew);
    const Sites::Permit one = sites.started(*sites.find("one"), nobody);
    EXPECT_LT(asked_at_a_look(), kFew);
    EXPECT_EQ(standing_in(kTwo, 0, kMany), 1U) << "for the probe that it waits for";
    const Sites::Permit two = sites.started(*sites.find("two"), nobody);
    EXPECT_LT(asked_at_a_look(), kFew);
    sites.returned(*sites.find("one"), one, nobody);
    EXPECT_LT(asked_at_a_look(), kFew);
    sites.returned(*sites.find("two"), two, nobody);
    EXPECT_LT(asked_at_a_look(), kFew);
    EXPECT_EQ(standing_in(kOne, 0, kMany), kMany - 1);
  }
  sites.recovered("two");
  stops.move_all();
  EXPECT_EQ(standing_in(kTwo, 0, kMany), kMany) << "where it is open all go";
}

TEST_F(StopsTest, ForAProbeThePartyIsFirstWhoseTurnItIs) {
  const test::ExpectLog down_told("site down");
  for (std::uint64_t i = 0; i < 200; ++i) add(i);
  add(300, 8);
  index().turns(kTwo).tried(7);
  down("one");
  down("two");
  stops.move_all();
  clock.advance(Seconds(7200));
  stops.move_all();
  (void)sites.started(*sites.find("one"), Sender());
  stops.move_all();
  EXPECT_EQ(lane_of(number(300)), kTwo);
  EXPECT_EQ(standing_in(kTwo, 0, 200), 0U);
}

TEST_F(StopsTest, WhereAllThatWaitWereRefusedInDoubtOneOfThemIsTheProbe) {
  const test::ExpectLog down_told("site down");
  for (std::uint64_t i = 0; i < 20; ++i) {
    index().set_standing(add(i), true, false);
    stops.set(number(i), legs(), "somebody");
  }
  down("one");
  down("two");
  stops.move_all();
  clock.advance(Seconds(7200));
  stops.move_all();
  (void)sites.started(*sites.find("one"), Sender());
  stops.move_all();
  EXPECT_EQ(standing_in(kTwo, 0, 20), 1U);
}

TEST_F(StopsTest, AMessageStandsOnlyWhereItHasRecipients) {
  const QueueId id = add(1);
  const std::uint16_t other = lanes.lane_for(Route{{}, {"one", "two"}});
  EXPECT_FALSE(stops.stand(id, other));
  EXPECT_TRUE(stops.stand(id, kTwo));
  EXPECT_EQ(lane_of(id), kTwo);
  index().set(id, Ticket::Phase::active);
  EXPECT_FALSE(stops.stand(id, kOne)) << "under way";
}

TEST_F(StopsTest, LeftItIsDueWhenTheFirstAre) {
  const QueueId id = add(1);
  defer(id, kOne, clock.wall() + Seconds(60));
  defer(id, kTwo, clock.wall() + Seconds(300));
  stops.leave(id);
  EXPECT_EQ(index().find(id)->due, clock.wall() + Seconds(60));
  EXPECT_FALSE(stops.has(id));
  EXPECT_EQ(lanes[kOne].awaited + lanes[kTwo].awaited, 0U);
}

}  // namespace
}  // namespace postern::queue
