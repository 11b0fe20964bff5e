// What one party sends, however much it is, and what another's alert gets all the same; and what each has.
#include "queue/drop_box.h"
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
  static auto told(const std::string& words) {
    const auto is_told = [&](const std::string& line) { return line.find(words) != std::string::npos; };
    return std::ranges::count_if(test::logged(), is_told);
  }
  /// A new sample of the disk is taken.
  void free_now(std::uint64_t beyond_reserve) {
    disk.set_space({kReservedBytes + beyond_reserve, 1U << 20U, 300ULL << 20U, 1U << 20U});
    clock.advance(Seconds(10));
    (void)queue->room_for(0, 0);
    settle();
  }
  std::unique_ptr<Intake> writing(std::uint32_t uid, std::size_t size) {
    auto intake = queue->begin(of(uid, "to@example.com"));
    const Result<void> appended = run(loop, intake->append(std::string(size, 'x')));
    if (appended) return intake;
    EXPECT_EQ(appended.error().failure, Failure::denied) << appended.error().text;
    return nullptr;
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
  const test::ExpectLog at_limit("no more mail is taken of one user");
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
  EXPECT_THAT(queue->shortages({.administrator = true}), Contains(HasSubstr("user 1000 has 3 messages")));
  EXPECT_THAT(queue->shortages({.party = kFlooder}), Contains(HasSubstr("limits.per_user")));
  EXPECT_THAT(queue->shortages({.party = kOther}), IsEmpty()) << "what another has is no matter of his";
  EXPECT_THAT(queue->shortages({}), IsEmpty()) << "nor of whoever is not known";
  set_limit(4);
  EXPECT_THAT(queue->shortages({.administrator = true}), IsEmpty());
}

TEST_F(FairShares, TheLogTellsOnceOfWhoeverHasAsManyAsMayBeUntilItHasLessAgain) {
  const test::ExpectLog expected("no more mail is taken of one user");
  close();
  open({});
  set_limit(10);
  std::vector<QueueId> ids;
  for (const std::uint32_t uid : {kFlooder, kOther}) {
    for (int i = 0; i < 10; ++i) ids.push_back(add(uid, "to@example.com"));
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(queue->room_for(0, uid));
    EXPECT_EQ(told("no more mail is taken of one user"), uid == kFlooder ? 1 : 2);
  }
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(run(loop, queue->remove(ids[0])));
    EXPECT_TRUE(queue->room_for(0, kFlooder));
    ids[0] = add(kFlooder, "to@example.com");
    EXPECT_FALSE(queue->room_for(0, kFlooder));
  }
  EXPECT_EQ(told("no more mail is taken of one user"), 2) << "it comes and goes by one message";
  for (const int i : {0, 1}) ASSERT_TRUE(run(loop, queue->remove(ids[static_cast<std::size_t>(i)])));
  EXPECT_TRUE(queue->room_for(0, kFlooder));
  for (int i = 0; i < 2; ++i) add(kFlooder, "to@example.com");
  EXPECT_FALSE(queue->room_for(0, kFlooder));
  EXPECT_EQ(told("no more mail is taken of one user"), 3);
}

TEST_F(FairShares, WhoCountsAsOneMayChangeWithoutAProbe) {
  const test::ExpectLog at_limit("no more mail is taken of one user");
  set_limit(5);
  queue->use_parties(mail::Parties({{100'000, 65'536, kFlooder}}));
  for (std::uint32_t uid = 100'000; uid < 100'005; ++uid) add(uid, "to@example.com");
  EXPECT_FALSE(queue->room_for(0, kFlooder));
}

TEST_F(FairShares, ManyUidsOfOneUserAreOneParty) {
  const test::ExpectLog at_limit("no more mail is taken of one user");
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
  const test::ExpectLog expected("the spool's disk is nearly full");
  std::size_t refused = 0;
  for (int i = 0; i < 20; ++i) {
    auto intake = queue->begin(of(kFlooder, "to@example.com"));
    const Result<void> appended = run(loop, intake->append("Subject: x\n\n" + large));
    const bool stored = appended && run(loop, intake->commit(large.size(), mail::BodyType::seven_bit));
    refused += stored ? 0U : 1U;
  }
  EXPECT_GE(refused, 15U);
  free_now(14 * kMiB);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(queue->room_for(1000, kFlooder));
  EXPECT_THAT(queue->shortages({.party = kOther}), Contains(HasSubstr("nearly full")));
  for (const std::uint32_t uid : {kOther, 0U}) {
    EXPECT_TRUE(queue->room_for(2000, uid));
    add(uid, "to@example.com");
  }
  EXPECT_EQ(told("disk is nearly full"), 1);
  disk.set_space({200 * kMiB, 1U << 20U, 300 * kMiB, 1U << 20U});
  clock.advance(Seconds(10));
  (void)queue->room_for(0, kFlooder);
  settle();
  EXPECT_TRUE(queue->room_for(0, kFlooder));
  EXPECT_TRUE(test::was_logged("there is room on the spool's disk again"));
}

