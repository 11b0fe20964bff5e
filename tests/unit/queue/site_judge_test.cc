#include "queue/site_judge.h"

#include "given.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

using Kind = Conclusion::Kind;

Attempted attempt(std::uint64_t message, std::uint32_t party = 1, bool several = false) {
  return {QueueId::make(kNow, message), party, several};
}

mail::DeliveryReport says(mail::Verdict verdict, bool doubtful = false) {
  mail::DeliveryReport report;
  report.recipients.emplace_back(mail::Status{verdict, 550, "5.7.1", "policy", doubtful});
  return report;
}
mail::DeliveryReport says_doubtful() { return says(mail::Verdict::deferred, true); }
mail::DeliveryReport taken() { return says(mail::Verdict::delivered); }

mail::DeliveryReport says_trouble(bool in_transaction) {
  mail::DeliveryReport report;
  report.recipients.resize(1);
  report.site = mail::SiteTrouble{mail::Step::data, Failure::closed, 421, "bye"};
  report.site->in_transaction = in_transaction;
  return report;
}

class SiteJudgeTest : public testing::Test {
 protected:
  Kind see(const mail::DeliveryReport& report, const Attempted& attempted) {
    Conclusion conclusion = judge.conclude(report, attempted, present);
    if (conclusion.kind != Kind::unchanged) present = conclusion.trouble;
    return conclusion.kind;
  }
  SiteJudge judge;
  std::optional<mail::SiteTrouble> present;
};

TEST_F(SiteJudgeTest, TroubleOutsideATransactionIsTheSitesAtOnce) {
  EXPECT_EQ(see(says_trouble(false), attempt(1)), Kind::trouble);
  EXPECT_EQ(see(taken(), attempt(1)), Kind::well);
}

TEST_F(SiteJudgeTest, DoubtfulRefusalsOfThreeDifferentMessagesInARowAreTheSites) {
  for (int again = 0; again < 9; ++again) EXPECT_EQ(see(says_doubtful(), attempt(1)), Kind::well) << "one message";
  EXPECT_EQ(see(says_doubtful(), attempt(2)), Kind::well);
  for (const mail::Verdict other : {mail::Verdict::failed, mail::Verdict::deferred}) {
    EXPECT_EQ(see(says(other), attempt(9)), Kind::well) << "an answer that says nothing of the others";
  }
  EXPECT_EQ(see(says_doubtful(), attempt(3)), Kind::trouble);
  EXPECT_EQ(present->text, "refuses every message; the last answer: 550 5.7.1 policy");
  for (std::uint64_t message = 1; message < 9; ++message) {
    EXPECT_EQ(see(says_doubtful(), attempt(message)), Kind::trouble) << "each probe that is refused is a step";
    EXPECT_EQ(see(says(mail::Verdict::failed), attempt(message)), Kind::unchanged);
    EXPECT_EQ(see(says_trouble(true), attempt(message)), Kind::unchanged);
  }
  EXPECT_EQ(see(taken(), attempt(9)), Kind::well);
  EXPECT_EQ(see(says_doubtful(), attempt(1)), Kind::well) << "counted anew";
}

TEST_F(SiteJudgeTest, TheStepIsTheOneAtWhichTheLastMessageWasRefused) {
  for (std::uint64_t message = 1; message < SiteJudge::kRefusedMessages; ++message)
    (void)see(says_doubtful(), attempt(message));
  for (const mail::Step step : {mail::Step::mail, mail::Step::rcpt, mail::Step::data, mail::Step::end_of_data}) {
    mail::DeliveryReport report = says_doubtful();
    report.doubted_at = step;
    EXPECT_EQ(see(report, attempt(9)), Kind::trouble);
    EXPECT_EQ(present->step, step);
  }
}

TEST_F(SiteJudgeTest, OneThatIsTakenBetweenBreaksTheRow) {
  for (std::uint64_t message = 1; message < 20; ++message) {
    EXPECT_EQ(see(says_doubtful(), attempt(message)), Kind::well);
    if (message % 2 == 0) {
      EXPECT_EQ(see(taken(), attempt(99)), Kind::well);
    }
  }
}

TEST_F(SiteJudgeTest, NoMessageAndNoPartyClosesASiteByItsTransactionsWhileAnotherWaits) {
  for (int i = 0; i < 9; ++i) EXPECT_EQ(see(says_trouble(true), attempt(1)), Kind::well) << "one message";
  EXPECT_EQ(see(says_trouble(true), attempt(2, 1, true)), Kind::well) << "of one party, while another's mail waits";
  EXPECT_EQ(see(says_trouble(true), attempt(3, 1, true)), Kind::well);
  EXPECT_EQ(see(says_trouble(true), attempt(4, 2, true)), Kind::trouble);
  EXPECT_EQ(see(says_trouble(true), attempt(1)), Kind::trouble) << "its probe met it, too";
  EXPECT_EQ(see(says(mail::Verdict::deferred), attempt(1)), Kind::well);
  EXPECT_EQ(see(says_trouble(true), attempt(1)), Kind::well) << "counted anew";
  EXPECT_EQ(see(says_trouble(true), attempt(2)), Kind::trouble) << "nobody else's mail waits";
  EXPECT_EQ(see(says_trouble(true), attempt(3)), Kind::trouble);
  EXPECT_EQ(see(says_trouble(true), attempt(1, 1, true)), Kind::well) << "now there is somebody, who is tried";
  EXPECT_EQ(see(says_trouble(true), attempt(9, 2, true)), Kind::trouble);
}

