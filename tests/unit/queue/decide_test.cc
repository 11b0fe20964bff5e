#include "queue/decide.h"
#include "queue/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>

namespace postern::queue {
namespace {

constexpr WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
const Retry kRetry;

mail::SiteTrouble trouble() { return mail::SiteTrouble{mail::Step::connect, Failure::refused, 0, "refused", false}; }

mail::Envelope three() {
  mail::Envelope envelope;
  envelope.accepted = kNow - Seconds(100);
  envelope.sender = "alice@example.com";
  envelope.recipients.resize(3);
  for (std::size_t i = 0; i < 3; ++i) envelope.recipients[i].address = std::string(1, static_cast<char>('a' + i));
  return envelope;
}

std::optional<mail::Status> answer(std::size_t kind) {
  switch (kind) {
    case 0: return std::nullopt;
    case 1: return mail::Status{mail::Verdict::delivered, 250, "2.0.0", "Ok"};
    case 2: return mail::Status{mail::Verdict::deferred, 451, "4.3.0", "later"};
    default: return mail::Status{mail::Verdict::failed, 550, "5.1.1", "no"};
  }
}

TEST(Decide, HoldsItsPromisesForEveryCombinationOfAnswers) {
  for (std::size_t code = 0; code < 64 * 4 * 2; ++code) {
    const std::size_t kinds[] = {code % 4, code / 4 % 4, code / 16 % 4};
    const std::size_t mode = code / 64 % 4;  // plain, site trouble, uncertain, site trouble in the transaction
    const bool old = code / 256 != 0;
    mail::Envelope envelope = three();
    if (old) envelope.accepted = kNow - kRetry.expire - Seconds(1);
    mail::DeliveryReport report;
    for (const std::size_t kind : kinds) report.recipients.push_back(answer(kind));
    if (mode == 1) report.site = trouble();
    report.uncertain = mode == 2;
    if (mode == 3) report.site = mail::SiteTrouble{mail::Step::end_of_data, Failure::refused, 421, "go away", false};
    const std::vector<RecipientState> states(3);
    const Actions actions = decide(envelope, states, report, kNow, kRetry, 0.5);

    std::set<std::size_t> settled;
    for (const Verdict& one : actions.verdicts) {
      if (one.status.verdict != mail::Verdict::deferred) settled.insert(one.recipient);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const bool unanswered = kinds[i] == 0;
      const bool final_answer = kinds[i] == 1 || kinds[i] == 3;
      const bool expires = old && (kinds[i] == 2 || (unanswered && mode >= 2));
      EXPECT_EQ(settled.contains(i), final_answer || expires) << code;
    }
    EXPECT_EQ(actions.done, settled.size() == 3) << code;
    EXPECT_EQ(actions.durability == spool::Durability::synced, !settled.empty()) << code;
    for (const std::size_t index : actions.failed) {
      EXPECT_EQ(actions.verdicts[index].status.verdict, mail::Verdict::failed);
    }
    if (code % 64 == 0 && mode == 1) {
      EXPECT_TRUE(actions.log.empty()) << "trouble of the site writes nothing";
      EXPECT_FALSE(actions.store_next);
      EXPECT_EQ(actions.next, kNow);
    }
    if (!actions.done && mode == 2) {
      EXPECT_GE(actions.next, kNow + kUncertainDelay);
    }
    if (!actions.done && (mode == 0 || mode == 3)) {
      EXPECT_GT(actions.next, kNow) << "no busy retry";
    }
  }
}

TEST(Decide, ADeferralThatSaysTheSameIsNotLoggedAgain) {
  std::vector<RecipientState> states(3);
  states[0].last = answer(2);
  states[1].last = mail::Status{mail::Verdict::deferred, 451, "4.3.0", "another reason"};
  mail::DeliveryReport report;
  report.recipients.assign(3, answer(2));
  const Actions actions = decide(three(), states, report, kNow, kRetry, 0.5);
  ASSERT_EQ(actions.log.size(), 2U);
  EXPECT_EQ(actions.log[0].recipient, "b");
  EXPECT_EQ(actions.log[1].recipient, "c");
}

TEST(Decide, ExpiresInTheWordsOfTheSiteWhatNoTransactionSurvives) {
  mail::Envelope envelope = three();
  envelope.accepted = kNow - kRetry.expire - Seconds(1);
  mail::DeliveryReport report;
  report.site = mail::SiteTrouble{mail::Step::end_of_data, Failure::refused, 421, "go away", false};
  const Actions actions = decide(envelope, std::vector<RecipientState>(3), report, kNow, kRetry, 0.5);
  EXPECT_TRUE(actions.done);
  ASSERT_EQ(actions.failed.size(), 3U);
  EXPECT_EQ(actions.verdicts[0].status.code, 421);
  EXPECT_EQ(actions.verdicts[0].status.enhanced, "4.4.7");
  EXPECT_NE(actions.verdicts[0].status.text.find("go away"), std::string::npos);
}

TEST(Decide, SpeaksOnlyOfThoseThatWait) {
  std::vector<RecipientState> states(3);
  states[0].last = answer(1);
  mail::DeliveryReport report;
  report.recipients = {answer(1), answer(3)};
  const Actions actions = decide(three(), states, report, kNow, kRetry, 0.5);
  ASSERT_EQ(actions.verdicts.size(), 2U);
  EXPECT_EQ(actions.verdicts[0].recipient, 1U);
  EXPECT_EQ(actions.verdicts[1].recipient, 2U);
  EXPECT_TRUE(actions.done);
}

TEST(Fold, KeepsTheLastWordAndNeverTakesASettledOneBack) {
  const std::vector<spool::LogLine> log = {{kNow, "a", *answer(2)},
                                           {kNow, "a", *answer(1)},
                                           {kNow, "a", *answer(2)},
                                           {kNow, "b", *answer(2)},
                                           {kNow, "x", *answer(3)}};
  const auto states = fold(three(), log);
  EXPECT_TRUE(states[0].settled());
  EXPECT_FALSE(states[1].settled());
  EXPECT_FALSE(states[2].last);
  EXPECT_EQ(pending(states), (std::vector<std::size_t>{1, 2}));
}

TEST(Bounce, IsNotWantedForTheNullSenderOrWhereNotifyForbidsIt) {
  mail::Envelope envelope = three();
  EXPECT_TRUE(wants_bounce(envelope, envelope.recipients[0]));
  envelope.recipients[0].notify = mail::kNotifyNever;
  EXPECT_FALSE(wants_bounce(envelope, envelope.recipients[0]));
  envelope.recipients[0].notify = mail::kNotifySuccess;
  EXPECT_FALSE(wants_bounce(envelope, envelope.recipients[0]));
  envelope.recipients[0].notify = mail::kNotifySuccess | mail::kNotifyFailure;
  EXPECT_TRUE(wants_bounce(envelope, envelope.recipients[0]));
  envelope.sender.clear();
  EXPECT_FALSE(wants_bounce(envelope, envelope.recipients[1]));
}

}  // namespace
}  // namespace postern::queue