TEST_F(FairShares, TheLogTellsAgainWhenTheDiskGetsFullerAndOnceWhenThereIsRoom) {
  close();
  open({});
  constexpr std::uint64_t kMiB = 1ULL << 20U;
  const std::vector<std::string> words = {"less than their share", "have little in the queue", "root alone",
                                          "kept in reserve"};
  const test::ExpectLog expected("the spool's disk is");
  const auto filled = writing(kFlooder, 40 * kMiB);
  ASSERT_TRUE(filled);
  for (int round = 1; round <= 2; ++round) {
    std::size_t step = 0;
    for (const std::uint64_t free : {29 * kMiB, 14 * kMiB, 6 * kMiB, std::uint64_t{0}}) {
      free_now(free);
      for (int i = 0; i < 3; ++i) EXPECT_FALSE(queue->room_for(0, kFlooder));
      EXPECT_EQ(told(words[step++]), round) << free;
    }
    EXPECT_FALSE(queue->room_for(1, 0)) << "root's";
    EXPECT_EQ(told("the spool's disk is nearly full"), 3 * round);
    EXPECT_EQ(told("the spool's disk is full"), round);
    free_now(200 * kMiB);
    EXPECT_TRUE(queue->room_for(0, 0));
    EXPECT_EQ(told("there is room on the spool's disk again"), round);
  }
}

TEST_F(FairShares, AMessageThatIsLargerThanWhatIsLeftSaysNothingOfTheDisk) {
  close();
  open({});
  constexpr std::uint64_t kMiB = 1ULL << 20U;
  free_now(60 * kMiB);
  auto intake = queue->begin(of(kFlooder, "to@example.com"));
  EXPECT_EQ(run(loop, intake->append(std::string(70 * kMiB, 'x'))).error().failure, Failure::no_space);
  settle();
  EXPECT_EQ(told("the spool's disk is"), 0);
}

TEST_F(FairShares, WhatFailedAndNobodyMayBeToldOfCountsForItsPartyUntilItIsRemoved) {
  const test::ExpectLog at_limit("no more mail is taken of one user");
  host.answers["wrong@example.com"] = refused();
  const test::ExpectLog expected("kept in failed/");
  std::vector<QueueId> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(accept(of(kFlooder, "wrong@example.com", "")));
  ASSERT_EQ(disk.names("spool/failed").size(), ids.size());
  const Usage all = queue->usage(kFlooder);
  EXPECT_EQ(all.messages, 10U);
  start_again();
  EXPECT_EQ(queue->usage(kFlooder), all);
  set_limit(10);
  EXPECT_FALSE(queue->room_for(0, kFlooder));
  EXPECT_TRUE(queue->room_for(0, kOther));
  for (const QueueId& id : ids) ASSERT_TRUE(run(loop, queue->remove(id)));
  EXPECT_EQ(queue->usage(kFlooder), Usage());
}

TEST_F(FairShares, WhatIsHeldBeforeItWasReadCountsOnceItIs) {
  close();
  open({});
  std::vector<QueueId> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(add(kFlooder, "to@example.com"));
  const Usage all = queue->usage(kFlooder);
  close();
  make({});
  ASSERT_TRUE(run(loop, queue->start()));
  ASSERT_TRUE(run(loop, queue->hold(ids.back())));
  ASSERT_LT(queue->usage(kFlooder).messages, all.messages) << "before all were read";
  for (int i = 0; i < 30; ++i) settle();
  EXPECT_EQ(queue->usage(kFlooder), all);
}

/// Where the kernel tells who it is.
TEST_F(FairShares, OverTcpAMessageCountsForWhoHoldsTheOtherEndAndIsNobodys) {
  const test::ExpectLog at_limit("no more mail is taken of one user");
  host.answers["wrong@example.com"] = refused();
  host.answers["alice@example.com"] = deferred();
  host.answers["late@example.com"] = deferred();
  for (const std::string to : {"late@example.com", "wrong@example.com"}) {
    mail::Envelope made = envelope({to});
    made.source.holder = kFlooder;
    accept(made);
  }
  accept(envelope({"late@example.com"}));
  for (int start = 0; start < 2; ++start) {
    EXPECT_EQ(queue->usage(kFlooder).messages, 2U) << "a message and the report of another";
    EXPECT_EQ(queue->usage(mail::kNoUid).messages, 1U);
    Selection own;
    own.owner = kFlooder;
    EXPECT_THAT(listed(own), IsEmpty());
    start_again();
  }
  set_limit(2);
  EXPECT_FALSE(queue->room_for(0, kFlooder));
  EXPECT_TRUE(queue->room_for(0, mail::kNoUid));
}

