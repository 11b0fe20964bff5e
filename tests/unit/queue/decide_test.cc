#include "queue/decide.h"
#include "queue/schedule.h"

#include "given.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>

namespace postern::queue {
namespace {

mail::SiteTrouble cut_off() {
  mail::SiteTrouble trouble{mail::Step::end_of_data, Failure::refused, 421, "mx: the server closes: \"421 go away\""};
  trouble.in_transaction = true;
  return trouble;
}

mail::Envelope three() {
  mail::Envelope envelope;
  envelope.accepted = kNow - Seconds(100);
  envelope.sender = "alice@example.com";
  envelope.recipients.resize(3);
  for (std::size_t i = 0; i < 3; ++i) envelope.recipients[i].address = std::string(1, static_cast<char>('a' + i));
  return envelope;
}

/// No gap is known.
Moment at(const mail::Envelope& envelope, WallTime now) { return {now, now - envelope.accepted}; }

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
    if (mode == 3) report.site = cut_off();
    const std::vector<RecipientState> states(3);
    const Actions actions = decide(envelope, states, report, at(envelope, kNow), kRetry, 0.5);

    std::set<std::size_t> settled;
    for (const Finding& one : actions.findings) {
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
    for (const Finding& one : actions.findings) {
      EXPECT_EQ(one.notice == Notice::failed, one.status.verdict == mail::Verdict::failed) << code;
    }
    if (code % 64 == 0 && mode == 1) {
      EXPECT_TRUE(actions.findings.empty()) << "trouble of the site writes nothing";
      EXPECT_FALSE(actions.store_next);
      EXPECT_EQ(actions.next, kNow);
    }
    if (!actions.done && mode != 1) {
      const Moment moment = at(envelope, kNow);
      EXPECT_EQ(actions.next, next_attempt(moment, kRetry, 0.5)) << "the message's own schedule";
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
  const Actions actions = decide(three(), states, report, at(three(), kNow), kRetry, 0.5);
  const auto log = log_lines(three(), actions.findings, kNow);
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0].recipient, "b");
  EXPECT_EQ(log[1].recipient, "c");
}

TEST(Decide, ExpiresInTheWordsOfTheSiteWhatNoTransactionSurvives) {
  mail::Envelope envelope = three();
  envelope.accepted = kNow - kRetry.expire - Seconds(1);
  mail::DeliveryReport report;
  report.site = cut_off();
  const Actions actions = decide(envelope, std::vector<RecipientState>(3), report, at(envelope, kNow), kRetry, 0.5);
  EXPECT_TRUE(actions.done);
  ASSERT_EQ(actions.findings.size(), 3U);
  EXPECT_EQ(actions.findings[2].notice, Notice::failed);
  EXPECT_EQ(mail::to_text(actions.findings[0].status),
            "4.4.7 expired after 5d; last: mx: the server closes: \"421 go away\"");
}

TEST(Decide, WhatExpiredKeepsTheLastAnswerAsItWasReceived) {
  mail::Envelope envelope = three();
  envelope.accepted = kNow - kRetry.expire - Seconds(1);
  mail::DeliveryReport report;
  report.recipients = {answer(2), mail::Status{mail::Verdict::deferred, 0, "", "4.2 of us; last: resort"}, answer(3)};
  const Actions actions = decide(envelope, std::vector<RecipientState>(3), report, at(envelope, kNow), kRetry, 0.5);
  ASSERT_EQ(actions.findings.size(), 3U);
  EXPECT_EQ(actions.findings[0].status.text, "expired after 5d; last: 4.3.0 later") << "as it stands in the file";
  const auto first = expiry_of(actions.findings[0].status);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->after, "5d");
  EXPECT_EQ(mail::to_text(first->last), "451 4.3.0 later");
  const auto second = expiry_of(actions.findings[1].status);
  ASSERT_TRUE(second);
  EXPECT_EQ(mail::to_text(second->last), "4.2 of us; last: resort");
  EXPECT_FALSE(expiry_of(actions.findings[2].status));
  const auto old = expiry_of({mail::Verdict::failed, 451, "4.4.7", "expired after 2d12h; last: come back tomorrow"});
  ASSERT_TRUE(old) << "written before the enhanced code was";
  EXPECT_EQ(old->after, "2d12h");
  EXPECT_EQ(mail::to_text(old->last), "451 come back tomorrow");
  EXPECT_FALSE(expiry_of({mail::Verdict::failed, 550, "5.4.7", "expired after 5d; last: a server's words"}));
}

