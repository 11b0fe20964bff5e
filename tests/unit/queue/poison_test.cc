// A message that takes the program down. The process "crashes" when it comes to that message: nothing that happens
// afterwards in it counts, and what it had noted at that moment is what the next one finds.
#include "queue_fixture.h"

#include "queue/suspects.h"
#include "support/expected_log.h"

#include <set>
#include <utility>

namespace postern::queue {
namespace {

enum class End { crash, kill };

class PoisonTest : public QueueTest {
 protected:
  PoisonTest() { start(); }

  void start() {
    close();
    over_ = false;
    spool = *spool::Spool::open(disk, "spool");
    Config with_memory = config();
    with_memory.in_flight = memory_;
    queue = Queue::make(loop.get_executor(), *spool, pool, clock, std::move(with_memory), {{"main", {4}}},
                        [this](mail::Message& message, const std::string&) { return deliver(this, &message); });
    ASSERT_TRUE(run(loop, queue->start()));
    settle();
  }

  void restart(End end = End::crash) {
    close();
    if (over_) memory_ = noted_;
    if (end == End::crash) memory_.at(Suspects::kCrashedAt) = 1;
    start();
  }

  /// Stored while nothing is delivered.
  QueueId store(const std::string& to) {
    if (!std::exchange(over_, true)) noted_ = memory_;
    return accept(envelope({to}));
  }

  static Task<DeliveryReport> deliver(PoisonTest* test, mail::Message* message) {
    const std::string address = message->envelope().recipients.front().address;
    test->with_.insert(address);
    if (!test->over_ && address == test->poison) {
      ++test->tried;
      test->company = std::max(test->company, test->with_.size() - 1);
      auto elsewhere = [] { return 0; };
      co_await test->pool.run(spool::Priority::normal, std::move(elsewhere));  // so that another could start meanwhile
      test->company = std::max(test->company, test->with_.size() - 1);
      test->noted_ = test->memory_;
      test->over_ = true;
    }
    if (test->over_) {
      test->with_.erase(address);
      DeliveryReport ended;
      ended.site = mail::SiteTrouble{mail::Step::connect, Failure::cancelled, 0, "the process ended", false};
      co_return ended;
    }
    // Longer than it takes to read the next message.
    for (int step = 0; step < 10; ++step) {
      auto elsewhere = [] { return 0; };
      co_await test->pool.run(spool::Priority::normal, std::move(elsewhere));
    }
    DeliveryReport report = co_await deliver_to(&test->host, &test->pool, message);
    test->with_.erase(address);
    co_return report;
  }

  std::string poison = "poison@example.com";
  QueueId suspect;
  std::size_t tried = 0;    ///< the poison
  std::size_t company = 0;  ///< the most others under way when it was

 private:
  std::vector<char> memory_ = std::vector<char>(Suspects::kMemory);
  std::vector<char> noted_;
  bool over_ = false;
  std::multiset<std::string> with_;
};

TEST_F(PoisonTest, P35_AfterThreeCrashesTheMessageIsHeldAndTheOthersFlow) {
  const test::ExpectLog expected("put on hold: the program crashed");
  std::vector<std::string> others;
  for (char name = 'a'; name < 'k'; ++name) {
    others.push_back(std::string(1, name) + "@example.net");
    if (name == 'e') store(poison);
    store(others.back());
  }
  restart(End::kill);
  for (std::size_t crashes = 1; crashes < 3; ++crashes) {
    ASSERT_EQ(tried, crashes);
    restart();
  }
  restart();
  EXPECT_EQ(tried, 3U);
  std::ranges::sort(host.got);
  EXPECT_EQ(host.got, others);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(queue->totals().held, 1U);
  const auto entries = listed();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].state, State::held);
  EXPECT_EQ(entries[0].recipients.at(0).address, poison);
}

TEST_F(PoisonTest, WhatIsReleasedStartsWithAGoodName) {
  const test::ExpectLog expected("put on hold: the program crashed");
  const QueueId id = store(poison);
  restart(End::kill);
  for (int round = 1; round <= 3; ++round) {
    for (int crash = 0; crash < 3; ++crash) restart();
    EXPECT_EQ(tried, 3U * static_cast<unsigned>(round));
    EXPECT_EQ(disk.names("spool/hold"), std::vector<std::string>{id.str()});
    ASSERT_TRUE(run(loop, queue->release(id)));
    settle();
  }
  poison.clear();
  restart();
  EXPECT_EQ(host.got, std::vector<std::string>{"poison@example.com"});
}

