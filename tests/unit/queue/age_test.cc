// Issue 13, fault 7: what a clock does, and when the program runs, makes no message older than the time in which it
// could be tried.
#include "base/zone.h"
#include "mail/date.h"
#include "queue/gaps.h"
#include "support/expected_log.h"

#include "queue_fixture.h"

namespace postern::queue {
namespace {

using Hours = std::chrono::hours;
using Days = std::chrono::days;

struct Keeper final : GapKeeper {
  Kept read() override { return kept; }
  void keep(std::string gaps, WallTime alive) override { kept = Kept{std::move(gaps), alive}; }
  Kept kept;
};

class Age : public QueueTest {
 protected:
  Age() {
    host.answers["bob@example.net"] = deferred();
    made.notify.after = Seconds(0);
    restart();
  }

  ~Age() override { close(); }

  void start() {
    spool = *spool::Spool::open(disk, "spool");
    made.gaps = &keeper;
    queue =
        Queue::make(loop.get_executor(), *spool, pool, clock, made, {{"main", {4}}},
                    [this](mail::Message& message, const std::string&) { return deliver_to(&host, &pool, &message); });
    EXPECT_TRUE(run(loop, queue->start()));
    settle();
  }
  void restart(Milliseconds off = Milliseconds(0)) {
    close();
    clock.jump_wall(off);
    start();
  }
  /// As after a crash.
  void crash(Milliseconds off) {
    const GapKeeper::Kept kept = keeper.kept;
    close();
    keeper.kept = kept;
    clock.jump_wall(off);
    start();
  }
  QueueId accept_one() { return accept(envelope({"bob@example.net"})); }
  /// An attempt, and what its sender hears.
  std::size_t reports_after(Milliseconds time) {
    const std::size_t attempts = host.attempts;
    const std::size_t before = host.got.size();
    pass(time);
    EXPECT_GT(host.attempts, attempts) << "not tried";
    return host.got.size() - before;
  }
  void remove(const QueueId& id) { EXPECT_TRUE(run(loop, queue->remove(id))); }

