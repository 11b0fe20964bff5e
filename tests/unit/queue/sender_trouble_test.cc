// A sender that the smarthost does not take, and a smarthost that takes nobody's mail, over the whole queue.
#include "queue_fixture.h"
#include "support/expected_log.h"

#include <set>

namespace postern::queue {
namespace {

/// What becomes of the senders' mail.
struct Account {
  std::set<std::string> not_owned;   ///< reverse-paths that the account may not use
  std::set<std::string> disliked;    ///< reverse-paths whose mail is refused in unknown words
  std::set<std::string> suspected;   ///< reverse-paths that are refused, maybe for the message
  std::set<std::uint32_t> spoofing;  ///< whose mail is refused likewise
  std::set<std::string> greylisted;  ///< reverse-paths whose mail is to come again
  bool away = false;                 ///< nobody listens
  bool refuses_all = false;          ///< whatever it is, in unknown words
  std::vector<std::string> tried;    ///< reverse-paths in the order of their attempts
};

Task<DeliveryReport> judge_sender(Account* account, mail::Message* message) {
  const std::string sender = message->envelope().sender;
  if (account->away) co_return site_trouble();
  account->tried.push_back(sender);
  DeliveryReport report;
  if (account->not_owned.contains(sender)) {
    report.recipients.resize(message->pending().size());
    report.sender = mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 5.7.1 not owned"};
  } else if (account->suspected.contains(sender) ||
             account->spoofing.contains(mail::owner_of(message->envelope().source))) {
    report.recipients.resize(message->pending().size());
    report.sender = mail::SiteTrouble{mail::Step::end_of_data, Failure::denied, 550, "550 From is not yours"};
    report.sender->in_transaction = true;
  } else if (account->refuses_all || account->disliked.contains(sender)) {
    report.recipients.assign(message->pending().size(), Status{mail::Verdict::deferred, 554, "5.0.0", "no", true});
  } else if (account->greylisted.contains(sender)) {
    report.recipients.assign(message->pending().size(), Status{mail::Verdict::deferred, 451, "4.7.1", "greylisted"});
  } else {
    report.recipients.assign(message->pending().size(), delivered());
  }
  co_return report;
}

class SenderTroubleTest : public QueueTest {
 protected:
  SenderTroubleTest() {
    close();
    spool = *spool::Spool::open(disk, "spool");
    queue =
        Queue::make(loop.get_executor(), *spool, pool, clock, config(), {{"main", {2}}},
                    [this](mail::Message& message, const std::string&) { return judge_sender(&account, &message); });
    EXPECT_TRUE(run(loop, queue->start()));
  }
  QueueId from(const std::string& sender, std::optional<std::uint32_t> uid = std::nullopt) {
    mail::Envelope one = envelope({"bob@example.net"}, sender);
    one.source.uid = uid;
    return accept(std::move(one));
  }
  void hours(int count) {
    for (int i = 0; i < 60 * count; ++i) pass(Seconds(60));
  }
  [[nodiscard]] long tries(const std::string& sender) const { return std::ranges::count(account.tried, sender); }
  Account account;
};

TEST_F(SenderTroubleTest, HoldsThatSendersMailAloneByItsStepsAndWritesNothing) {
  const test::ExpectLog expected("sender is not taken by the smarthost");
  account.not_owned = {"web@example.com"};
  std::vector<QueueId> held;
  for (int i = 0; i < 50; ++i) held.push_back(from("web@example.com"));
  EXPECT_EQ(tries("web@example.com"), 1) << "one step has one attempt, however long its queue";
  for (int i = 0; i < 20; ++i) from("root@example.com");
  EXPECT_EQ(tries("root@example.com"), 20) << "others flow";
  const std::vector<SiteStatus> sites = queue->sites();
  ASSERT_EQ(sites[0].senders.size(), 1U);
  EXPECT_EQ(sites[0].senders[0].sender, "web@example.com");
  EXPECT_TRUE(sites[0].senders[0].next_probe);
  EXPECT_FALSE(sites[0].trouble);
  ASSERT_EQ(sites[0].kept.size(), 1U);
  EXPECT_EQ(sites[0].kept[0].messages, 50U);
  for (int i = 0; i < 60; ++i) pass(Seconds(60));
  EXPECT_LE(tries("web@example.com"), 11) << "5 s doubling";
  EXPECT_EQ(queue->totals().waiting, 50U);
  for (const QueueId& id : held) {
    const auto entry = run(loop, queue->find(id));
    ASSERT_TRUE(entry);
    EXPECT_TRUE(entry->attempts.empty()) << "nothing is charged to a message";
    EXPECT_EQ(entry->reason, "main does not take mail of web@example.com: 553 5.7.1 not owned");
    EXPECT_TRUE(entry->trouble);
  }
  account.not_owned.clear();
  (void)queue->retry_all(Probe::forced);
  pass(kForcedProbeGap);
  EXPECT_EQ(queue->totals().waiting, 0U) << "one is taken, and all flow";
}

TEST_F(SenderTroubleTest, WordsThatMayBeAboutTheMessageHoldNoOtherMailOfItsSender) {
  const test::ExpectLog expected("sender is not taken by the smarthost");
  account.suspected = {"root@example.com"};
  const QueueId bad = from("root@example.com", 1000);
  EXPECT_TRUE(queue->sites()[0].senders.empty());
  const auto entry = run(loop, queue->find(bad));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->reason, "550 From is not yours") << "it waits by its own schedule";
  EXPECT_GT(entry->next, clock.wall());
  account.suspected.clear();
  from("root@example.com", 0);
  EXPECT_EQ(tries("root@example.com"), 2) << "and the next one goes at once";
  account.suspected = {"root@example.com"};
  hours(1);
  EXPECT_TRUE(queue->sites()[0].senders.empty()) << "one message, however often";
  from("root@example.com", 0);
  EXPECT_TRUE(queue->sites()[0].senders.empty()) << "the other one is another party's";
  from("root@example.com", 0);
  EXPECT_EQ(queue->sites()[0].senders.size(), 1U) << "two in a row";
}

TEST_F(SenderTroubleTest, WhatOnePartyWritesHoldsNoMailOfAnotherWithTheSameSender) {
  const test::ExpectLog expected("sender is not taken by the smarthost");
  account.spoofing = {1000};
  for (int i = 0; i < 100; ++i) from("root@example.com", 1000);
  ASSERT_EQ(queue->sites()[0].senders.size(), 1U);
  for (int hour = 0; hour < 12; ++hour) {
    account.tried.clear();
    from("root@example.com", 0);
    EXPECT_EQ(account.tried.size(), 1U) << "an alert goes at once";
    hours(1);
    EXPECT_EQ(queue->totals().waiting, 100U);
  }
}

TEST_F(SenderTroubleTest, EachPartyOfASenderThatIsNotTakenHasItsProbes) {
  const test::ExpectLog expected("sender is not taken by the smarthost");
  account.not_owned = {"root@example.com"};
  for (int i = 0; i < 100; ++i) from("root@example.com", 1000);
  for (int i = 0; i < 3; ++i) from("root@example.com", 0);
  EXPECT_EQ(queue->sites()[0].senders.size(), 1U) << "shown once";
  hours(5);
  EXPECT_LE(tries("root@example.com"), 2 * 16);
  account.not_owned.clear();
  account.tried.clear();
  hours(1);
  EXPECT_EQ(queue->totals().waiting, 0U) << "the probe of one opens it for all";
}

TEST_F(SenderTroubleTest, ASenderInTroubleStaysSoWhileItsSiteIsAway) {
  const test::ExpectLog expected("sender is not taken by the smarthost");
  const test::ExpectLog down("site down");
  account.not_owned = {"web@example.com"};
  from("web@example.com");
  from("web@example.com");
  account.away = true;
  from("root@example.com");
  ASSERT_TRUE(queue->sites()[0].trouble);
  for (int i = 0; i < 5 * 12; ++i) {
    pass(Seconds(300));
    EXPECT_EQ(queue->sites()[0].senders.size(), 1U) << i;
  }
  account.away = false;
  account.not_owned.clear();
  hours(2);
  EXPECT_EQ(queue->totals().waiting, 0U);
  EXPECT_TRUE(queue->sites()[0].senders.empty());
}

TEST_F(SenderTroubleTest, MoreSendersThanAreKeptWaitEachByItsOwnSchedule) {
  const test::ExpectLog expected("sender is not taken by the smarthost");
  const test::ExpectLog down("site down");
  constexpr int kMany = 330;
  // All at once, since each look at so many senders takes its time.
  account.away = true;
  for (int i = 0; i < kMany; ++i) {
    const std::string sender = "u" + std::to_string(i) + "@example.com";
    account.not_owned.insert(sender);
    from(sender);
  }
  from("root@example.com");
  account.away = false;
  pass(Seconds(60));
  EXPECT_EQ(tries("root@example.com"), 1);
  EXPECT_EQ(account.tried.size(), kMany + 1U);
  EXPECT_EQ(queue->totals().waiting, static_cast<std::size_t>(kMany));
  const auto before = account.tried.size();
  settle();
  EXPECT_EQ(account.tried.size(), before) << "no busy retry";
  account.not_owned.clear();
  pass(Seconds(120));
  EXPECT_EQ(queue->totals().waiting, 0U) << "each by its probe, or when it is due";
}

TEST_F(SenderTroubleTest, ASiteThatRefusesEveryMessageIsProbedBySendersInTurns) {
  const test::ExpectLog refused("refused for good");
  const test::ExpectLog down("site down");
  account.refuses_all = true;
  for (int i = 0; i < 6; ++i) {
    for (const char* sender : {"a@x.example", "b@x.example", "c@x.example"}) from(sender);
  }
  EXPECT_EQ(account.tried.size(), 3U) << "closed after three messages";
  ASSERT_TRUE(queue->sites()[0].trouble);
  EXPECT_NE(queue->sites()[0].trouble->text.find("refuses every message"), std::string::npos);
  for (int i = 0; i < 4 * 60; ++i) pass(Seconds(15));
  EXPECT_LE(account.tried.size(), 3U + 11U);
  for (const char* sender : {"a@x.example", "b@x.example", "c@x.example"}) EXPECT_GE(tries(sender), 2) << sender;
  account.refuses_all = false;
  (void)queue->retry_all(Probe::forced);
  pass(kForcedProbeGap);
  EXPECT_EQ(queue->totals().waiting, 0U);
}

TEST_F(SenderTroubleTest, ManyMessagesOfOneSenderLeaveTheOthersTheirTurns) {
  const test::ExpectLog refused("refused for good");
  const test::ExpectLog down("site down");
  // In the order of acceptance the flood comes first, between, and last.
  for (const char* flood : {"a@x.example", "m@x.example", "z@x.example"}) {
    SCOPED_TRACE(flood);
    account.refuses_all = true;
    std::vector<std::string> others;
    for (const char* sender : {"a@x.example", "m@x.example", "z@x.example"}) {
      for (int i = 0; i < (sender == std::string_view(flood) ? 100 : 2); ++i) from(sender);
      if (sender != std::string_view(flood)) others.emplace_back(sender);
    }
    ASSERT_TRUE(queue->sites()[0].trouble);
    account.tried.clear();
    hours(12);
    EXPECT_LE(account.tried.size(), 24U) << "one probe a step";
    for (const std::string& sender : others) EXPECT_GE(tries(sender), 2) << sender;
    EXPECT_GE(tries(flood), 2);
    account.refuses_all = false;
    (void)queue->retry_all(Probe::forced);
    pass(kForcedProbeGap);  // the last probe may have been a moment ago
    EXPECT_EQ(queue->totals().waiting, 0U);
  }
}

TEST_F(SenderTroubleTest, ASenderWhoseMailWouldBeTakenOpensTheSiteByItsTurn) {
  const test::ExpectLog refused("refused for good");
  const test::ExpectLog down("site down");
  // All have been refused already, so that each waits in its own lane and none in that of all.
  for (int i = 0; i < 60; ++i) from("a@x.example");
  account.refuses_all = true;
  from("b@x.example");
  from("z@x.example");
  for (int i = 0; i < 60; ++i) from("a@x.example");
  ASSERT_TRUE(queue->sites()[0].trouble);
  hours(1);
  account.refuses_all = false;
  account.disliked = {"a@x.example"};
  account.tried.clear();
  hours(3);
  EXPECT_EQ(tries("b@x.example"), 1);
  EXPECT_EQ(tries("z@x.example"), 1);
}

TEST_F(SenderTroubleTest, MailThatWaitsOfAnotherPartyIsNotHeldByBadMessages) {
  const test::ExpectLog refused("refused for good");
  const test::ExpectLog down("site down");
  account.greylisted = {"root@x.example"};
  from("root@x.example", 0);
  account.greylisted.clear();
  account.disliked = {"web@x.example"};
  for (int i = 0; i < 60; ++i) from("web@x.example", 1000);
  ASSERT_TRUE(queue->sites()[0].trouble);
  ASSERT_EQ(tries("root@x.example"), 1);
  hours(1);
  EXPECT_EQ(tries("root@x.example"), 2) << "when it was due, or a look later";
}

}  // namespace
}  // namespace postern::queue
