// What the log says of each recipient: "did the mail that cron sent at 03:00 go out?" is one line of it.
#include "base/zone.h"
#include "support/expected_log.h"

#include "queue_fixture.h"

#include <gmock/gmock.h>

namespace postern::queue {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// The only line with these words.
std::string line_with(const std::string& words) {
  std::string found;
  for (const std::string& line : test::logged()) {
    if (line.find(words) == std::string::npos) continue;
    EXPECT_EQ(found, "") << "twice";
    found = line;
  }
  return found;
}

class VerdictLogTest : public QueueTest {
 protected:
  VerdictLogTest() { host.answers["bad@example.com"] = refused(); }

  QueueId accept_of_cron(std::vector<std::string> recipients) {
    mail::Envelope made = envelope(std::move(recipients), "root@web1.example.net");
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = 0;
    made.recipients.front().orcpt = "rfc822;root@web1.example.net";
    return accept(std::move(made), "From: root\nMessage-ID:\n <1@web1>\nSubject: Cron <root@web1> backup\n\nbody\n");
  }
};

TEST_F(VerdictLogTest, ADeliveryIsFoundByWhoeverKnowsOneThingOfIt) {
  const QueueId id = accept_of_cron({"admin@example.com"});
  EXPECT_THAT(line_with(" delivered "),
              AllOf(HasSubstr("id=" + id.str()), HasSubstr(" to=admin@example.com"),
                    HasSubstr(" orig_to=root@web1.example.net"), HasSubstr(" from=<root@web1.example.net>"),
                    HasSubstr(" uid=0"), HasSubstr(" accepted=" + to_local_rfc3339(id.accepted())),
                    HasSubstr(" delay=0s"), HasSubstr(" site=main"), HasSubstr(" host=smtp.example.com[192.0.2.1]:465"),
                    HasSubstr(" message_id=<1@web1>"), HasSubstr(" left=0"), HasSubstr(" reply=\"250 2.0.0 Ok\""),
                    Not(HasSubstr("tls="))));
}

TEST_F(VerdictLogTest, TellsHowManyOfTheMessageAreStillWaitedFor) {
  host.answers["later@example.com"] = deferred();
  accept_of_cron({"a@example.com", "bad@example.com", "later@example.com", "b@example.com"});
  EXPECT_THAT(line_with(" delivered to=a@"), HasSubstr(" left=3"));
  EXPECT_THAT(line_with(" failed to=bad@"), HasSubstr(" left=2"));
  EXPECT_THAT(line_with(" deferred to=later@"), HasSubstr(" left=2"));
  EXPECT_THAT(line_with(" delivered to=b@"), HasSubstr(" left=1"));
  host.answers.clear();
  pass(std::chrono::hours(2));
  EXPECT_THAT(line_with(" delivered to=later@"), HasSubstr(" left=0"));
}

TEST_F(VerdictLogTest, AnAddressThatWasNoAliasIsSaidOnce) {
  mail::Envelope made = envelope({"bob@example.net"});
  made.recipients.front().orcpt = "rfc822;bob@example.net";
  accept(std::move(made));
  EXPECT_THAT(line_with(" delivered "), Not(HasSubstr("orig_to")));
}

TEST_F(VerdictLogTest, TheReportOfAFailureIsInTheLogFromItsBeginning) {
  const QueueId id = accept(envelope({"bad@example.com"}));
  const std::string queued = line_with(" queued ");
  EXPECT_THAT(queued, AllOf(HasSubstr(" why=report"), HasSubstr(" from=<>"), HasSubstr(" to=alice@example.com"),
                            HasSubstr(" recipients=1"), HasSubstr(" size=")));
  EXPECT_THAT(line_with(" delivered "), Not(HasSubstr(" uid="))) << "a report is sent by no user";
  EXPECT_THAT(line_with(" bounced "), AllOf(HasSubstr("id=" + id.str()), HasSubstr(" bounce=" + queued.substr(3, 16))));
}

TEST_F(VerdictLogTest, AReportOfADelayIsNoBounce) {
  host.answers["bob@example.net"] = deferred();
  const QueueId id = accept(envelope({"bob@example.net"}));
  pass(std::chrono::hours(5));
  EXPECT_THAT(line_with(" delay reported "), HasSubstr("id=" + id.str()));
  EXPECT_EQ(line_with(" bounced "), "");
}

}  // namespace
}  // namespace postern::queue