  Keeper keeper;
  Config made = config();
};

constexpr Seconds kSizes[] = {Seconds(60), Hours(1), Hours(5), Hours(6), Days(1), Days(6), Days(8), Days(21), Days(30)};

TEST_F(Age, AClockThatIsSetBouncesNothingAndIsNoDelay) {
  for (const Seconds size : kSizes) {
    for (const Seconds jump : {size, -size, -size, size}) {
      const QueueId before = accept_one();
      clock.jump_wall(jump);
      const QueueId after = accept_one();
      EXPECT_EQ(reports_after(Seconds(70)), 0U) << jump.count();
      EXPECT_EQ(reports_after(Seconds(200)), 0U) << jump.count();
      EXPECT_EQ(files().size(), 2U) << jump.count();
      remove(before);
      remove(after);
    }
  }
}

TEST_F(Age, AMachineThatWasOffBouncesNothingAndIsNoDelay) {
  for (const Seconds size : kSizes) {
    for (const bool crashed : {false, true}) {
      for (const Seconds off : {size, -size}) {
        const QueueId before = accept_one();
        crashed ? crash(off) : restart(off);
        const QueueId after = accept_one();
        EXPECT_EQ(reports_after(Seconds(70)), 0U) << off.count();
        EXPECT_EQ(reports_after(Seconds(200)), 0U) << off.count();
        remove(before);
        remove(after);
      }
    }
  }
}

TEST_F(Age, AClockThatIsWeeksBehindAtTheStartBouncesNothingWhenItIsSet) {
  accept_one();
  restart(-Days(21));
  accept_one();
  clock.jump_wall(Days(29));
  EXPECT_EQ(reports_after(Seconds(70)), 0U);
  EXPECT_EQ(reports_after(Hours(2)), 0U);
  EXPECT_EQ(files().size(), 2U);
  EXPECT_LT(queue->totals().oldest_age, Milliseconds(Hours(3)));
}

TEST_F(Age, TheDelayInTheLogOfADeliveryIsTheTimeInWhichItCouldBeTriedToo) {
  restart(-Days(21));
  accept_one();
  clock.jump_wall(Days(29));
  host.answers.erase("bob@example.net");
  pass(Hours(2));
  EXPECT_TRUE(files().empty());
  const std::vector<std::string>& lines = test::logged();
  const auto delivered = std::ranges::find_if(
      lines, [](const std::string& line) { return line.find(" delivered to=") != std::string::npos; });
  ASSERT_NE(delivered, lines.end());
  EXPECT_NE(delivered->find("delay=2h"), std::string::npos) << *delivered;
}

TEST_F(Age, ADelayIsToldAndAMessageExpiresAfterTheTimeInWhichItCouldBeTried) {
  accept_one();
  Hours ran{0};
  bool warned = false;
  for (; !files().empty(); ran += Hours(2)) {
    ASSERT_LT(ran, Days(6));
    if (ran.count() % 3 == 0) clock.jump_wall(Hours(7));
    if (ran.count() % 5 == 0) clock.jump_wall(-Hours(1));
    pass(Seconds(0));  // it is noticed
    if (ran.count() % 7 == 0) restart(Days(8));
    EXPECT_EQ(host.got.size(), warned ? 1U : 0U) << "not by a clock nor by a restart";
    if (reports_after(Hours(2)) == 0 || warned) continue;
    warned = true;
    const Hours age = ran + Hours(2);
    EXPECT_EQ(age, Hours(6)) << "the first attempt after four hours";
    const WallTime until = clock.wall() + made.retry.expire - age;
    const std::string field = "Will-Retry-Until: " + mail::format_date(until, utc_offset(clock.wall()));
    EXPECT_NE(host.texts.back().find(field), std::string::npos) << field << host.texts.back();
  }
  EXPECT_TRUE(warned);
  EXPECT_EQ(ran, made.retry.expire + Hours(2));
  EXPECT_EQ(host.got.size(), 2U);
}

TEST_F(Age, WithoutAnythingKnownTheTimeSinceAcceptanceCounts) {
  accept_one();
  close();
  keeper.kept = {};
  clock.jump_wall(Days(8));
  start();
  EXPECT_EQ(host.got, std::vector<std::string>{"alice@example.com"});
  EXPECT_TRUE(files().empty());
}

TEST_F(Age, ADamagedNoteIsToldAndTheLastHeartbeatStillCounts) {
  const test::ExpectLog expected("is ignored");
  accept_one();
  close();
  keeper.kept.gaps = "postern-gaps 1\nfrom=yesterday\n";
  clock.jump_wall(Days(8));
  start();
  EXPECT_TRUE(host.got.empty());
  EXPECT_EQ(files().size(), 1U);
  EXPECT_TRUE(Gaps::parse(keeper.kept.gaps)) << "replaced";
}

TEST_F(Age, WhatIsKnownStaysKnownOverARestart) {
  accept_one();
  clock.jump_wall(Days(30));
  pass(Seconds(70));
  for (int i = 0; i < 3; ++i) restart(Days(8));
  EXPECT_EQ(Gaps::parse(keeper.kept.gaps)->size(), 4U);
  EXPECT_EQ(reports_after(Seconds(200)), 0U);
}

TEST_F(Age, AnAlarmOfAgeCountsTheTimeInWhichMailCouldBeTried) {
  std::vector<std::string> told;
  made.notify.after = Hours(1);
  made.tell_operator = [&told](const std::string&, const std::string& text, const Config::Ended& ended) {
    told.push_back(text);
    ended({});
  };
  restart();
  accept_one();
  for (const Seconds jump : {Seconds(Days(8)), Seconds(Hours(6)), Seconds(-Hours(6))}) {
    clock.jump_wall(jump);
    pass(Seconds(90));
    restart(Days(3));
    pass(Seconds(90));
  }
  EXPECT_TRUE(told.empty()) << told.front();
  for (int i = 0; i < 61; ++i) pass(Seconds(60));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("The oldest message has waited for 1h"), std::string::npos) << told[0];
}

TEST_F(Age, AMessageFromAClockAheadAgesWhenTheClockIsRight) {
  clock.jump_wall(Days(30));
  accept_one();
  clock.jump_wall(-Days(30));
  pass(Seconds(70));
  EXPECT_EQ(queue->totals().oldest_age, Milliseconds(Seconds(70)));
  pass(Hours(3));
  EXPECT_TRUE(host.got.empty());
  pass(Hours(2));
  EXPECT_EQ(host.got, std::vector<std::string>{"alice@example.com"}) << "told of the delay";
}

}  // namespace
}  // namespace postern::queue
