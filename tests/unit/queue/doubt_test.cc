// Doubtful refusals from the first one to what settles them, over the whole queue.
#include "queue/doubt.h"

#include "queue_fixture.h"
#include "support/expected_log.h"

#include <cstdlib>

namespace postern::queue {
namespace {

Status in_doubt() { return Status{mail::Verdict::deferred, 554, "5.7.1", "policy", true}; }

class DoubtTest : public QueueTest {
 protected:
  const test::ExpectLog expected{"refused for good, but it is not known"};
};

TEST_F(DoubtTest, AMessageThatIsDislikedFailsWithinHalfAnHourOnceOthersOfItsSenderWereTaken) {
  host.answers["bad@example.net"] = in_doubt();
  const QueueId bad = accept(envelope({"bad@example.net"}));
  EXPECT_EQ(queue->totals().doubtful, 1U);
  for (int minute = 0; minute < 30; ++minute) {
    if (minute == 3) (void)accept(envelope({"good@example.net"}));
    pass(Seconds(60));
  }
  ASSERT_FALSE(run(loop, queue->find(bad))) << "its sender was told";
  EXPECT_EQ(queue->totals().doubtful, 0U);
  EXPECT_EQ(queue->totals().bounced, 1U);
}

TEST_F(DoubtTest, WithoutProofItWaitsOverRestartsUntilItExpires) {
  host.answers["bad@example.net"] = in_doubt();
  const QueueId bad = accept(envelope({"bad@example.net"}));
  const auto no_other = [&] {
    for (int i = 0; i < 30; ++i) pass(Seconds(3600));
    return run(loop, queue->find(bad));
  };
  ASSERT_TRUE(no_other());
  reopen();
  settle();
  EXPECT_EQ(queue->totals().doubtful, 1U) << "the reader in the background found it in the log";
  const auto entry = no_other();
  ASSERT_TRUE(entry);
  EXPECT_NE(entry->doubt.find("refused at least 3 times since"), std::string::npos) << entry->doubt;
  EXPECT_NE(entry->doubt.find("main takes other mail from alice@example.com"), std::string::npos) << entry->doubt;
  EXPECT_EQ(entry->reason, "554 5.7.1 policy");
  // Mail of another sender proves nothing.
  (void)accept(envelope({"good@example.net"}, "bob@example.com"));
  (void)accept(envelope({"good@example.net"}), "From: bob@example.com\n\nhi\n");
  EXPECT_TRUE(no_other());
}

TEST_F(DoubtTest, MailOfAnotherSenderIsProofWhereTheServerSawTheSame) {
  host.answers["bad@example.net"] = in_doubt();
  host.sent_as = "alerts@example.com\nalerts@example.com";
  const QueueId bad = accept(envelope({"bad@example.net"}));
  for (int minute = 0; minute < 30; ++minute) {
    if (minute == 3) (void)accept(envelope({"good@example.net"}, "bob@example.com"));
    pass(Seconds(60));
  }
  EXPECT_FALSE(run(loop, queue->find(bad)));
}

TEST_F(DoubtTest, AClockThatIsSetProvesNothingAndBlocksNoProof) {
  for (const auto jump : {Seconds(-10 * 86'400), Seconds(-3 * 3600), Seconds(3600), Seconds(10 * 86'400)}) {
    SCOPED_TRACE(jump.count());
    host.answers["bad@example.net"] = in_doubt();
    const QueueId bad = accept(envelope({"bad@example.net"}));
    (void)accept(envelope({"good@example.net"}));
    clock.jump_wall(jump);
    int minutes = 0;
    for (; minutes < 60 && run(loop, queue->find(bad)); ++minutes) {
      if (minutes % 4 == 1) (void)accept(envelope({"good@example.net"}));
      pass(Seconds(60));
    }
    EXPECT_GE(minutes, 15);
    EXPECT_LE(minutes, 40) << "set back, the next refusal counts as the first";
  }
}

RecipientState state(const Status& last, unsigned doubtful, WallTime since) {
  RecipientState made;
  made.last = last;
  made.doubtful = doubtful;
  made.refused_since = since;
  return made;
}

TEST(DoubtText, SpeaksOfTheOneRefusedMostAndOfNoneThatIsSettled) {
  ::setenv("TZ", "UTC", 1);
  const WallTime now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(14);
  std::vector<RecipientState> states(3);
  EXPECT_EQ(doubt_text(states, "smtp.example.com", "alice@example.com", now), "");
  states[0] = state(in_doubt(), 1, now);
  states[1] = state(in_doubt(), 2, now + Seconds(120));
  states[2] = state(delivered(), 3, now);
  EXPECT_EQ(
      doubt_text(states, "smtp.example.com", "alice@example.com", now + Seconds(86400)),
      "refused 2 times since Nov 23 14:02, and it is not known whether this is about the message or the account; it "
      "fails when refused 3 times over 15 minutes and smtp.example.com takes other mail from alice@example.com; "
      "until then it waits, at most until Nov 24 14:00");
}

}  // namespace
}  // namespace postern::queue