TEST(Decide, SpeaksOnlyOfThoseThatWait) {
  std::vector<RecipientState> states(3);
  states[0].last = answer(1);
  mail::DeliveryReport report;
  report.recipients = {answer(1), answer(3)};
  const Actions actions = decide(three(), states, report, at(three(), kNow), kRetry, 0.5);
  ASSERT_EQ(actions.findings.size(), 2U);
  EXPECT_EQ(actions.findings[0].recipient, 1U);
  EXPECT_EQ(actions.findings[1].recipient, 2U);
  EXPECT_TRUE(actions.done);
}

mail::Status refused_in_doubt(const std::string& text = "policy") {
  return mail::Status{mail::Verdict::deferred, 550, "5.7.1", text, true};
}

/// One recipient, refused in doubt again and again; what its log tells after each time.
struct Refused {
  Refused() { envelope.recipients.resize(1); }
  Actions again(WallTime now, Evidence evidence, const std::string& text = "policy") {
    mail::DeliveryReport report;
    report.recipients = {refused_in_doubt(text)};
    Actions actions = decide(envelope, fold(envelope, log), report, at(envelope, now), kRetry, 0.5, evidence);
    for (spool::LogLine& line : log_lines(envelope, actions.findings, now)) log.push_back(std::move(line));
    return actions;
  }
  mail::Envelope envelope = three();
  std::vector<spool::LogLine> log;
};

TEST(Decide, ADoubtfulRefusalFailsByCountTimeAndProofAndByNoTwoOfThem) {
  for (const unsigned refusals : {1U, 2U, 3U, 4U, 7U}) {
    for (const Seconds over : {Seconds(0), kProvingTime - Seconds(1), kProvingTime, kProvingTime + Seconds(1)}) {
      for (const int taken : {-2, -1, 0, 1}) {  // never, before, with and after the first refusal
        Refused one;
        const Evidence evidence = taken == -2 ? Evidence{} : Evidence{kNow + Milliseconds(taken)};
        Actions actions;
        for (unsigned i = 0; i < refusals; ++i) {
          actions = one.again(i + 1 < refusals || i == 0 ? kNow : kNow + over, evidence);
          ASSERT_FALSE(actions.done && i + 1 < refusals);
        }
        const bool fails = refusals >= 3 && over >= kProvingTime && taken == 1;
        ASSERT_EQ(actions.findings.size(), 1U);
        const mail::Status& status = actions.findings[0].status;
        EXPECT_EQ(actions.done, fails) << refusals << " " << over.count() << " " << taken;
        EXPECT_EQ(status.verdict == mail::Verdict::failed, fails);
        EXPECT_EQ(mail::to_text(status), "550 5.7.1 policy") << "the server's words";
        EXPECT_EQ(actions.findings[0].notice == Notice::failed, fails);
        if (!fails) {
          EXPECT_TRUE(standing_of(fold(one.envelope, one.log)).doubtful);
        }
      }
    }
  }
}

TEST(Decide, DoubtIsCountedOverRestartsAndItsLogDoesNotGrow) {
  Refused one;
  for (int i = 0; i < 50; ++i) (void)one.again(kNow + i * Seconds(60), {});
  ASSERT_EQ(one.log.size(), kProvingRefusals);
  for (const spool::LogLine& line : one.log) EXPECT_EQ(line.note, spool::Note::doubtful);
  (void)one.again(kNow + Seconds(9000), {}, "another reason");
  EXPECT_EQ(one.log.size(), kProvingRefusals + 1);
  const auto states = fold(one.envelope, one.log);
  EXPECT_EQ(states[0].refused_since, kNow);
  EXPECT_TRUE(states[0].last->doubtful);
  EXPECT_TRUE(one.again(kNow + Seconds(9060), Evidence{kNow + Seconds(1)}).done);
}

