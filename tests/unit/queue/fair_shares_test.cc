// What one party sends, however much it is, and what another's alert gets all the same; and what each has.
#include "queue/free_space.h"
#include "queue_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint32_t kFlooder = 1000;
constexpr std::uint32_t kOther = 1001;
const std::string kText = "Subject: hi\n\nbody\n";

class FairShares : public QueueTest {
 protected:
  static mail::Envelope of(std::uint32_t uid, std::string recipient, std::string sender = "alice@example.com") {
    mail::Envelope made = envelope({std::move(recipient)}, std::move(sender));
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = uid;
    return made;
  }
  QueueId add(std::uint32_t uid, const std::string& recipient) { return accept(of(uid, recipient)); }
  void set_limit(unsigned messages, const mail::Parties& parties = {}) {
    Config made = config();
    made.per_user.messages = messages;
    made.parties = parties;
    queue->configure(std::move(made), {});
  }
  /// After a start, until every envelope is read.
  void start_again() {
    close();
    open({});
    for (int i = 0; i < 30; ++i) settle();
  }
};

TEST_F(FairShares, AfterATroubleThePartiesAreServedByTurnsAndEachByAge) {
  const test::ExpectLog expected("site down");
  for (const unsigned connections : {1U, 2U, 4U}) {
    close();
    open({{"main", {connections}}});
    host.got.clear();
    host.trouble = site_trouble();
    for (int i = 0; i < 20; ++i) add(kFlooder, "flood@example.com");
    for (const std::uint32_t uid : {1001U, 1002U, 1003U}) {
      for (const std::string which : {"a", "b", "c"}) add(uid, which + std::to_string(uid) + "@example.com");
    }
    host.trouble.reset();
    pass(Seconds(60));
    ASSERT_EQ(host.got.size(), 29U);
    for (const std::uint32_t uid : {1001U, 1002U, 1003U}) {
      std::size_t turn = 0;
      std::size_t last = 0;
      for (const std::string which : {"a", "b", "c"}) {
        const auto place = std::ranges::find(host.got, which + std::to_string(uid) + "@example.com");
        const auto at = static_cast<std::size_t>(place - host.got.begin());
        EXPECT_LT(at, ++turn * 4 + connections) << which << uid << ' ' << connections;
        EXPECT_TRUE(turn == 1 || at > last);
        last = at;
      }
    }
  }
}

/// One connection: while the fifth message is under way and the next is read ahead, another one's comes.
struct Interrupted {
  Queue* queue = nullptr;
  spool::DiskPool* pool = nullptr;
  std::vector<std::uint32_t> tried;
};

Task<DeliveryReport> deliver_and_interrupt(Interrupted* at, mail::Message* message) {
  at->tried.push_back(message->envelope().source.uid.value_or(0));
  if (at->tried.size() == 5) {
    mail::Envelope alert;
    alert.sender = "root@example.com";
    alert.source.kind = mail::Source::Kind::local;
    alert.source.uid = kOther;
    alert.recipients.resize(1);
    alert.recipients[0].address = "admin@example.com";
    const auto intake = at->queue->begin(std::move(alert));
    EXPECT_TRUE(co_await intake->append(kText));
    EXPECT_TRUE(co_await intake->commit(kText.size(), mail::BodyType::seven_bit));
  }
  for (int i = 0; i < 20; ++i) {
    auto elsewhere = [] { return 0; };
    co_await at->pool->run(spool::Priority::background, std::move(elsewhere));
  }
  DeliveryReport report;
  report.recipients.resize(message->pending().size(), delivered());
  co_return report;
}