TEST_F(PoisonTest, AnAttemptWithAResultBetweenTheCrashesClearsTheMessage) {
  store(poison);
  restart(End::kill);
  restart();
  EXPECT_EQ(tried, 2U);
  const std::string address = std::exchange(poison, "");
  host.answers[address] = deferred();
  restart();
  EXPECT_EQ(host.attempts, 1U);
  poison = address;
  for (unsigned crash = 0; crash < 3; ++crash) {
    restart();
    pass(Seconds(7200));
    EXPECT_EQ(tried, 3U + crash);
  }
  EXPECT_TRUE(disk.names("spool/hold").empty());
}

TEST_F(PoisonTest, TroubleOfTheSmarthostClearsNobody) {
  const test::ExpectLog expected("site down");
  const test::ExpectLog held("put on hold: the program crashed");
  const QueueId id = store(poison);
  restart(End::kill);
  restart();
  const std::string address = std::exchange(poison, "");
  host.trouble = site_trouble();
  restart();
  EXPECT_EQ(tried, 2U);
  EXPECT_EQ(host.attempts, 1U);
  poison = address;
  restart(End::kill);
  EXPECT_EQ(tried, 3U);
  restart();
  EXPECT_EQ(disk.names("spool/hold"), std::vector<std::string>{id.str()});
}

TEST_F(PoisonTest, AKillOrAPowerCutIsNoCrash) {
  const QueueId id = store(poison);
  for (unsigned end = 0; end < 10; ++end) {
    restart(End::kill);
    EXPECT_EQ(tried, end + 1);
  }
  EXPECT_EQ(files(), std::vector<std::string>{id.str()});
}

TEST_F(PoisonTest, ASuspectIsTriedAloneThoughTheSmarthostTakesMoreAtOnce) {
  for (unsigned crashes = 0; crashes < 3; ++crashes) {
    std::vector<QueueId> ids;
    for (int i = 0; i < 16; ++i) {
      // The poison is of before, and in the middle.
      ids.push_back(i == 8 && crashes > 0 ? suspect
                                          : store(i == 8 ? poison : "to" + std::to_string(i) + "@example.net"));
    }
    suspect = ids[8];
    close();
    {
      const auto door = *spool::Spool::open(disk, "spool");
      Milliseconds wait = Seconds(8);
      for (const QueueId& id : ids) ASSERT_TRUE(door->set_next(id, clock.wall() + ++wait));
    }
    restart(crashes == 0 ? End::kill : End::crash);
    accept(envelope({"first@example.net"}));  // a smarthost that has not answered gets one message at first
    company = 0;
    host.most_active = 0;
    pass(Seconds(9));
    EXPECT_EQ(tried, crashes + 1);
    EXPECT_EQ(company > 0, crashes == 0) << "only a suspect goes alone";
    EXPECT_EQ(host.most_active, 4U);
  }
}

TEST_F(PoisonTest, OthersStartTogetherAgainWhenTheSuspectHasEnded) {
  for (char name = 'a'; name < 'k'; ++name) store(std::string(1, name) + "@example.net");
  store(poison);
  restart(End::kill);
  poison.clear();
  host.most_active = 0;
  for (char name = 'k'; name < 's'; ++name) store(std::string(1, name) + "@example.net");
  restart();
  EXPECT_EQ(host.got.size(), 19U);
  EXPECT_EQ(host.most_active, 4U);
}

TEST_F(PoisonTest, AGuiltyMessageThatCannotBeMovedIsNotTriedAndStopsNobody) {
  const test::ExpectLog expected("cannot be put on hold");
  const QueueId id = store(poison);
  disk.put("spool/hold/" + id.str(), "another file");
  restart(End::kill);
  for (int crash = 0; crash < 3; ++crash) restart();
  EXPECT_EQ(files(), std::vector<std::string>{id.str()});
  accept(envelope({"bob@example.net"}));
  pass(Seconds(7200));
  EXPECT_EQ(host.got, std::vector<std::string>{"bob@example.net"});
  EXPECT_EQ(tried, 3U);
  EXPECT_EQ(files(), std::vector<std::string>{id.str()});
  EXPECT_EQ(disk.content("spool/hold/" + id.str()), "another file");
}

}  // namespace
}  // namespace postern::queue