TEST(Decide, WithoutProofDoubtEndsWithTheAgeLimitAlone) {
  Refused one;
  for (int day = 0; day < 5; ++day) EXPECT_FALSE(one.again(kNow + day * Seconds(86400), {}).done);
  const Actions actions = one.again(one.envelope.accepted + kRetry.expire + Seconds(1), {});
  EXPECT_TRUE(actions.done);
  EXPECT_EQ(actions.findings[0].status.enhanced, "4.4.7");
  const auto expiry = expiry_of(actions.findings[0].status);
  ASSERT_TRUE(expiry);
  EXPECT_EQ(mail::to_text(expiry->last), "550 5.7.1 policy");
}

TEST(Decide, OfDoubtTheSenderHearsAfterAnHourAndTheLogKeepsBoth) {
  for (const Seconds warn_after : {Seconds(0), Seconds(600), kDoubtWarning, kRetry.warn_after}) {
    for (const Seconds age : {Seconds(599), Seconds(601), kDoubtWarning, kDoubtWarning + Seconds(1)}) {
      Retry retry = kRetry;
      retry.warn_after = warn_after;
      mail::Envelope envelope = three();
      envelope.accepted = kNow - age;
      mail::DeliveryReport report;
      report.recipients.assign(3, refused_in_doubt());
      std::vector<RecipientState> states(3);
      states[1].doubtful = 9;
      states[1].last = refused_in_doubt();
      Actions actions = decide(envelope, states, report, at(envelope, kNow), retry, 0.5);
      const bool told = warn_after > Seconds(0) && age > std::min(kDoubtWarning, warn_after);
      EXPECT_EQ(actions.findings[0].notice == Notice::delayed, told);
      actions.findings[1].note = spool::Note::warned;  // as it is once the report is stored
      auto log = log_lines(envelope, actions.findings, kNow);
      ASSERT_EQ(log.size(), 4U);
      const auto folded = fold(envelope, log);
      EXPECT_TRUE(folded[1].warned);
      EXPECT_TRUE(folded[1].last->doubtful);
    }
  }
}

TEST(Decide, WhateverTheBackOffADoubtfulMessageIsTriedWhenItsWarningIsDue) {
  Retry retry = kRetry;
  retry.min = retry.max = Seconds(6 * 60 * 60);
  for (Seconds age{0}; age < 2 * kDoubtWarning; age += Seconds(300)) {
    for (const bool warned : {false, true}) {
      mail::Envelope envelope = three();
      envelope.accepted = kNow - age;
      mail::DeliveryReport report;
      report.recipients.assign(3, refused_in_doubt());
      std::vector<RecipientState> states(3);
      for (RecipientState& state : states) state.warned = warned;
      const Actions actions = decide(envelope, states, report, at(envelope, kNow), retry, 0.5);
      const WallTime due = envelope.accepted + kDoubtWarning + Seconds(1);
      const bool soon = !warned && age < kDoubtWarning;
      EXPECT_EQ(actions.next, soon ? due : next_attempt(at(envelope, kNow), retry, 0.5)) << age.count() << warned;
      if (!soon) continue;
      const Actions then = decide(envelope, states, report, at(envelope, actions.next), retry, 0.5);
      EXPECT_EQ(then.findings[0].notice, Notice::delayed);
    }
  }
}

TEST(Decide, ASendersTroubleIsWrittenNowhereUntilTheAgeLimit) {
  mail::DeliveryReport report;
  report.recipients.resize(3);
  report.sender = mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 not owned"};
  for (const Seconds age : {Seconds(0), kRetry.warn_after + Seconds(1), kRetry.expire, kRetry.expire + Seconds(1)}) {
    mail::Envelope envelope = three();
    envelope.accepted = kNow - age;
    const Actions actions = decide(envelope, std::vector<RecipientState>(3), report, at(envelope, kNow), kRetry, 0.5);
    EXPECT_EQ(actions.done, age > kRetry.expire);
    if (actions.done) continue;
    EXPECT_TRUE(actions.findings.empty());
    EXPECT_FALSE(actions.store_next);
    EXPECT_EQ(actions.next, kNow);
  }
}

