// Reports to senders: what is stored before what, what a crash leaves, caps and digests, loops.
#include "queue_fixture.h"

#include "support/expected_log.h"
#include "support/seeds.h"

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <set>

namespace postern::queue {
namespace {

std::size_t times(const std::vector<std::string>& texts, std::string_view part) {
  return static_cast<std::size_t>(
      std::ranges::count_if(texts, [part](const std::string& text) { return text.find(part) != std::string::npos; }));
}

class Bounces : public QueueTest {
 protected:
  void cap(unsigned per_sender, unsigned per_hour) {
    Config capped = config();
    capped.bounces.per_sender = per_sender;
    capped.bounces.per_hour = per_hour;
    queue->configure(capped, {{"main", {4}}});
  }
  QueueId refused_one(const std::string& address, const std::string& sender = "alice@example.com") {
    host.answers[address] = refused();
    return accept(envelope({address}, sender));
  }
  void hours(int count) {
    for (int i = 0; i < 60 * count; ++i) pass(Seconds(60));
  }
};

TEST_F(Bounces, Q13_AMessageThatIsPutOffIsWarnedOfOnceAndReturnedWithTheLastReason) {
  host.answers["bob@example.net"] = deferred();
  accept(envelope({"bob@example.net"}));
  hours(3);
  EXPECT_TRUE(host.got.empty());
  hours(3);
  EXPECT_EQ(times(host.texts, "Action: delayed"), 1U);
  EXPECT_EQ(times(host.texts, "Will-Retry-Until: "), 1U);
  reopen();
  host.answers["bob@example.net"].text = "disk on fire";
  for (int i = 0; i < 6 * 24; ++i) pass(Seconds(3600));
  EXPECT_EQ(times(host.texts, "Action: delayed"), 1U) << "once, and a restart does not matter";
  EXPECT_EQ(times(host.texts, "Action: failed"), 1U);
  EXPECT_EQ(times(host.texts, "    Why: it was tried again and again for 5 days, and nobody took it.\n"), 1U);
  EXPECT_EQ(times(host.texts, " said the last time: \"451 4.3.0\n    disk on fire\"\n"), 1U);
  EXPECT_EQ(times(host.texts,
                  "Status: 4.4.7\nRemote-MTA: dns; smtp.example.com\nDiagnostic-Code: smtp; 451 4.3.0 disk "
                  "on fire\n"),
            1U);
  EXPECT_TRUE(files().empty());
  EXPECT_TRUE(disk.names("spool/failed").empty());
}

TEST_F(Bounces, Q13_NoReportOfADelayIsMadeForABounce) {
  const test::ExpectLog expected("kept in failed/");
  host.answers["alice@example.com"] = deferred();
  refused_one("bob@example.net");
  for (int i = 0; i < 6 * 24; ++i) pass(Seconds(3600));
  EXPECT_TRUE(host.got.empty());
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(disk.names("spool/failed").size(), 1U) << "the bounce itself, to be seen";
}

TEST_F(Bounces, FailuresOfMailOfListsAreReportedAndDelaysAreNot) {
  host.answers["gone@example.net"] = refused();
  host.answers["slow@example.net"] = deferred();
  accept(envelope({"gone@example.net", "slow@example.net"}, "list-bounces@example.com"),
         "List-Id: <list.example.com>\nPrecedence: bulk\nSubject: hi\n\nbody\n");
  hours(6);
  EXPECT_EQ(times(host.texts, "Final-Recipient: rfc822; gone@example.net\nAction: failed\n"), 1U);
  EXPECT_EQ(times(host.texts, "Action: delayed"), 0U);
  EXPECT_TRUE(disk.names("spool/failed").empty());
}

mail::Envelope with_slips(mail::Envelope envelope) {
  envelope.unread = {"Web Team (sales", "two words"};
  return envelope;
}

TEST_F(Bounces, WhatCouldNotBeReadIsToldToTheSenderOnceAndTheOthersGetTheMessage) {
  accept(with_slips(envelope({"bob@example.net"})));
  EXPECT_EQ(host.got, (std::vector<std::string>{"bob@example.net", "alice@example.com"}));
  EXPECT_EQ(times(host.texts, "Final-Recipient: unknown; Web Team (sales\nAction: failed\nStatus: 5.1.3\n"), 1U);
  EXPECT_EQ(times(host.texts, "Final-Recipient: unknown; two words\nAction: failed\nStatus: 5.1.3\n"), 1U);
  EXPECT_EQ(times(host.texts, "The recipient that was given as: Web Team (sales\n"), 1U);
  EXPECT_TRUE(files().empty());
  EXPECT_TRUE(disk.names("spool/failed").empty());
}

TEST_F(Bounces, WhatCouldNotBeReadIsToldOnceHoweverOftenTheMessageIsTried) {
  host.answers["bob@example.net"] = deferred();
  accept(with_slips(envelope({"bob@example.net", "gone@example.net"})));
  reopen();
  hours(3);
  reopen();
  host.answers.clear();
  hours(3);
  EXPECT_EQ(times(host.texts, "Final-Recipient: unknown; two words\n"), 1U);
  EXPECT_TRUE(files().empty());
}

TEST_F(Bounces, WhatCouldNotBeReadAndMayNotBeToldIsKeptToBeSeen) {
  const test::ExpectLog expected("kept in failed/");
  accept(with_slips(envelope({"bob@example.net"}, "")));
  EXPECT_EQ(host.got, (std::vector<std::string>{"bob@example.net"}));
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(disk.names("spool/failed").size(), 1U);
}

TEST_F(Bounces, WhatIsInFailedAlreadySinceItWasCopiedBackByHandLeavesTheQueue) {
  const test::ExpectLog expected("kept in failed/");
  host.answers["bob@example.net"] = deferred();
  mail::Envelope quiet = envelope({"bob@example.net"});
  quiet.recipients[0].notify = mail::kNotifyNever;
  const QueueId id = accept(quiet);
  disk.put("spool/failed/" + id.str(), disk.content("spool/queue/" + id.str()));
  host.answers["bob@example.net"] = refused();
  pass(Seconds(3600));
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(disk.names("spool/failed").size(), 1U);
  EXPECT_EQ(queue->totals().waiting, 0U);
}

TEST_F(Bounces, WhatCouldNotBeReadIsInTheDigestWhenTooManyReportsWentOut) {
  cap(1, 1);
  refused_one("gone@example.net");
  accept(with_slips(envelope({"bob@example.net"})));
  EXPECT_EQ(times(host.texts, "Final-Recipient: unknown; two words\n"), 0U);
  EXPECT_EQ(files().size(), 1U);
  reopen();
  hours(2);
  EXPECT_EQ(times(host.texts, "Final-Recipient: unknown; two words\n"), 1U);
  EXPECT_TRUE(files().empty());
}

TEST_F(Bounces, DatesAreThoseOfTheZoneOfThisMachine) {
  const char* const before = std::getenv("TZ");
  const std::string zone = before == nullptr ? "" : before;
  ::setenv("TZ", "XXX-5:30", 1);
  ::tzset();
  refused_one("bob@example.net");
  if (before == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", zone.c_str(), 1);
  }
  ::tzset();
  EXPECT_EQ(times(host.texts, "\nDate: Mon, 23 Nov 2026 05:30:00 +0530\n"), 1U);
  EXPECT_EQ(times(host.texts, "\non Mon, 23 Nov 2026 at 05:30:00 (UTC+05:30) "), 1U);
}

TEST_F(Bounces, ASuccessIsReportedAsRelayedWhereTheSmarthostHasNoDsn) {
  mail::Envelope asked = envelope({"bob@example.net", "carol@example.net"});
  asked.recipients[0].notify = mail::kNotifySuccess;
  accept(std::move(asked));
  EXPECT_EQ(host.got, (std::vector<std::string>{"bob@example.net", "carol@example.net", "alice@example.com"}));
  EXPECT_EQ(times(host.texts, "Final-Recipient: rfc822; bob@example.net\nAction: relayed\nStatus: 2.0.0\n"), 1U);
  EXPECT_EQ(times(host.texts, "carol"), 0U);
  EXPECT_EQ(queue->totals().bounced, 0U);
}

TEST_F(Bounces, H62_ARefusedBounceMakesOneLogLineAndNoMail) {
  const test::ExpectLog expected("kept in failed/");
  host.answers["alice@example.com"] = refused();
  host.answers["postmaster@example.net"] = refused();
  refused_one("bob@example.net");
  hours(2);
  EXPECT_TRUE(host.got.empty());
  EXPECT_EQ(host.attempts, 2U);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(disk.names("spool/failed").size(), 1U);
  EXPECT_EQ(queue->totals().failed, 1U);
}

/// Of what the log says has ended.
std::size_t ended(const QueueId& id) {
  return static_cast<std::size_t>(std::ranges::count(test::logged(), "id=" + id.str() + " ended"));
}

TEST_F(Bounces, TheLogSaysThatAMessageEndedOnceAndWhenItsFileGoes) {
  EXPECT_EQ(ended(accept(envelope({"bob@example.net", "carol@example.net"}))), 1U);
  EXPECT_EQ(ended(accept(with_slips(envelope({"bob@example.net"})))), 1U) << "who cannot be read ends no message";
  EXPECT_EQ(ended(refused_one("gone@example.net")), 1U);
  cap(1, 1);
  const QueueId owed = refused_one("gone@example.net");
  EXPECT_EQ(ended(owed), 0U) << "its report is still owed";
  hours(2);
  EXPECT_EQ(ended(owed), 1U);
}

TEST_F(Bounces, TheLogDoesNotSayThatAMessageEndedWhichIsKeptInFailed) {
  const test::ExpectLog expected("kept in failed/");
  const QueueId kept = refused_one("gone@example.net", "");
  EXPECT_EQ(ended(kept), 0U);
  EXPECT_EQ(disk.names("spool/failed").size(), 1U);
}

// Scaled: 200 messages. Nothing recursive, at most one report a message, and the disk does not fill.
TEST_F(Bounces, H63_AnUpstreamThatRejectsEverythingMakesNoStorm) {
  const test::ExpectLog expected("kept in failed/");
  constexpr std::size_t kSenders = 5;
  constexpr std::size_t kEach = 40;
  for (std::size_t i = 0; i < kSenders * kEach; ++i) {
    const std::string sender = "sender" + std::to_string(i % kSenders) + "@example.com";
    host.answers[sender] = refused();
    refused_one("to" + std::to_string(i) + "@example.net", sender);
  }
  EXPECT_EQ(files().size(), kSenders * (kEach - 20)) << "those over the cap wait for the digest";
  EXPECT_EQ(host.attempts, kSenders * kEach + kSenders * 20);
  hours(3);
  EXPECT_TRUE(files().empty());
  const std::size_t reports = kSenders * 20 + kSenders;
  EXPECT_EQ(host.attempts, kSenders * kEach + reports) << "one digest to each sender";
  EXPECT_EQ(disk.names("spool/failed").size(), reports);
  hours(6);
  EXPECT_EQ(host.attempts, kSenders * kEach + reports);
  EXPECT_EQ(disk.names("spool/failed").size(), reports);
}

TEST_F(Bounces, WhatIsOverTheCapComesInOneDigestWhenTheHourIsOver) {
  cap(2, 200);
  for (int i = 0; i < 6; ++i) refused_one("to" + std::to_string(i) + "@example.net");
  refused_one("other@example.net", "dave@example.org");
  EXPECT_EQ(times(host.texts, "Undelivered mail returned to sender"), 3U);
  EXPECT_EQ(files().size(), 4U);
  const auto waiting = listed();
  ASSERT_EQ(waiting.size(), 4U);
  EXPECT_EQ(waiting[0].state, State::waiting);
  ASSERT_TRUE(waiting[0].recipients[0].last);
  EXPECT_EQ(waiting[0].recipients[0].last->verdict, mail::Verdict::failed);
  reopen();  // the files know
  cap(2, 200);
  pass(Seconds(3590));
  EXPECT_EQ(files().size(), 4U);
  pass(Seconds(60));
  EXPECT_TRUE(files().empty());
  const std::string& digest = host.texts.back();
  EXPECT_NE(digest.find("Subject: Undelivered mail: reports about 4 messages\n"), std::string::npos) << digest;
  for (int i = 2; i < 6; ++i) {
    EXPECT_EQ(times(host.texts, "Final-Recipient: rfc822; to" + std::to_string(i) + "@example.net"), 1U);
  }
  EXPECT_EQ(queue->totals().bounced, 4U);
  EXPECT_TRUE(disk.names("spool/failed").empty());
}

TEST_F(Bounces, ADigestOfOneIsAnOrdinaryReport) {
  cap(1, 1);
  refused_one("to0@example.net");
  refused_one("to1@example.net", "dave@example.org");
  pass(Seconds(3660));
  EXPECT_EQ(times(host.texts, "Undelivered mail returned to sender"), 2U);
  EXPECT_TRUE(files().empty());
}

TEST_F(Bounces, WhoIsStillPendingIsTriedWhileTheReportIsOwed) {
  cap(1, 200);
  refused_one("to0@example.net");
  host.answers["slow@example.net"] = deferred();
  host.answers["gone@example.net"] = refused();
  accept(envelope({"slow@example.net", "gone@example.net"}));
  const std::size_t before = host.attempts;
  hours(2);
  EXPECT_GT(host.attempts, before + 3);
  EXPECT_EQ(times(host.texts, "Final-Recipient: rfc822; gone@example.net"), 1U);
  EXPECT_EQ(files().size(), 1U);
  host.answers.erase("slow@example.net");
  hours(2);
  EXPECT_EQ(std::ranges::count(host.got, "slow@example.net"), 1);
  EXPECT_EQ(times(host.texts, "Final-Recipient: rfc822; gone@example.net"), 1U);
  EXPECT_TRUE(files().empty());
  EXPECT_TRUE(disk.names("spool/failed").empty());
}

TEST_F(Bounces, ADigestThatCannotBeStoredDropsNobody) {
  const test::ExpectLog expected("digest cannot be stored");
  cap(1, 200);
  for (int i = 0; i < 3; ++i) refused_one("to" + std::to_string(i) + "@example.net");
  ASSERT_EQ(files().size(), 2U);
  // Both messages are read (open, info, read, close), then the digest is opened.
  disk.fail_at(9, ENOSPC);
  pass(Seconds(3660));
  EXPECT_EQ(files().size(), 2U);
  disk.heal();
  pass(Seconds(3660));
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(times(host.texts, "to1@example.net"), 1U);
  EXPECT_EQ(times(host.texts, "to2@example.net"), 1U);
}

TEST_F(Bounces, AClockThatIsSetBackDoesNotPutTheDigestOffForYears) {
  cap(1, 200);
  refused_one("to0@example.net");
  refused_one("to1@example.net");
  clock.jump_wall(Seconds(-10LL * 365 * 86400));
  hours(2);
  EXPECT_TRUE(files().empty());
}

TEST_F(Bounces, P42_AfterASleepOfEightHoursEachIsTriedOnceAndTheNextTimesAreSpread) {
  constexpr std::size_t kMessages = 50;
  host.answers["bob@example.net"] = deferred();
  for (std::size_t i = 0; i < kMessages; ++i) {
    mail::Envelope made = envelope({"bob@example.net"});
    made.recipients[0].notify = mail::kNotifyFailure;
    accept(std::move(made));
  }
  ASSERT_EQ(host.attempts, kMessages);
  pass(Seconds(8 * 3600));
  EXPECT_EQ(host.attempts, 2 * kMessages);
  std::set<WallTime> times;
  for (const Entry& entry : listed()) times.insert(entry.next.value());
  EXPECT_GT(times.size(), kMessages / 2);
  EXPECT_GT(*times.rbegin() - *times.begin(), Seconds(60));
}

/// A queue over somebody else's disk: two of them are the lives before and after a crash.
struct Life {
  Life(test::MemoryDisk& disk, test::FakeClock& time, std::map<std::string, Status> answers) : clock(time) {
    host.answers = std::move(answers);
    Config capped;
    capped.hostname = "web1.example.net";
    capped.domain = "example.net";
    capped.bounces.per_sender = 1;
    spool = *spool::Spool::open(disk, "spool");
    queue =
        Queue::make(loop.get_executor(), *spool, pool, clock, capped, {{"main", {4}}},
                    [this](mail::Message& message, const std::string&) { return deliver_to(&host, &pool, &message); });
    EXPECT_TRUE(run(loop, queue->start()));
  }
  ~Life() { run(loop, queue->stop()); }

