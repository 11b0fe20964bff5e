// How long it takes until the sender of a message hears that a server dislikes it, in words that nobody knows; and that
// other mail does not wait for it.
#include "queue/decide.h"

#include "queue_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

#include <string>

namespace postern::queue {
namespace {

constexpr Seconds kHalfAnHour{30 * 60};

class ProofTest : public QueueTest {
 protected:
  /// Every minute another message of this sender is handed in, as a busy host does, until the disliked one has ended.
  /// Returns after how long it had, and checks that the others were taken at once.
  Milliseconds minutes_until_it_ended(const QueueId& disliked, const std::string& sender) {
    const WallTime begin = clock.wall();
    while (run(loop, queue->find(disliked)) && clock.wall() < begin + 4 * kHalfAnHour) {
      const auto before = std::ranges::count(host.got, "bob@example.net");
      accept(envelope({"bob@example.net"}, sender));
      EXPECT_EQ(std::ranges::count(host.got, "bob@example.net"), before + 1) << "without any delay";
      pass(Seconds(60));
    }
    return clock.wall() - begin;
  }
  void dislike(const std::string& address) {
    host.answers[address] = Status{mail::Verdict::deferred, 554, "5.0.0", "we do not want this", true};
  }
};

TEST_F(ProofTest, TheSenderOfAMessageThatIsDislikedInUnknownWordsHearsWithinHalfAnHour) {
  // Again and again, since chance has a hand in the schedule.
  for (int i = 0; i < 20; ++i) {
    const test::ExpectLog doubt("refused for good");
    const std::string to = "bad" + std::to_string(i) + "@example.net";
    dislike(to);
    const auto reports = std::ranges::count(host.got, "alice@example.com");
    const QueueId disliked = accept(envelope({to}));
    const Milliseconds took = minutes_until_it_ended(disliked, "alice@example.com");
    EXPECT_GE(took, kProvingTime);
    EXPECT_LE(took, kHalfAnHour);
    settle();
    EXPECT_EQ(std::ranges::count(host.got, "alice@example.com"), reports + 1);
    EXPECT_TRUE(queue->sites()[0].trouble == std::nullopt);
    EXPECT_TRUE(queue->sites()[0].senders.empty());
    pass(Seconds(3600));
  }
}

TEST_F(ProofTest, WhereOnlyOthersMailIsTakenItWaits) {
  const test::ExpectLog doubt("refused for good");
  dislike("bad@example.net");
  const QueueId disliked = accept(envelope({"bad@example.net"}));
  EXPECT_GE(minutes_until_it_ended(disliked, "carol@example.com"), 4 * kHalfAnHour);
  const Result<Entry> entry = run(loop, queue->find(disliked));
  ASSERT_TRUE(entry);
  EXPECT_THAT(entry->doubt, testing::HasSubstr("takes other mail from alice@example.com"));
}

TEST_F(ProofTest, SeveralThatAreDislikedDelayNobodyEither) {
  const test::ExpectLog doubt("refused for good");
  std::vector<QueueId> disliked;
  for (int i = 0; i < 2; ++i) {
    const std::string to = "bad" + std::to_string(i) + "@example.net";
    dislike(to);
    disliked.push_back(accept(envelope({to}, "alice" + std::to_string(i) + "@example.com")));
  }
  const WallTime begin = clock.wall();
  for (std::size_t i = 0; i < disliked.size(); ++i) {
    EXPECT_LE(minutes_until_it_ended(disliked[i], "alice" + std::to_string(i) + "@example.com"), kHalfAnHour);
  }
  EXPECT_LE(clock.wall() - begin, 2 * kHalfAnHour);
}

}  // namespace
}  // namespace postern::queue