TEST(Decide, WhatWasSaidOfALoginIsNotForSenders) {
  mail::DeliveryReport report;
  report.recipients.resize(3);
  Evidence held;
  held.held = true;
  for (const int code : {0, 535}) {
    report.site =
        mail::SiteTrouble{mail::Step::auth, Failure::denied, code,
                          "mx: cannot log in: https://login.example.com/token refused: invalid_grant (secret)"};
    for (const Seconds age : {kRetry.warn_after + Seconds(1), kRetry.expire + Seconds(1)}) {
      mail::Envelope envelope = three();
      envelope.accepted = kNow - age;
      const std::vector<RecipientState> states(3);
      const Actions actions = decide(envelope, states, report, at(envelope, kNow), kRetry, 0.5, held);
      ASSERT_EQ(actions.findings.size(), 3U);
      for (const Finding& one : actions.findings) {
        EXPECT_EQ(one.status.text.find("secret"), std::string::npos) << one.status.text;
        EXPECT_EQ(one.status.text.find("login.example.com"), std::string::npos) << one.status.text;
        EXPECT_NE(one.status.text.find("there is no login at the smarthost"), std::string::npos) << one.status.text;
        EXPECT_EQ(one.status.text.find("(535)") != std::string::npos, code != 0) << one.status.text;
      }
    }
  }
}

TEST(Decide, WhatWasSaidOfOthersNamesNoneOfTheirAddresses) {
  mail::DeliveryReport report;
  report.recipients.resize(3);
  const mail::SiteTrouble trouble{mail::Step::rcpt, Failure::denied, 550,
                                  "mx: \"550 5.7.1 <secret@other.example>: no mail of <alice@example.com>\""};
  mail::Envelope envelope = three();
  envelope.sender = "alice@example.com";
  Evidence held;
  held.held = true;
  for (auto* whose : {&report.sender, &report.site}) {
    *whose = trouble;
    for (const Seconds age : {kRetry.warn_after + Seconds(1), kRetry.expire + Seconds(1)}) {
      envelope.accepted = kNow - age;
      const std::vector<RecipientState> states(3);
      for (const Finding& one : decide(envelope, states, report, at(envelope, kNow), kRetry, 0.5, held).findings) {
        EXPECT_EQ(one.status.text.find("secret"), std::string::npos) << one.status.text;
        EXPECT_NE(one.status.text.find("\"550 5.7.1 <...>: no mail of <alice@example.com>"), std::string::npos)
            << one.status.text;
      }
      EXPECT_EQ(decide(envelope, states, report, at(envelope, kNow), kRetry, 0.5, held).findings.size(), 3U);
    }
    whose->reset();
  }
}

TEST(Decide, TroubleInATransactionIsChargedToItsMessage) {
  mail::DeliveryReport report;
  report.recipients.resize(3);
  report.site = cut_off();
  const Actions actions = decide(three(), std::vector<RecipientState>(3), report, at(three(), kNow), kRetry, 0.5);
  ASSERT_EQ(actions.findings.size(), 3U);
  EXPECT_EQ(actions.findings[0].status.verdict, mail::Verdict::deferred);
  EXPECT_EQ(mail::to_text(actions.findings[0].status), "mx: the server closes: \"421 go away\"") << "the code once";
  EXPECT_TRUE(actions.findings[0].news && actions.store_next);
  EXPECT_GT(actions.next, kNow);
  report.site->in_transaction = false;
  EXPECT_TRUE(decide(three(), std::vector<RecipientState>(3), report, at(three(), kNow), kRetry, 0.5).findings.empty())
      << "a quota, say";
}