  void accept(const std::string& to) {
    mail::Envelope envelope;
    envelope.sender = "alice@example.com";
    mail::Recipient one;
    one.address = to;
    envelope.recipients.push_back(one);
    auto intake = queue->begin(envelope);
    ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
    ASSERT_TRUE(run(loop, intake->commit(20, mail::BodyType::seven_bit)));
    settle();
  }
  void settle() {
    for (int quiet = 0; quiet < 3;) {
      auto nothing = [] { return 0; };
      (void)run(loop, pool.run(spool::Priority::background, std::move(nothing)));
      quiet = queue->totals().active == 0 ? quiet + 1 : 0;
    }
  }
  void pass(Seconds time) {
    clock.advance(time);
    queue->site_recovered("no such site");
    settle();
  }

  boost::asio::io_context loop;
  test::FakeClock& clock;
  spool::DiskPool pool{1};
  Smarthost host;
  std::unique_ptr<spool::Spool> spool;
  std::unique_ptr<Queue> queue;
};

/// Which reports tell of this recipient.
void collect(const std::vector<std::string>& texts, const std::string& to, std::set<std::string>& reports) {
  for (const std::string& text : texts) {
    if (text.find("Final-Recipient: rfc822; " + to) == std::string::npos) continue;
    const std::size_t at = text.find("Message-ID: ");
    reports.insert(text.substr(at, text.find('\n', at) - at));
  }
}

// Two messages fail; the report of the second is over the cap and goes into a digest. The power is cut after every
// system call of that, with some subsets of what was not synced, others each time: each failure is told once or
// twice, never not at all.
TEST(Crash, P07_AFailureIsReportedOnceOrTwiceAndNeverNotAtAll) {
  const test::ExpectLog expected("");  // the first life sees its disk die
  const std::map<std::string, Status> answers = {{"to0@example.net", refused()}, {"to1@example.net", refused()}};
  std::size_t disks = 0;
  for (std::size_t nth = 1;; ++nth) {
    test::MemoryDisk disk;
    test::FakeClock clock;
    Life first(disk, clock, answers);
    first.host.trouble = site_trouble();
    for (const auto& [to, answer] : answers) first.accept(to);
    first.host.trouble.reset();
    disk.crash_after(nth);
    for (int i = 0; i < 3; ++i) first.pass(Seconds(1900));
    const bool everything = disk.calls() <= nth;
    const auto every = disk.after_crash();
    const std::size_t step = std::max<std::size_t>(1, every.size() / test::seeds(4, 12));
    for (std::size_t subset = nth % step; subset < every.size(); subset += step) {
      const auto& left = every[subset];
      ++disks;
      test::FakeClock later = clock;
      Life second(*left, later, answers);
      for (int i = 0; i < 3; ++i) second.pass(Seconds(1900));
      EXPECT_TRUE(left->names("spool/queue").empty()) << nth;
      for (const auto& [to, answer] : answers) {
        std::set<std::string> reports;
        collect(first.host.texts, to, reports);
        collect(second.host.texts, to, reports);
        EXPECT_TRUE(reports.size() == 1 || reports.size() == 2)
            << to << " was told " << reports.size() << " times, crash after call " << nth;
      }
    }
    if (everything) break;
    ASSERT_LT(nth, 500U);
  }
  EXPECT_GT(disks, 50U);
}

}  // namespace
}  // namespace postern::queue