TEST_F(FairShares, AnAlertDoesNotWaitBehindWhatWasReadAheadOfAnother) {
  const test::ExpectLog expected("site down");
  host.trouble = site_trouble();
  for (int i = 0; i < 40; ++i) add(kFlooder, "flood@example.com");
  close();
  Interrupted at{nullptr, &pool, {}};
  spool = *spool::Spool::open(disk, "spool");
  queue =
      Queue::make(loop.get_executor(), *spool, pool, clock, config(), {{"main", {1}}},
                  [&at](mail::Message& message, const std::string&) { return deliver_and_interrupt(&at, &message); });
  at.queue = queue.get();
  clock.advance(Seconds(7200));
  ASSERT_TRUE(run(loop, queue->start()));
  for (int i = 0; i < 300 && at.tried.size() < 41; ++i) settle();
  ASSERT_EQ(at.tried.size(), 41U);
  EXPECT_EQ(std::ranges::find(at.tried, kOther) - at.tried.begin(), 5) << "it is the next";
  close();
}

TEST_F(FairShares, WhatAPartyHasIsKnownWaitingAndOnHoldAndAfterARestart) {
  close();
  open({});
  std::vector<QueueId> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(add(kFlooder, "to@example.com"));
  add(kOther, "to@example.com");
  const Usage all = queue->usage(kFlooder);
  EXPECT_EQ(all.messages, 12U);
  EXPECT_GT(all.bytes, 12 * kText.size());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(run(loop, queue->hold(ids[static_cast<std::size_t>(i)])));
  EXPECT_EQ(queue->usage(kFlooder), all);
  start_again();
  EXPECT_EQ(queue->usage(kFlooder), all);
  EXPECT_EQ(queue->usage(kOther).messages, 1U);
  ASSERT_TRUE(run(loop, queue->release(ids[0])));
  EXPECT_EQ(queue->usage(kFlooder), all);
  ASSERT_TRUE(run(loop, queue->remove(ids[1])));
  ASSERT_TRUE(run(loop, queue->remove(ids[0])));
  ASSERT_TRUE(run(loop, queue->remove(ids[11])));
  EXPECT_EQ(queue->usage(kFlooder).messages, 9U);
  start_again();
  EXPECT_EQ(queue->usage(kFlooder).messages, 9U);
  for (int i = 2; i < 10; ++i) ASSERT_TRUE(run(loop, queue->release(ids[static_cast<std::size_t>(i)])));
  close();
  open();
  for (int i = 0; i < 30; ++i) settle();
  EXPECT_EQ(queue->usage(kFlooder), Usage());
  EXPECT_EQ(queue->usage(kOther), Usage());
}

TEST_F(FairShares, AReportCountsForThePartyThatItIsAboutAlsoAfterARestart) {
  host.answers["wrong@example.com"] = refused();
  host.answers["alice@example.com"] = deferred();
  add(kFlooder, "wrong@example.com");
  ASSERT_EQ(files().size(), 1U) << "the report";
  EXPECT_EQ(queue->usage(kFlooder).messages, 1U);
  start_again();
  EXPECT_EQ(queue->usage(kFlooder).messages, 1U);
  const std::vector<Entry> entries = listed();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_FALSE(entries[0].source.uid) << "but is nobody's to handle";
  Selection own;
  own.owner = kFlooder;
  EXPECT_THAT(listed(own), IsEmpty());
}

TEST_F(FairShares, WhoHasAsManyAsMayBeIsRefusedAndNobodyElse) {
  set_limit(3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(queue->room_for(0, kFlooder));
    add(kFlooder, "to@example.com");
  }
  const Result<void> refused = queue->room_for(0, kFlooder);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, Failure::limit);
  EXPECT_TRUE(queue->room_for(0, kOther));
  for (int i = 0; i < 4; ++i) add(0, "to@example.com");
  EXPECT_TRUE(queue->room_for(0, 0));
  EXPECT_THAT(queue->shortages(true), Contains(HasSubstr("uid 1000 has 3 messages")));
  EXPECT_THAT(queue->shortages(false), Contains(HasSubstr("limits.per_user")));
  for (const std::string& sentence : queue->shortages(false)) EXPECT_EQ(sentence.find("1000"), std::string::npos);
  set_limit(4);
  EXPECT_THAT(queue->shortages(true), IsEmpty());
}