TEST(Decide, WhatMayHaveArrivedIsKnownOverRestartsWhateverComesAfter) {
  mail::DeliveryReport report;
  report.recipients.resize(3);
  report.uncertain = true;
  const Actions actions = decide(three(), std::vector<RecipientState>(3), report, at(three(), kNow), kRetry, 0.5);
  auto log = log_lines(three(), actions.findings, kNow);
  log.push_back({kNow, "a", *answer(2)});
  log.push_back({kNow, "b", *answer(1)});
  log.push_back({kNow, "c", *answer(1)});
  EXPECT_TRUE(standing_of(fold(three(), log)).uncertain);
  log.push_back({kNow, "a", *answer(1)});
  EXPECT_FALSE(standing_of(fold(three(), log)).uncertain);
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

TEST(Fold, KnowsWhatIsOwedUntilThePlainVerdictFollows) {
  std::vector<spool::LogLine> log = {{kNow, "a", *answer(3), spool::Note::untold},
                                     {kNow - Seconds(9), "b", *answer(1), spool::Note::untold},
                                     {kNow, "c", *answer(2), spool::Note::warned},
                                     {kNow, "c", *answer(2)}};
  auto states = fold(three(), log);
  EXPECT_EQ(owed_since(states), kNow - Seconds(9));
  EXPECT_EQ(pending(states), std::vector<std::size_t>{2});
  EXPECT_TRUE(states[2].warned);
  EXPECT_FALSE(states[0].warned);
  log.push_back({kNow, "b", *answer(3)});  // another verdict: not ours
  EXPECT_EQ(owed_since(fold(three(), log)), kNow - Seconds(9));
  log.push_back({kNow, "b", *answer(1)});
  EXPECT_EQ(owed_since(fold(three(), log)), kNow);
  log.push_back({kNow, "a", *answer(3)});
  states = fold(three(), log);
  EXPECT_FALSE(owed_since(states));
  EXPECT_TRUE(states[0].settled() && states[1].settled());
}

TEST(Decide, Q13_TheSenderIsWarnedOnceAndOnlyOfWhatTheServerPutsOff) {
  mail::DeliveryReport report;
  report.recipients.assign(3, answer(2));
  std::vector<RecipientState> states(3);
  states[1].warned = true;
  for (const Seconds age : {kRetry.warn_after, kRetry.warn_after + Seconds(1)}) {
    mail::Envelope envelope = three();
    envelope.accepted = kNow - age;
    envelope.recipients[2].notify = mail::kNotifyFailure;
    const Actions actions = decide(envelope, states, report, at(envelope, kNow), kRetry, 0.5);
    ASSERT_EQ(actions.findings.size(), 3U);
    EXPECT_EQ(actions.findings[0].notice, age > kRetry.warn_after ? Notice::delayed : Notice::none);
    EXPECT_EQ(actions.findings[1].notice, Notice::none) << "once";
    EXPECT_EQ(actions.findings[2].notice, Notice::none) << "not asked for";
    Retry never = kRetry;
    never.warn_after = Seconds(0);
    EXPECT_EQ(decide(envelope, states, report, at(envelope, kNow), never, 0.5).findings[0].notice, Notice::none);
    report.site = trouble();
    report.recipients.assign(3, std::nullopt);
    EXPECT_TRUE(decide(envelope, states, report, at(envelope, kNow), kRetry, 0.5).findings.empty());
    report.site.reset();
    report.recipients.assign(3, answer(2));
  }
}

// P40, P42: whatever the clock does, what ends a message is an attempt that fails after its age limit.
TEST(Decide, P40_OnlyAnAttemptAfterTheAgeLimitExpiresWhateverTheClockSays) {
  constexpr Seconds kDay{86400};
  for (const Seconds jump : {-3650 * kDay, -kDay, Seconds(-3600), Seconds(0), Seconds(3600), kDay, 3650 * kDay}) {
    const WallTime now = kNow + jump;
    for (const mail::Step step : {mail::Step::resolve, mail::Step::connect, mail::Step::greeting, mail::Step::ehlo,
                                  mail::Step::tls, mail::Step::auth}) {
      mail::DeliveryReport report;
      report.recipients.resize(3);
      report.site = mail::SiteTrouble{step, Failure::refused, 0, "no", false};
      const Actions actions = decide(three(), std::vector<RecipientState>(3), report, at(three(), now), kRetry, 0.5);
      EXPECT_TRUE(actions.findings.empty()) << "the message was not offered to anybody";
      EXPECT_FALSE(actions.done);
    }
    mail::DeliveryReport report;
    report.recipients.assign(3, answer(2));
    const Actions actions = decide(three(), std::vector<RecipientState>(3), report, at(three(), now), kRetry, 0.5);
    EXPECT_EQ(actions.done, jump > kRetry.expire);
    if (actions.done) continue;
    EXPECT_GT(actions.next, now) << "no busy retry";
    EXPECT_LE(actions.next, now + kRetry.max + kRetry.max / 10) << "not parked for years";
    EXPECT_EQ(believable(actions.next, now, kRetry), actions.next);
    EXPECT_EQ(believable(actions.next, now - 3650 * kDay, kRetry), now - 3650 * kDay) << "due now";
  }
}

mail::Envelope with_slips() {
  mail::Envelope envelope = three();
  envelope.unread = {"Web Team (sales", "<>"};
  return envelope;
}

TEST(Decide, WhatCouldNotBeReadIsToldWithTheFirstAttemptWhateverComesOfIt) {
  for (std::size_t kind = 0; kind < 4; ++kind) {
    for (const bool down : {false, true}) {
      const mail::Envelope envelope = with_slips();
      const std::vector<RecipientState> states = fold(envelope, {});
      ASSERT_EQ(states.size(), 5U);
      EXPECT_EQ(pending(states), (std::vector<std::size_t>{0, 1, 2})) << "nobody tries to deliver to it";
      EXPECT_FALSE(owed_since(states));
      mail::DeliveryReport report;
      for (int i = 0; i < 3; ++i) report.recipients.push_back(answer(kind));
      if (down) report.site = trouble();
      const Actions actions = decide(envelope, states, report, at(envelope, kNow), kRetry, 0.5);
      ASSERT_GE(actions.findings.size(), 2U);
      for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(actions.findings[i].recipient, 3 + i);
        EXPECT_EQ(actions.findings[i].notice, Notice::failed);
        EXPECT_EQ(actions.findings[i].status.enhanced, "5.1.3");
        EXPECT_EQ(unread_text(envelope, 3 + i), envelope.unread[i]);
      }
      EXPECT_EQ(actions.durability, spool::Durability::synced);
      EXPECT_EQ(actions.done, kind == 1 || kind == 3);
      // Once: with its log the message says nothing more of it.
      const std::vector<RecipientState> later = fold(envelope, log_lines(envelope, actions.findings, kNow));
      const Actions again = decide(envelope, later, report, at(envelope, kNow), kRetry, 0.5);
      for (const Finding& one : again.findings) EXPECT_LT(one.recipient, 3U);
      EXPECT_FALSE(owed_since(later));
    }
  }
}

