#include "queue/senders.h"

#include "queue/site_config.h"

#include "given.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::queue {
namespace {

using Shown = Senders::Shown;
using Change = Senders::Change;

class SendersTest : public testing::Test {
 protected:
  Change attempt(Shown shown, const std::string& who = "alice", const std::string& words = "553 not owned") {
    EXPECT_TRUE(senders.accepts("main", who, now));
    return finish(senders.started("main", who, now), shown, who, words);
  }
  Change finish(std::uint64_t epoch, Shown shown, const std::string& who = "alice",
                const std::string& words = "553 not owned", std::uint32_t party = 1) {
    const mail::SiteTrouble trouble{mail::Step::mail, Failure::denied, 553, words};
    const Senders::Ended ended{shown, trouble, QueueId(), party};
    return senders.finished("main", Sender{who, who}, epoch, ended, now, kNow, kRetry, 0.5);
  }
  /// An attempt of such a message meets words that may be its own doing, or is taken.
  Change message(std::uint64_t number, Shown shown) {
    mail::SiteTrouble trouble{mail::Step::end_of_data, Failure::denied, 550, "550 From is not yours"};
    trouble.in_transaction = true;
    const Senders::Ended ended{shown, trouble, QueueId::make(kNow, number), 1};
    return senders.finished("main", Sender{"alice", "alice"}, senders.started("main", "alice", now), ended, now, kNow,
                            kRetry, 0.5);
  }
  Senders senders;
  SteadyTime now{Seconds(1000)};
};

TEST_F(SendersTest, TroubleHoldsThatSenderAtThatSiteAloneWithOneProbeAStep) {
  EXPECT_EQ(attempt(Shown::trouble), Change::began);
  for (const long wait : {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600}) {
    EXPECT_TRUE(senders.accepts("main", "bob", now));
    EXPECT_TRUE(senders.accepts("backup", "alice", now));
    EXPECT_FALSE(senders.accepts("main", "alice", now + Seconds(wait) - Milliseconds(1)));
    EXPECT_EQ(senders.wake(now), now + Seconds(wait));
    now += Seconds(wait);
    ASSERT_TRUE(senders.accepts("main", "alice", now)) << wait;
    const std::uint64_t probe = senders.started("main", "alice", now);
    EXPECT_FALSE(senders.accepts("main", "alice", now)) << "only one probe";
    EXPECT_EQ(finish(probe, Shown::trouble), Change::none) << "told once";
  }
  EXPECT_TRUE(senders.troubled("alice"));
  now += Seconds(3600);
  EXPECT_EQ(attempt(Shown::trouble, "alice", "553 other words"), Change::other_words);
  now += Seconds(3600);
  EXPECT_EQ(attempt(Shown::taken), Change::ended);
  EXPECT_FALSE(senders.troubled("alice"));
  EXPECT_TRUE(senders.accepts("main", "alice", now)) << "flows at once";
}

TEST_F(SendersTest, WhatBeganBeforeCountsNeitherAsAStepNorAsTheEnd) {
  EXPECT_EQ(attempt(Shown::trouble), Change::began);
  for (const Shown late : {Shown::trouble, Shown::taken, Shown::answer, Shown::nothing}) {
    EXPECT_EQ(finish(0, late), Change::none);
    EXPECT_EQ(senders.wake(now), now + Seconds(5));
  }
}

TEST_F(SendersTest, AnAnswerThatIsNeitherIsNoStepAndNoEnd) {
  (void)attempt(Shown::trouble);
  for (int i = 0; i < 4; ++i) {
    now += Seconds(5);
    EXPECT_EQ(attempt(Shown::answer), Change::none);
    EXPECT_EQ(senders.wake(now), now + Seconds(5));
  }
  now += Seconds(5);
  EXPECT_EQ(attempt(Shown::nothing), Change::none);
  EXPECT_TRUE(senders.accepts("main", "alice", now)) << "the site was gone: it is tried when that is back";
}

TEST_F(SendersTest, AForcedProbeComesAtOnceAndIsNoStep) {
  (void)attempt(Shown::trouble);
  for (int i = 0; i < 5; ++i) {
    now += kForcedProbeGap;
    senders.force_probe("backup", now);
    EXPECT_FALSE(senders.accepts("main", "alice", now));
    senders.force_probe(i % 2 == 0 ? "main" : "", now);
    EXPECT_EQ(attempt(Shown::trouble), Change::none);
    EXPECT_EQ(senders.wake(now), now + Seconds(5));
  }
  senders.force_probe("main", now);
  EXPECT_FALSE(senders.accepts("main", "alice", now)) << "not in a loop";
}

TEST_F(SendersTest, OnlySoManyAreKept) {
  for (std::size_t i = 0; i < Senders::kMost; ++i) EXPECT_EQ(attempt(Shown::trouble, std::to_string(i)), Change::began);
  EXPECT_EQ(attempt(Shown::trouble, "one too many"), Change::unknown);
  EXPECT_EQ(senders.at("main", now).size(), Senders::kMost);
  senders.keep_only({"main", "x"});
  EXPECT_EQ(senders.at("main", now).size(), Senders::kMost);
  senders.keep_only({"x"});
  EXPECT_TRUE(senders.at("main", now).empty());
}

TEST_F(SendersTest, WhatMayBeTheMessagesDoingIsTheSendersWhenTwoInARowMeetIt) {
  for (int again = 0; again < 5; ++again) EXPECT_EQ(message(1, Shown::trouble), Change::unknown) << "one message";
  EXPECT_EQ(message(2, Shown::taken), Change::none);
  EXPECT_EQ(message(3, Shown::trouble), Change::unknown) << "another was taken between";
  EXPECT_TRUE(senders.accepts("main", "alice", now));
  EXPECT_EQ(message(4, Shown::trouble), Change::began);
  EXPECT_FALSE(senders.accepts("main", "alice", now));
  now += Seconds(5);
  EXPECT_EQ(message(4, Shown::trouble), Change::none) << "a step";
  now += Seconds(10);
  EXPECT_EQ(message(5, Shown::taken), Change::ended);
  EXPECT_EQ(message(4, Shown::trouble), Change::unknown) << "counted anew";
}

TEST_F(SendersTest, OneThatIsSuspectedHoldsNoOtherSendersPlace) {
  for (std::size_t i = 0; i < 3 * Senders::kMost; ++i) {
    mail::SiteTrouble trouble{mail::Step::end_of_data, Failure::denied, 550, "550 From is not yours"};
    trouble.in_transaction = true;
    const std::string who = std::to_string(i);
    const Senders::Ended ended{Shown::trouble, trouble, QueueId::make(kNow, i), 1};
    EXPECT_EQ(senders.finished("main", Sender{who, who}, 0, ended, now, kNow, kRetry, 0.5), Change::unknown);
  }
  EXPECT_EQ(attempt(Shown::trouble), Change::began);
}

TEST_F(SendersTest, NoPartyHidesTheTroubleOfAnothersSenders) {
  for (std::size_t i = 0; i < Senders::kMost; ++i) {
    EXPECT_EQ(finish(0, Shown::trouble, std::to_string(i), "553", 1000), Change::began);
  }
  EXPECT_EQ(finish(0, Shown::trouble, "more", "553", 1000), Change::unknown);
  for (std::size_t i = 0; i < Senders::kMost / 2; ++i) {
    EXPECT_EQ(finish(0, Shown::trouble, "root" + std::to_string(i), "553", 0), Change::began) << i;
  }
  EXPECT_EQ(finish(0, Shown::trouble, "root", "553", 0), Change::unknown) << "both have the same";
  EXPECT_EQ(finish(0, Shown::trouble, "www", "553", 33), Change::began);
  EXPECT_EQ(senders.at("main", now).size(), Senders::kMost);
}

TEST_F(SendersTest, NoPartyTakesAllPlacesOfThoseThatAreSuspected) {
  const auto meets = [this](const std::string& who, std::uint64_t number, std::uint32_t party) {
    mail::SiteTrouble trouble{mail::Step::end_of_data, Failure::denied, 550, "550 From is not yours"};
    trouble.in_transaction = true;
    const Senders::Ended ended{Shown::trouble, trouble, QueueId::make(kNow, number), party};
    return senders.finished("main", Sender{who, who}, 0, ended, now, kNow, kRetry, 0.5);
  };
  for (std::size_t i = 0; i < 2 * Senders::kMost; ++i) {
    EXPECT_EQ(meets("www" + std::to_string(i), i, 33), Change::unknown);
  }
  EXPECT_EQ(meets("root", 1, 0), Change::unknown);
  EXPECT_EQ(meets("root", 2, 0), Change::began) << "two in a row, as if nobody else had any";
  std::size_t kept = 0;
  for (std::size_t i = 0; i < 2 * Senders::kMost; ++i) {
    if (meets("www" + std::to_string(i), 10'000 + i, 33) == Change::began) ++kept;
  }
  EXPECT_GE(kept, Senders::kMost - 2);
  EXPECT_LE(kept, Senders::kMost) << "of so many it was known that they had met it before";
}

TEST_F(SendersTest, WhereTheSiteTakesNothingTheMailIsNotGone) {
  EXPECT_EQ(attempt(Shown::trouble), Change::began);
  now += Seconds(6) + Senders::kIdle;
  EXPECT_EQ(senders.at("main", now, false).size(), 1U) << "no probe could be made";
  EXPECT_TRUE(senders.at("main", now, true).empty());
}

TEST_F(SendersTest, WhatIsTakenOfOnePartyIsProbedForAllUnlessItIsTheirMessagesDoing) {
  const auto meets = [this](std::uint32_t party, std::uint64_t number, Shown shown, bool in_transaction) {
    mail::SiteTrouble trouble{mail::Step::mail, Failure::denied, 553, "553 not owned"};
    trouble.in_transaction = in_transaction;
    const Sender sender{"root/" + std::to_string(party), "root", "root"};
    const Senders::Ended ended{shown, trouble, QueueId::make(kNow, number), party};
    return senders.finished("main", sender, senders.started("main", sender.key, now), ended, now, kNow, kRetry, 0.5);
  };
  EXPECT_EQ(meets(1, 1, Shown::trouble, false), Change::began);
  EXPECT_TRUE(senders.accepts("main", "root/2", now)) << "another party's mail is tried for itself";
  EXPECT_EQ(meets(2, 2, Shown::trouble, false), Change::began);
  EXPECT_EQ(meets(3, 3, Shown::trouble, true), Change::unknown);
  EXPECT_EQ(meets(3, 4, Shown::trouble, true), Change::began);
  EXPECT_EQ(meets(4, 5, Shown::taken, false), Change::none);
  EXPECT_TRUE(senders.accepts("main", "root/1", now)) << "a probe, at once";
  EXPECT_TRUE(senders.accepts("main", "root/2", now));
  EXPECT_FALSE(senders.accepts("main", "root/3", now)) << "its own words may be why";
  EXPECT_EQ(meets(1, 6, Shown::taken, false), Change::ended) << "which is told";
  EXPECT_EQ(meets(2, 7, Shown::taken, false), Change::ended);
}

TEST_F(SendersTest, TheMailOfOthersIsNoEndOfTroubleAndAddsOneProbeAtMostToEachStep) {
  const auto meets = [this](std::uint32_t party, Shown shown) {
    const mail::SiteTrouble trouble{mail::Step::mail, Failure::denied, 553, "553 not owned"};
    const Sender sender{"root/" + std::to_string(party), "root", "root"};
    const Senders::Ended ended{shown, trouble, QueueId::make(kNow, party), party};
    return senders.finished("main", sender, senders.started("main", sender.key, now), ended, now, kNow, kRetry, 0.5);
  };
  EXPECT_EQ(meets(1, Shown::trouble), Change::began);
  int probes = 0;
  const SteadyTime end = now + Seconds(3600);
  for (; now < end; now += Seconds(1)) {
    EXPECT_EQ(meets(0, Shown::taken), Change::none);
    if (!senders.accepts("main", "root/1", now)) continue;
    ++probes;
    EXPECT_EQ(meets(1, Shown::trouble), Change::none);
  }
  EXPECT_GE(probes, 10);
  EXPECT_LE(probes, 22) << "twice the steps of 5, 10, 20 ... seconds";
}

TEST_F(SendersTest, WhoseMailIsGoneIsShownNoMoreAndMakesRoom) {
  for (std::size_t i = 0; i < Senders::kMost; ++i) EXPECT_EQ(attempt(Shown::trouble, std::to_string(i)), Change::began);
  now += Seconds(6) + Senders::kIdle;
  EXPECT_TRUE(senders.at("main", now).empty()) << "no probe was made when it was due";
  EXPECT_EQ(attempt(Shown::trouble, "another"), Change::began);
  EXPECT_EQ(senders.at("main", now).size(), 1U);
}

}  // namespace
}  // namespace postern::queue