TEST_F(SiteJudgeTest, AnAnswerBetweenBreaksTheRowOfTransactions) {
  for (const mail::DeliveryReport& answer :
       {taken(), says(mail::Verdict::failed), says(mail::Verdict::deferred), says_doubtful()}) {
    EXPECT_EQ(see(says_trouble(true), attempt(1)), Kind::well);
    EXPECT_EQ(see(answer, attempt(7)), Kind::well);
    EXPECT_EQ(see(says_trouble(true), attempt(2, 2)), Kind::well);
    EXPECT_EQ(see(taken(), attempt(7)), Kind::well);
  }
}

TEST_F(SiteJudgeTest, WhatIsRefusedOfAMessageThatIsTakenOtherwiseClosesNoSite) {
  mail::DeliveryReport partly = says_trouble(true);
  partly.recipients.push_back(taken().recipients[0]);
  for (std::uint64_t message = 1; message < 20; ++message) {
    EXPECT_EQ(see(partly, attempt(message, static_cast<std::uint32_t>(message % 3))), Kind::well) << message;
    EXPECT_FALSE(judge.inferred());
  }
  EXPECT_EQ(see(says_trouble(true), attempt(30)), Kind::well);
  EXPECT_EQ(see(partly, attempt(31)), Kind::well);
  EXPECT_EQ(see(says_trouble(true), attempt(32)), Kind::well) << "one was taken between";
  EXPECT_EQ(see(says_trouble(true), attempt(33)), Kind::trouble);
  EXPECT_EQ(see(partly, {QueueId::make(kNow, 34), std::nullopt, false}), Kind::well) << "an alarm that is taken, too";
  mail::DeliveryReport cut = says_trouble(false);
  cut.recipients.push_back(taken().recipients[0]);
  EXPECT_EQ(see(cut, attempt(35)), Kind::trouble) << "outside of a transaction it is the site's";
}

TEST_F(SiteJudgeTest, AProbeThatGetsAsFarAsATransactionFindsTheSiteWell) {
  EXPECT_EQ(see(says_trouble(false), attempt(1)), Kind::trouble);
  EXPECT_EQ(see(says_trouble(true), attempt(1)), Kind::well) << "what it met there may be its own doing";
}

TEST_F(SiteJudgeTest, WhileAnotherPartyHasMailMessagesOfOneAloneCloseTheSiteOnlyWhenTheyAreMany) {
  for (const bool cut : {false, true}) {
    judge.forgive();
    present.reset();
    for (std::uint64_t message = 1; message < SiteJudge::kMostMessages; ++message) {
      EXPECT_EQ(see(cut ? says_trouble(true) : says_doubtful(), attempt(message, 1, true)), Kind::well) << message;
    }
    EXPECT_EQ(see(cut ? says_trouble(true) : says_doubtful(), attempt(SiteJudge::kMostMessages, 1, true)),
              Kind::trouble);
    EXPECT_FALSE(judge.says_nothing_of(1));
    EXPECT_TRUE(judge.says_nothing_of(2)) << "that one's mail is still to be tried";
    judge.forgive();
    present.reset();
    EXPECT_EQ(see(cut ? says_trouble(true) : says_doubtful(), attempt(99, 1, true)), Kind::well)
        << "it is counted anew";
  }
}

TEST_F(SiteJudgeTest, AlarmsAndReportsNeitherCloseASiteNorOpenOneThatRefusesThem) {
  const auto ours = [](std::uint64_t message) { return Attempted{QueueId::make(kNow, message), std::nullopt, true}; };
  for (const bool cut : {false, true}) {
    SCOPED_TRACE(cut);
    const mail::DeliveryReport bad = cut ? says_trouble(true) : says_doubtful();
    judge.forgive();
    present.reset();
    for (std::uint64_t message = 1; message < 20; ++message) EXPECT_EQ(see(bad, ours(message)), Kind::well);
    std::uint64_t message = 100;
    while (see(bad, attempt(++message)) != Kind::trouble) ASSERT_LT(message, 104U);
    EXPECT_EQ(message - 100, cut ? 2U : SiteJudge::kRefusedMessages) << "they made no row";
    EXPECT_EQ(see(bad, ours(1)), Kind::unchanged) << "no step, and not over";
    EXPECT_EQ(see(taken(), ours(2)), Kind::well);
  }
}

TEST_F(SiteJudgeTest, AlarmsAndReportsOpenASiteOnceThatBadMessagesClosed) {
  const auto close = [&] {
    for (std::uint64_t message = 1; message <= SiteJudge::kMostMessages; ++message) {
      (void)see(says_doubtful(), attempt(message, 1, true));
    }
  };
  close();
  ASSERT_TRUE(judge.says_nothing_of(std::nullopt));
  judge.open_again(std::nullopt);
  present.reset();
  close();
  EXPECT_FALSE(judge.says_nothing_of(std::nullopt));
  EXPECT_TRUE(judge.says_nothing_of(2));
  (void)see(taken(), attempt(99, 2));
  close();
  EXPECT_TRUE(judge.says_nothing_of(std::nullopt)) << "something was taken since";
}

TEST_F(SiteJudgeTest, TroubleThatNeedsNoInferenceSaysWhatItSaysOfEverybody) {
  EXPECT_EQ(see(says_trouble(false), attempt(1)), Kind::trouble);
  EXPECT_FALSE(judge.says_nothing_of(2));
}

}  // namespace
}  // namespace postern::queue
