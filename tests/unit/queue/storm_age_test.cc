// The time in which a message waits for others like it is none in which it could be tried: it grows no older by that,
// however it is let out, and over a restart.
#include "stormy_queue.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

#include <functional>

namespace postern::queue {
namespace {

using testing::HasSubstr;

constexpr std::string_view kTo = "admin@example.com";

class StormAgeTest : public StormKeeperTest {
 protected:
  StormAgeTest() {
    retry.min = Seconds(5);
    retry.max = Seconds(10);
    retry.expire = Seconds(15);
    retry.warn_after = Seconds(0);
    restart();
  }

  /// The fourth of them, which waits, and whose smarthost puts it off when it comes.
  QueueId come_and_wait() {
    const QueueId waits = come_often(4).back();
    EXPECT_EQ(state(waits), State::storm);
    host.answers[std::string(kTo)] = deferred();
    host.got.clear();
    host.texts.clear();
    return waits;
  }
  /// It was tried once, and waits for the next time as one that came just now.
  void expect_young(const QueueId& id) {
    EXPECT_EQ(state(id), State::waiting);
    EXPECT_LE(queue->totals().oldest_age, Seconds(1));
    EXPECT_TRUE(host.got.empty()) << "its sender is told";
  }
  /// It is tried again, and ends at its age.
  void expect_to_end() {
    const std::size_t attempts = host.attempts;
    pass(Seconds(6));
    EXPECT_EQ(host.attempts, attempts + 1);
    EXPECT_TRUE(host.got.empty()) << "its sender is told";
    pass(Seconds(11));
    EXPECT_EQ(host.got, std::vector<std::string>{"root@web1.example.net"});
    EXPECT_THAT(host.texts.back(), HasSubstr("tried again and again for 15 seconds"));
    EXPECT_TRUE(files().empty());
  }
};

TEST_F(StormAgeTest, BeginsWhenItIsLetOut) {
  const std::vector<std::pair<std::string, std::function<void(const QueueId&)>>> ways{
      {"the window ends", [this](const QueueId&) { pass(Seconds(1)); }},
      {"the window ended while the daemon was down",
       [this](const QueueId&) {
         close();
         clock.advance(Seconds(7200));
         begin();
         pass(Seconds(0));
       }},
      {"release", [this](const QueueId& id) { EXPECT_TRUE(run(loop, queue->release(id))); }},
      {"retry", [this](const QueueId& id) { EXPECT_TRUE(queue->retry(id)); }},
      {"reroute", [this](const QueueId& id) { EXPECT_TRUE(run(loop, queue->reroute(id, "main"))); }},
      {"hold and release",
       [this](const QueueId& id) {
         EXPECT_TRUE(run(loop, queue->hold(id)));
         EXPECT_TRUE(run(loop, queue->release(id)));
       }},
      {"no row of storms any more",
       [this](const QueueId&) {
         Config made = config();
         made.retry = retry;
         queue->configure(std::move(made), {{"main", {4}}});
       }},
  };
  for (const auto& [name, way] : ways) {
    for (const bool over_a_restart : {false, true}) {
      SCOPED_TRACE(name + (over_a_restart ? ", and a restart" : ""));
      host.answers.clear();
      restart();
      pass(Seconds(3600));
      const QueueId id = come_and_wait();
      pass(Seconds(599));
      EXPECT_EQ(state(id), State::storm);
      way(id);
      settle();
      EXPECT_FALSE(host.texts.empty()) << "it was not tried";
      expect_young(id);
      if (over_a_restart) {
        restart();
        expect_young(id);
      }
      expect_to_end();
    }
  }
}

TEST_F(StormAgeTest, OfOneThatIsAskedForBeforeItsFileIsReadBeginsThen) {
  const QueueId id = come_and_wait();
  close();
  clock.advance(Seconds(300));
  spool = *spool::Spool::open(disk, "spool");
  Config made = stormy_config();
  made.retry = retry;
  queue =
      Queue::make(loop.get_executor(), *spool, pool, clock, std::move(made), {{"main", {4}}},
                  [this](mail::Message& message, const std::string&) { return deliver_to(&host, &pool, &message); });
  EXPECT_TRUE(run(loop, queue->start()));
  ASSERT_TRUE(queue->retry(id));
  settle();
  expect_young(id);
  expect_to_end();
}

TEST_F(StormAgeTest, IsThatByWhichItsSenderIsTold) {
  retry.expire = Seconds(86'400);
  retry.warn_after = Seconds(300);
  restart();
  const QueueId id = come_and_wait();
  pass(Seconds(600));
  expect_young(id);
  pass(Seconds(290));
  EXPECT_EQ(queue->totals().oldest_age, Seconds(290));
  EXPECT_TRUE(host.got.empty());
  pass(Seconds(30));
  ASSERT_EQ(host.got.size(), 1U);
  EXPECT_THAT(host.texts.back(), HasSubstr("late"));
}

}  // namespace
}  // namespace postern::queue