TEST(Decide, WhatCouldNotBeReadIsOwedWhereTheSenderCouldNotBeToldYet) {
  const mail::Envelope envelope = with_slips();
  mail::DeliveryReport report;
  report.recipients.assign(3, answer(1));
  Actions actions = decide(envelope, fold(envelope, {}), report, at(envelope, kNow), kRetry, 0.5);
  for (Finding& one : actions.findings) {
    if (one.notice == Notice::failed) one.note = spool::Note::untold;
  }
  std::vector<spool::LogLine> log = log_lines(envelope, actions.findings, kNow);
  EXPECT_EQ(owed_since(fold(envelope, log)), kNow);
  EXPECT_TRUE(fold(envelope, log)[3].untold && fold(envelope, log)[4].untold);
  log.push_back({kNow + Seconds(60), {}, *fold(envelope, log)[3].last, spool::Note::none});
  EXPECT_FALSE(owed_since(fold(envelope, log))) << "the digest told of it";
}

TEST(Decide, WhatCouldNotBeReadHasTheNotifyThatSendmailGaveAll) {
  mail::Envelope envelope = with_slips();
  for (mail::Recipient& one : envelope.recipients) one.notify = mail::kNotifyNever;
  mail::DeliveryReport report;
  report.recipients.assign(3, answer(1));
  const Actions actions = decide(envelope, fold(envelope, {}), report, at(envelope, kNow), kRetry, 0.5);
  EXPECT_EQ(actions.findings.front().recipient, 3U);
  EXPECT_EQ(actions.findings.front().notice, Notice::none);
}

}  // namespace
}  // namespace postern::queue