TEST_F(FairShares, ManyUidsOfOneUserAreOneParty) {
  set_limit(5, mail::Parties({{100'000, 65'536, kFlooder}}));
  for (std::uint32_t uid = 100'000; uid < 100'005; ++uid) add(uid, "to@example.com");
  EXPECT_EQ(queue->usage(kFlooder).messages, 5U);
  EXPECT_FALSE(queue->room_for(0, kFlooder));
  Selection own;
  own.owner = 100'003;
  EXPECT_EQ(listed(own).size(), 1U) << "each sees the own mail alone";
}

TEST_F(FairShares, InTheLastPartOfTheDiskTheOneWhoFilledItIsRefusedAndTheLogTellsOnce) {
  close();
  open({});
  constexpr std::uint64_t kMiB = 1ULL << 20U;
  disk.set_space({kReservedBytes + 20 * kMiB, 1U << 20U, 300 * kMiB, 1U << 20U});
  const std::string large(2 * kMiB, 'x');
  const test::ExpectLog expected("the spool's disk is full");
  std::size_t refused = 0;
  for (int i = 0; i < 20; ++i) {
    auto intake = queue->begin(of(kFlooder, "to@example.com"));
    const Result<void> appended = run(loop, intake->append("Subject: x\n\n" + large));
    const bool stored = appended && run(loop, intake->commit(large.size(), mail::BodyType::seven_bit));
    refused += stored ? 0U : 1U;
  }
  EXPECT_GE(refused, 15U);
  clock.advance(Seconds(10));
  (void)queue->room_for(0, kFlooder);
  settle();
  EXPECT_FALSE(queue->room_for(8 * kMiB, kFlooder));
  EXPECT_THAT(queue->shortages(false), Contains(HasSubstr("nearly full")));
  for (const std::uint32_t uid : {kOther, 0U}) {
    EXPECT_TRUE(queue->room_for(2000, uid));
    add(uid, "to@example.com");
  }
  const auto is_told = [](const std::string& line) { return line.find("disk is full") != std::string::npos; };
  EXPECT_EQ(std::ranges::count_if(test::logged(), is_told), 1);
  disk.set_space({200 * kMiB, 1U << 20U, 300 * kMiB, 1U << 20U});
  clock.advance(Seconds(10));
  (void)queue->room_for(0, kFlooder);
  settle();
  EXPECT_TRUE(queue->room_for(0, kFlooder));
  EXPECT_TRUE(test::was_logged("there is room on the spool's disk again"));
}

/// Doubtful refusals close the site; its probes go by turns of the parties, whatever names they send in.
TEST_F(FairShares, ManySendersOfOnePartyDoNotDelayTheProbeOfAnother) {
  constexpr int kNames = 60;
  const test::ExpectLog expected("site=main");
  Config made = config();
  made.retry.warn_after = Seconds(0);
  queue->configure(std::move(made), {{"main", {4}}});
  Status doubt{mail::Verdict::failed, 550, "5.7.1", "no"};
  doubt.doubtful = true;
  for (const std::string to : {"flood@example.com", "good@example.com"}) host.answers[to] = doubt;
  for (int i = 0; i < kNames; ++i) {
    accept(of(kFlooder, "flood@example.com", "s" + std::to_string(i) + "@example.com"));
  }
  accept(of(kOther, "good@example.com", "other@example.com"));
  host.answers.erase("good@example.com");
  const std::size_t before = host.attempts;
  for (int i = 0; i < 2000 && host.got.empty(); ++i) pass(Seconds(60));
  ASSERT_FALSE(host.got.empty());
  EXPECT_EQ(host.got.front(), "good@example.com");
  EXPECT_LT(host.attempts - before, 10U) << "not after all of the other's names";
}

}  // namespace
}  // namespace postern::queue
