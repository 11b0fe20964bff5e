// Digests: what is owed to a mailbox, how much of it goes into one, and what stops none.
#include "queue/digest.h"

#include "queue_fixture.h"
#include "support/expected_log.h"

#include <cerrno>

namespace postern::queue {
namespace {

TEST(ReportLimit, CountsEachHourByItself) {
  ReportLimit limit;
  SteadyTime now{};
  for (int hour = 0; hour < 3; ++hour, now += kReportHour) {
    for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(limit.take("a", 7, now, 3, 5), i < 3) << hour << ' ' << i;
    for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(limit.take("b", 7, now, 3, 5), i < 2) << hour << ' ' << i;
    EXPECT_FALSE(limit.take("c", 7, now + kReportHour - Seconds(1), 3, 5));
  }
}

TEST(ReportLimit, NoPartyTakesTheReportsOfAnother) {
  constexpr std::size_t kWhole = 60;
  for (std::uint32_t storming = 1; storming <= 20; ++storming) {
    ReportLimit limit;
    const SteadyTime now{};
    std::size_t sent = 0;
    std::size_t at_most = 0;
    const auto take = [&](std::uint32_t party) {
      // A storm goes to as many mailboxes as there are messages.
      const bool taken = limit.take(std::to_string(sent), party, now, 20, kWhole);
      sent += taken ? 1 : 0;
      return taken;
    };
    for (std::uint32_t party = 1; party <= storming; ++party) {
      std::size_t had = 0;
      while (take(party)) ++had;
      EXPECT_EQ(had, kWhole / party) << "its part of the whole, whatever those before it took";
      at_most += kWhole / party;
    }
    EXPECT_TRUE(take(mail::kNoUid)) << storming;
    EXPECT_LE(sent, at_most + 1);
    for (std::uint32_t party = 1; party <= storming; ++party) EXPECT_FALSE(take(party)) << party << ' ' << storming;
  }
}

TEST(ReportLimit, WhatNobodyElseNeedsAPartyMayHaveAlone) {
  ReportLimit limit;
  const SteadyTime now{};
  EXPECT_TRUE(limit.take("a", 1, now, 100, 50));
  for (int i = 0; i < 49; ++i) EXPECT_TRUE(limit.take("b", 2, now, 100, 50)) << i;
  EXPECT_FALSE(limit.take("b", 2, now, 100, 50));
  for (int i = 1; i < 25; ++i) EXPECT_TRUE(limit.take("a", 1, now, 100, 50)) << i;
  EXPECT_FALSE(limit.take("a", 1, now, 100, 50));
}

TEST(ReportLimit, AMailboxHasItsOwnNumberWhateverThePartiesHave) {
  ReportLimit limit;
  for (std::uint32_t party = 0; party < 10; ++party) {
    EXPECT_EQ(limit.take("a", party, SteadyTime(), 3, 50), party < 3) << party;
  }
}

TEST(ReportLimit, NoPartyTakesTheReportsOfAnotherToTheSameMailbox) {
  constexpr std::size_t kToEach = 20;
  ReportLimit limit;
  const SteadyTime now{};
  for (std::uint32_t party = 1; party <= kToEach + 5; ++party) {
    std::size_t had = 0;
    while (limit.take("root", party, now, kToEach, 10'000)) ++had;
    EXPECT_EQ(had, kToEach / party) << "its part, whatever those before it took";
    EXPECT_TRUE(limit.take(std::to_string(party), party, now, kToEach, 10'000)) << "another mailbox";
  }
  EXPECT_TRUE(limit.take("root", 1, now + kReportHour, kToEach, 10'000));
}

TEST(OwedReports, AreTakenByMailboxWhenTheFirstIsAnHourOldAndInBatches) {
  const WallTime start = test::FakeClock().wall();
  OwedReports owed;
  EXPECT_FALSE(owed.due());
  for (std::size_t i = 0; i < kDigestMessages + 3; ++i) {
    const auto stamp = std::chrono::sys_time<std::chrono::microseconds>(start) + std::chrono::microseconds(i);
    owed.add({"a"}, QueueId::make(stamp, i), start + Seconds(i), start + Seconds(86400));
  }
  owed.add({"b"}, *QueueId::parse("0123456789abcdef"), start + Seconds(900), start);  // ahead: counts as now
  EXPECT_EQ(owed.due({"b"}), start + kReportHour);
  EXPECT_FALSE(owed.take(start + kReportHour - Seconds(1)));
  std::size_t taken = 0;
  for (WallTime now = start + kReportHour; owed.due(); now = *owed.due()) {
    const auto batch = owed.take(now);
    ASSERT_TRUE(batch);
    EXPECT_LE(batch->ids.size(), kDigestMessages);
    taken += batch->ids.size();
  }
  EXPECT_EQ(taken, kDigestMessages + 4);
}

TEST(OwedReports, ComeInTheOrderOfTheirFirstFailures) {
  const WallTime start = test::FakeClock().wall();
  const QueueId id = *QueueId::parse("0123456789abcdef");
  const QueueId other = *QueueId::parse("0123456789abcdeg");
  OwedReports owed;
  owed.add({"c"}, id, start + Seconds(3), start + Seconds(9));
  owed.add({"a", "x"}, id, start + Seconds(2), start + Seconds(9));
  owed.add({"a"}, id, start + Seconds(4), start + Seconds(9));
  owed.add({"a"}, other, start + Seconds(1), start + Seconds(9));
  owed.add({"c"}, other, start + Seconds(5), start + Seconds(9));
  EXPECT_EQ(owed.due(), start + Seconds(1) + kReportHour);
  const WallTime late = start + 2 * kReportHour;
  std::vector<Mailboxes> order;
  while (const auto batch = owed.take(late)) order.push_back(batch->to);
  EXPECT_EQ(order, (std::vector<Mailboxes>{{"a"}, {"a", "x"}, {"c"}}));
  EXPECT_FALSE(owed.due());
  for (const std::string to : {"a", "b"}) owed.add({to}, id, late, late);
  owed.clock_set(start);
  EXPECT_EQ(owed.due({"a"}), start + kReportHour);
  EXPECT_EQ(owed.due({"b"}), start + kReportHour);
}

class Digests : public QueueTest {
 protected:
  void capped(unsigned per_sender, unsigned per_hour = 200) {
    Config made = config();
    made.bounces.per_sender = per_sender;
    made.bounces.per_hour = per_hour;
    made.expand = [](const std::string& sender) -> std::vector<std::string> {
      if (sender.starts_with("cron")) return {"admin@example.org"};
      if (sender.starts_with("backup")) return {"admin@example.org", "second@example.org"};
      return {};
    };
    queue->configure(made, {{"main", {4}}});
  }
  QueueId refused_to(const std::string& address, const std::string& sender = "alice@example.com") {
    host.answers[address] = refused();
    return accept(envelope({address}, sender));
  }
  [[nodiscard]] std::size_t told(const std::string& address) const {
    return static_cast<std::size_t>(std::ranges::count_if(host.texts, [&address](const std::string& text) {
      return text.find("Final-Recipient: rfc822; " + address + "\n") != std::string::npos;
    }));
  }
  [[nodiscard]] std::size_t got(const std::string& address) const {
    return static_cast<std::size_t>(std::ranges::count(host.got, address));
  }
};

TEST_F(Digests, SendersWithOneMailboxShareItsLimitAndItsDigest) {
  capped(2);
  for (int i = 0; i < 6; ++i) {
    refused_to("to" + std::to_string(i) + "@example.net", "cron" + std::to_string(i) + "@example.com");
  }
  EXPECT_EQ(got("admin@example.org"), 2U);
  refused_to("to6@example.net", "backup@example.com");
  refused_to("to7@example.net", "backup2@example.com");
  EXPECT_EQ(got("second@example.org"), 0U);
  for (int i = 0; i < 62; ++i) pass(Seconds(60));
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(got("admin@example.org"), 4U) << "a digest for it alone, and one that goes to two";
  EXPECT_EQ(got("second@example.org"), 1U);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(told("to" + std::to_string(i) + "@example.net"), 1U) << i;
}

TEST_F(Digests, TheLogTellsOfEachMessageThatItsSenderWasTold) {
  capped(1);
  std::vector<QueueId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(refused_to("to" + std::to_string(i) + "@example.net"));
  for (int i = 0; i < 62; ++i) pass(Seconds(60));
  for (const QueueId& id : ids) {
    const std::string line = "id=" + id.str() + " bounced to=alice@example.com bounce=";
    EXPECT_EQ(std::ranges::count_if(test::logged(), [&](const auto& one) { return one.starts_with(line); }), 1)
        << id.str();
  }
}

TEST_F(Digests, HoldAThousandRecipientsAndTheRestFollows) {
  constexpr std::size_t kMessages = 4;
  constexpr std::size_t kEach = 400;
  capped(1);
  refused_to("first@example.net");
  for (std::size_t i = 0; i < kMessages; ++i) {
    std::vector<std::string> to;
    for (std::size_t k = 0; k < kEach; ++k) {
      to.push_back("to" + std::to_string(i) + "-" + std::to_string(k) + "@example.net");
      host.answers[to.back()] = refused();
    }
    accept(envelope(std::move(to)));
  }
  EXPECT_EQ(files().size(), kMessages);
  host.texts.clear();
  pass(Seconds(3660));
  EXPECT_EQ(files().size(), 2U);
  for (int i = 0; i < 120; ++i) pass(Seconds(60));
  EXPECT_TRUE(files().empty());
  for (const std::string& text : host.texts) {
    std::size_t recipients = 0;
    for (std::size_t at = text.find("\nFinal-"); at != std::string::npos; at = text.find("\nFinal-", at + 1)) {
      ++recipients;
    }
    EXPECT_LE(recipients, kDigestRecipients);
  }
  for (std::size_t i = 0; i < kMessages; ++i) EXPECT_EQ(told("to" + std::to_string(i) + "-399@example.net"), 1U);
  EXPECT_EQ(queue->totals().bounced, 1 + kMessages * kEach);
}

TEST_F(Digests, AMessageThatCannotBeReadStopsNoOthers) {
  for (const std::size_t size : {std::size_t{100}, 3 * spool::kPiece}) {
    capped(1);
    refused_to("first@example.net", "sender" + std::to_string(size) + "@example.com");
    for (int i = 0; i < 3; ++i) {
      const std::string to = "to" + std::to_string(i) + "-" + std::to_string(size) + "@example.net";
      host.answers[to] = refused();
      accept(envelope({to}, "sender" + std::to_string(size) + "@example.com"),
             "Subject: hi\n\n" + std::string(size, 'x') + "\n");
    }
    ASSERT_EQ(files().size(), 3U);
    disk.fail_at(5, EIO);
    pass(Seconds(3610));
    disk.heal();
    EXPECT_EQ(files().size(), 1U) << "two are told";
    for (int i = 0; i < 30; ++i) pass(Seconds(60));
    EXPECT_TRUE(files().empty());
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(told("to" + std::to_string(i) + "-" + std::to_string(size) + "@example.net"), 1U);
    }
  }
}

TEST_F(Digests, WhatMayNotBeReadSpendsNone) {
  const test::ExpectLog expected("held: written by a newer version");
  capped(1, 2);
  refused_to("to0@example.net");
  const QueueId newer = refused_to("to1@example.net");
  pass(Seconds(1800));
  refused_to("to2@example.net", "dave@example.org");
  refused_to("to3@example.net", "dave@example.org");
  disk.put("spool/queue/" + newer.str(), "postern-spool: 3\n");
  ASSERT_TRUE(queue->retry(newer, Probe::forced));
  settle();
  for (int i = 0; i < 65; ++i) pass(Seconds(60));
  EXPECT_EQ(told("to3@example.net"), 1U);
  EXPECT_EQ(files(), std::vector<std::string>{newer.str()});
}

// The verdict is in memory alone when the digest is made.
TEST_F(Digests, TellWhatTheLogCouldNotTake) {
  const test::ExpectLog expected("delivery log cannot be written, kept in memory");
  const test::ExpectLog trouble("site down");
  capped(1);
  refused_to("to0@example.net");
  host.trouble = site_trouble();
  refused_to("to1@example.net");
  host.trouble.reset();
  disk.fail_at(6, ENOSPC);
  for (int i = 0; i < 3; ++i) pass(Seconds(60));
  disk.heal();
  ASSERT_EQ(files().size(), 1U);
  EXPECT_EQ(disk.content("spool/queue/" + files().front()).find("\nlog: "), std::string::npos);
  for (int i = 0; i < 60; ++i) pass(Seconds(60));
  EXPECT_EQ(told("to1@example.net"), 1U);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(host.attempts, 5U) << "two messages, one of them twice, and two reports";
}

}  // namespace
}  // namespace postern::queue