TEST_F(FairShares, WhatIsBeingWrittenCountsAgainstTheLimits) {
  const test::ExpectLog at_limit("no more mail is taken of one user");
  close();
  open({});
  constexpr std::size_t kMiB = 1U << 20U;
  for (const bool by_size : {true, false}) {
    Config made = config();
    if (by_size) made.per_user.size = 3 * kMiB + kMiB / 8;
    if (!by_size) made.per_user.messages = 3;
    queue->configure(std::move(made), {});
    std::vector<std::unique_ptr<Intake>> begun;
    for (int i = 0; i < 10; ++i) {
      if (auto intake = writing(kFlooder, kMiB)) begun.push_back(std::move(intake));
    }
    EXPECT_EQ(begun.size(), 3U) << by_size;
    EXPECT_EQ(queue->room_for(kMiB, kFlooder).error().failure, Failure::limit);
    EXPECT_TRUE(writing(kOther, kMiB));
    EXPECT_TRUE(writing(0, 4 * kMiB));
    EXPECT_EQ(run(loop, begun[0]->append(std::string(kMiB, 'x'))).has_value(), !by_size) << "the same message";
    begun.pop_back();
    EXPECT_TRUE(writing(kFlooder, kMiB)) << by_size;
    begun.clear();
    settle();
  }
}

TEST_F(FairShares, WhatWasDroppedAndIsLargerThanItsOwnerMayHaveIsTakenWhenThereIsNothingElse) {
  const test::ExpectLog at_limit("no more mail is taken of one user");
  close();
  open({});
  constexpr std::size_t kMiB = 1U << 20U;
  Config made = config();
  made.per_user.size = kMiB;
  queue->configure(std::move(made), {});
  const auto stored = [&](const mail::Envelope& envelope, std::size_t size) {
    auto intake = queue->begin(envelope);
    return run(loop, intake->append(std::string(size, 'x'))) &&
           run(loop, intake->commit(size, mail::BodyType::seven_bit));
  };
  mail::Envelope dropped = of(kFlooder, "to@example.com");
  dropped.source.helo = kDroppedHelo;
  mail::Envelope by_tcp = dropped;
  by_tcp.source.kind = mail::Source::Kind::smtp;
  EXPECT_FALSE(stored(of(kFlooder, "to@example.com"), 2 * kMiB)) << "handed in, and refused";
  EXPECT_FALSE(stored(by_tcp, 2 * kMiB));
  EXPECT_TRUE(stored(of(kFlooder, "to@example.com"), 1000));
  EXPECT_FALSE(stored(dropped, 2 * kMiB)) << "it waits for what is there";
  for (const Entry& entry : listed()) ASSERT_TRUE(run(loop, queue->remove(entry.id)));
  EXPECT_TRUE(stored(dropped, 2 * kMiB));
  EXPECT_FALSE(stored(dropped, 2 * kMiB)) << "one at a time";
  EXPECT_FALSE(stored(dropped, 1));
}

TEST_F(FairShares, WhoeverIsWritingCountsAsOneOfThoseWhoShareTheDisk) {
  close();
  open({});
  constexpr std::uint64_t kMiB = 1ULL << 20U;
  std::vector<std::unique_ptr<Intake>> begun;
  for (const std::uint32_t uid : {kFlooder, kOther, kOther + 1}) begun.push_back(writing(uid, 7 * kMiB));
  const test::ExpectLog expected("the spool's disk is nearly full");
  free_now(20 * kMiB);
  EXPECT_FALSE(queue->room_for(1000, kFlooder)) << "a third is more than a fourth";
  EXPECT_TRUE(queue->room_for(1000, kOther + 2));
  begun.clear();
  settle();
}

/// Doubtful refusals close the site; its probes go by turns of the parties, whatever names they send in.
TEST_F(FairShares, ManySendersOfOnePartyDoNotDelayTheProbeOfAnother) {
  constexpr int kNames = 60;
  const test::ExpectLog expected("site=main");
  Config made = config();
  made.retry.warn_after = Seconds(0);
  queue->configure(std::move(made), {{"main", {4}}});
  Status doubt{mail::Verdict::deferred, 550, "5.7.1", "no"};
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
