// What waits without a turn, in trouble of its sender or at a site that refuses every message.
#include "queue_fixture.h"
#include "support/expected_log.h"

#include <functional>
#include <set>

namespace postern::queue {
namespace {

using Judge = std::function<DeliveryReport(const mail::Message&)>;

Task<DeliveryReport> judged_by(const Judge* judge, mail::Message* message) { co_return (*judge)(*message); }

class OverdueTest : public QueueTest {
 protected:
  OverdueTest() {
    close();
    spool = *spool::Spool::open(disk, "spool");
    queue = Queue::make(loop.get_executor(), *spool, pool, clock, config(), {{"main", {2}}},
                        [this](mail::Message& message, const std::string&) {
                          ++attempts;
                          return judged_by(&judge, &message);
                        });
    EXPECT_TRUE(run(loop, queue->start()));
  }
  /// Reports are taken, whatever becomes of the mail they are about.
  DeliveryReport refuse(const mail::Message& message, const std::function<void(DeliveryReport&)>& say) {
    DeliveryReport report;
    if (message.envelope().sender.empty()) {
      ++reports;
      report.recipients.assign(message.pending().size(), delivered());
      return report;
    }
    report.recipients.resize(message.pending().size());
    say(report);
    return report;
  }
  void not_owned() {
    judge = [this](const mail::Message& message) {
      return refuse(message, [](DeliveryReport& report) {
        report.sender = mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 5.7.1 not owned"};
      });
    };
  }
  void refuses_every() {
    judge = [this](const mail::Message& message) {
      return refuse(message, [](DeliveryReport& report) {
        report.recipients.assign(report.recipients.size(), Status{mail::Verdict::deferred, 554, "5.0.0", "no", true});
      });
    };
  }
  QueueId from(const std::string& sender, bool silent = false) {
    mail::Envelope one = envelope({"bob@example.net"}, sender);
    if (silent) one.recipients[0].notify = mail::kNotifyNever;
    return accept(std::move(one), "From: " + sender + "\nSubject: hi\n\nbody\n");
  }
  void hours(int count, int steps = 4) {
    for (int i = 0; i < steps * count; ++i) pass(Seconds(3600) / steps);
  }
  [[nodiscard]] std::size_t waiting_mail() {
    const std::vector<Entry> all = listed();
    const auto waits = [](const Entry& entry) { return !entry.sender.empty() && entry.state != State::failed; };
    return static_cast<std::size_t>(std::ranges::count_if(all, waits));
  }
  Judge judge;
  std::size_t attempts = 0;
  std::size_t reports = 0;
};

TEST_F(OverdueTest, MailOfARefusedSenderEndsAtItsExpiryHoweverMuchOfItWaits) {
  const test::ExpectLog sender_trouble("sender is not taken by the smarthost");
  const test::ExpectLog kept("kept in failed/");
  not_owned();
  QueueId one;
  for (int i = 0; i < 120; ++i) one = from("web@example.com", true);
  hours(5 * 24 - 1, 1);
  EXPECT_EQ(waiting_mail(), 120U) << "none before";
  const std::size_t before = attempts;
  hours(3);
  EXPECT_EQ(waiting_mail(), 0U);
  EXPECT_LE(attempts - before, 4U) << "without attempts of their own";
}

TEST_F(OverdueTest, TheSenderIsToldTheWordsOfTheTrouble) {
  const test::ExpectLog sender_trouble("sender is not taken by the smarthost");
  not_owned();
  const QueueId first = from("web@example.com");
  const QueueId second = from("web@example.com");
  hours(5 * 24 - 1, 1);
  const auto entry = run(loop, queue->find(second));
  ASSERT_TRUE(entry);
  ASSERT_EQ(entry->attempts.size(), 1U) << "the warning";
  EXPECT_NE(entry->attempts[0].status.text.find("not owned"), std::string::npos);
  const std::size_t warnings = reports;
  EXPECT_EQ(warnings, 2U);
  hours(3);
  EXPECT_EQ(reports - warnings, 2U);
  EXPECT_FALSE(run(loop, queue->find(first)));
  EXPECT_FALSE(run(loop, queue->find(second)));
}

TEST_F(OverdueTest, AWarningThatTheNumberOfReportsHeldBackIsGivenLater) {
  const test::ExpectLog sender_trouble("sender is not taken by the smarthost");
  const test::ExpectLog many("too many reports within an hour");
  Config few = config();
  few.bounces.per_sender = 2;
  queue->configure(std::move(few), {{"main", {2}}});
  not_owned();
  std::vector<QueueId> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(from("web@example.com"));
  hours(5);
  EXPECT_EQ(reports, 2U);
  hours(8);
  EXPECT_EQ(reports, 6U) << "two an hour, until each was given";
  for (const QueueId& id : ids) EXPECT_EQ(run(loop, queue->find(id))->attempts.size(), 1U);
  hours(4);
  EXPECT_EQ(reports, 6U) << "and once";
}

TEST_F(OverdueTest, MailAtASiteThatRefusesEveryMessageEndsAtItsExpiry) {
  const test::ExpectLog down("site down");
  const test::ExpectLog refused("refused for good");
  const test::ExpectLog kept("kept in failed/");
  refuses_every();
  for (int i = 0; i < 120; ++i) from("u" + std::to_string(i % 5) + "@example.com", true);
  ASSERT_TRUE(queue->sites()[0].trouble);
  hours(5 * 24 - 1, 1);
  EXPECT_EQ(waiting_mail(), 120U);
  hours(3);
  EXPECT_EQ(waiting_mail(), 0U);
}

TEST_F(OverdueTest, WhereEveryMessageIsRefusedEachSenderIsWarnedAfterAnHourAndOnce) {
  const test::ExpectLog down("site down");
  const test::ExpectLog refused("refused for good");
  judge = [](const mail::Message& message) {
    DeliveryReport report;
    report.recipients.assign(message.pending().size(), Status{mail::Verdict::deferred, 554, "5.0.0", "no", true});
    return report;
  };
  for (int i = 0; i < 12; ++i) from("a" + std::to_string(i) + "@example.com");
  ASSERT_TRUE(queue->sites()[0].trouble);
  const auto warnings = [this] {
    const std::vector<Entry> all = listed();
    return std::ranges::count_if(all, [](const Entry& entry) { return entry.sender.empty(); });
  };
  for (int i = 0; i < 59; ++i) pass(Seconds(60));
  EXPECT_EQ(warnings(), 0);
  for (int i = 0; i < 5; ++i) pass(Seconds(60));
  EXPECT_EQ(warnings(), 12);
  const std::vector<Entry> all = listed();
  const auto refused_itself = [](const Entry& entry) {
    return entry.recipients[0].last && entry.recipients[0].last->code == 554;
  };
  EXPECT_EQ(queue->totals().doubtful, static_cast<std::size_t>(std::ranges::count_if(all, refused_itself)))
      << "a warning makes no doubt and ends none";
  hours(10);
  EXPECT_EQ(warnings(), 12);
}

TEST_F(OverdueTest, MailOfASiteThatIsDownHasItsAttemptFirst) {
  const test::ExpectLog down("site down");
  judge = [](const mail::Message&) { return site_trouble(); };
  for (int i = 0; i < 20; ++i) from("web@example.com", true);
  hours(6 * 24, 1);
  EXPECT_EQ(waiting_mail(), 20U);
  judge = [this](const mail::Message& message) {
    return refuse(message, [](DeliveryReport& report) { report.recipients.assign(1, delivered()); });
  };
  hours(2);
  EXPECT_EQ(waiting_mail(), 0U);
}

TEST_F(OverdueTest, WhatIsSaidOfTheSiteStandsWhereTheSendersTroubleMayBeTheMessages) {
  const test::ExpectLog down("site down");
  judge = [this](const mail::Message& message) {
    return refuse(message, [](DeliveryReport& report) {
      report.site = mail::SiteTrouble{mail::Step::rcpt, Failure::refused, 450, "450 hourly quota exceeded"};
      report.sender = mail::SiteTrouble{mail::Step::rcpt, Failure::denied, 550, "550 Sender is blocked"};
      report.sender->in_transaction = true;
    });
  };
  const QueueId id = from("web@example.com");
  ASSERT_TRUE(queue->sites()[0].trouble);
  const auto entry = run(loop, queue->find(id));
  ASSERT_TRUE(entry);
  EXPECT_NE(entry->reason.find("quota"), std::string::npos) << entry->reason;
  EXPECT_TRUE(entry->attempts.empty());
}

TEST_F(OverdueTest, TroubleOfMinutesEndsNoOldMail) {
  const test::ExpectLog down("site down");
  const test::ExpectLog sender_trouble("sender is not taken by the smarthost");
  const test::ExpectLog kept("kept in failed/");
  judge = [](const mail::Message&) { return site_trouble(); };
  for (int i = 0; i < 20; ++i) from("web@example.com", true);
  hours(6 * 24, 1);
  not_owned();
  (void)queue->retry_all(Probe::forced);
  settle();
  for (int i = 0; i < 30; ++i) pass(Seconds(60));
  EXPECT_GE(waiting_mail(), 8U) << "but for those that were tried";
}

}  // namespace
}  // namespace postern::queue
