// The queue's pure parts: schedule, index, site, decide.
#include "queue/decide.h"
#include "queue/free_space.h"
#include "queue/index.h"
#include "queue/schedule.h"
#include "queue/site.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace postern::queue {
namespace {

constexpr WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
const Retry kRetry;

TEST(Schedule, WaitsAsLongAsTheMessageIsOldWithinTheLimits) {
  const std::map<long, long> waits = {{0, 60}, {10, 60}, {60, 60}, {600, 600}, {3600, 3600}, {86400, 3600}, {-500, 60}};
  for (const auto& [age, wait] : waits) {
    EXPECT_EQ(next_attempt(kNow - Seconds(age), kNow, kRetry, 0.5), kNow + Seconds(wait)) << age;
  }
}

TEST(Schedule, NeverGoesBackAndNeverIsFurtherThanTheLimitAllows) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const WallTime accepted = kNow - Milliseconds(static_cast<long>(random() % 2'000'000'000));
    const double jitter = static_cast<double>(random() % 1000) / 1000;
    const WallTime next = next_attempt(accepted, kNow, kRetry, jitter);
    ASSERT_GT(next, kNow);
    ASSERT_EQ(believable(next, kNow, kRetry), next);
    ASSERT_GE(next_attempt(accepted, kNow + Seconds(1), kRetry, jitter), next);
  }
}

TEST(Schedule, ATimeNoBackOffReachesIsDueNow) {
  EXPECT_EQ(believable(kNow + Seconds(4000), kNow, kRetry), kNow);
  EXPECT_EQ(believable(kNow + Seconds(3900), kNow, kRetry), kNow + Seconds(3900));
  EXPECT_EQ(believable(kNow - Seconds(4000), kNow, kRetry), kNow - Seconds(4000));
}

TEST(Room, KeepsAReserveOfBytesAndInodes) {
  EXPECT_TRUE(enough_room({kReservedBytes + 10, kReservedInodes}, 10));
  EXPECT_FALSE(enough_room({kReservedBytes + 9, kReservedInodes}, 10));
  EXPECT_FALSE(enough_room({kReservedBytes - 1, kReservedInodes}, 0));
  EXPECT_FALSE(enough_room({UINT64_MAX, kReservedInodes - 1}, 0));
  EXPECT_FALSE(enough_room({kReservedBytes, kReservedInodes}, UINT64_MAX));
}

TEST(TicketIndex, BehavesLikeASortedSetUnderRandomChanges) {
  std::mt19937_64 random(7);
  Index index;
  std::map<QueueId, Ticket> model;
  const auto any = [&] {
    return QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(kNow), random() % 200);
  };
  for (int step = 0; step < 10'000; ++step) {
    const QueueId id = any();
    const WallTime due = kNow + Seconds(random() % 100);
    switch (random() % 5) {
      case 0:
      case 1: {
        Ticket ticket;
        ticket.id = id;
        ticket.due = due;
        ASSERT_EQ(index.add(ticket), model.emplace(id, ticket).second);
        break;
      }
      case 2: ASSERT_EQ(index.remove(id), model.erase(id) == 1); break;
      case 3: {
        const auto phase = random() % 2 == 0 ? Ticket::Phase::active : Ticket::Phase::waiting;
        index.set(id, phase, due);
        if (const auto found = model.find(id); found != model.end()) {
          found->second.phase = phase;
          found->second.due = due;
        }
        break;
      }
      default:
        if (random() % 50 != 0) break;
        index.reschedule([](WallTime time) { return kNow + (kNow + Seconds(100) - time); });
        for (auto& [key, ticket] : model) {
          if (ticket.phase == Ticket::Phase::waiting) ticket.due = kNow + (kNow + Seconds(100) - ticket.due);
        }
    }
    const Ticket* first = nullptr;
    std::size_t waiting = 0;
    for (const auto& [key, ticket] : model) {
      if (ticket.phase != Ticket::Phase::waiting) continue;
      ++waiting;
      if (first == nullptr || ticket.due < first->due) first = &ticket;
    }
    ASSERT_EQ(index.size(), model.size());
    ASSERT_EQ(index.waiting(), waiting);
    ASSERT_EQ(index.first() == nullptr, first == nullptr);
    if (first != nullptr) {
      ASSERT_EQ(index.first()->id, first->id);
    }
  }
}

mail::SiteTrouble trouble() { return mail::SiteTrouble{mail::Step::connect, Failure::refused, 0, "refused", false}; }

class SiteTest : public testing::Test {
 protected:
  Site::Change attempt(const std::optional<mail::SiteTrouble>& outcome) {
    EXPECT_TRUE(site.accepts(now));
    const Site::Permit permit = site.started(now);
    return site.finished(permit, outcome, now, kNow, kRetry, 0.5);
  }
  Site site{SiteConfig{"main", 4}};
  SteadyTime now{Seconds(1000)};
};

TEST_F(SiteTest, TheBackOffDoublesUpToTheLimitAndEachStepHasOneProbe) {
  EXPECT_EQ(attempt(trouble()), Site::Change::down);
  for (const long wait : {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600}) {
    EXPECT_FALSE(site.accepts(now + Seconds(wait) - Milliseconds(1)));
    now += Seconds(wait);
    ASSERT_TRUE(site.accepts(now)) << wait;
    const Site::Permit permit = site.started(now);
    EXPECT_EQ(permit, Site::Permit::probe);
    EXPECT_FALSE(site.accepts(now)) << "only one probe";
    EXPECT_EQ(site.finished(permit, trouble(), now, kNow, kRetry, 0.5), Site::Change::none);
  }
  now += Seconds(3600);
  EXPECT_EQ(attempt(std::nullopt), Site::Change::up);
  EXPECT_TRUE(site.healthy());
  EXPECT_EQ(attempt(trouble()), Site::Change::down);
  EXPECT_EQ(*site.next_probe(), now + Seconds(5)) << "success forgets the steps";
}

TEST_F(SiteTest, ATroubleThatBecomesAnotherIsToldAgain) {
  EXPECT_EQ(attempt(trouble()), Site::Change::down);
  mail::SiteTrouble other = trouble();
  other.text = "530 authentication required";
  now = *site.next_probe();
  EXPECT_EQ(attempt(other), Site::Change::other_trouble);
  now = *site.next_probe();
  EXPECT_EQ(attempt(other), Site::Change::none);
}

TEST_F(SiteTest, ConnectionsThatFailTogetherAreOneTrouble) {
  const Site::Permit first = site.started(now);
  const Site::Permit second = site.started(now);
  const Site::Permit third = site.started(now);
  EXPECT_EQ(site.finished(first, trouble(), now, kNow, kRetry, 0.5), Site::Change::down);
  EXPECT_EQ(site.finished(second, trouble(), now, kNow, kRetry, 0.5), Site::Change::none);
  EXPECT_EQ(site.finished(third, std::nullopt, now, kNow, kRetry, 0.5), Site::Change::none);
  EXPECT_EQ(*site.next_probe(), now + Seconds(5));
  EXPECT_EQ(site.active(), 0U);
}

TEST_F(SiteTest, ARefusedLoginPausesAtLeastFiveMinutes) {
  mail::SiteTrouble refused = trouble();
  refused.login_refused = true;
  EXPECT_EQ(attempt(refused), Site::Change::down);
  EXPECT_GE(*site.next_probe(), now + kLoginPause);
}

TEST_F(SiteTest, AForcedProbeIsQuickButNotHammering) {
  (void)attempt(trouble());
  for (int i = 0; i < 100; ++i) site.force_probe(now);
  EXPECT_EQ(*site.next_probe(), now + kForcedProbeGap);
}

TEST_F(SiteTest, TakesNoMoreThanItsConnections) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(site.accepts(now));
    (void)site.started(now);
  }
  EXPECT_FALSE(site.accepts(now));
}

// decide(): every combination of three recipients' answers with every kind of report, before and after expiry.
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
  for (std::size_t code = 0; code < 64 * 3 * 2; ++code) {
    const std::size_t kinds[] = {code % 4, code / 4 % 4, code / 16 % 4};
    const std::size_t mode = code / 64 % 3;  // plain, site trouble, uncertain
    const bool old = code / 192 != 0;
    mail::Envelope envelope = three();
    if (old) envelope.accepted = kNow - kRetry.expire - Seconds(1);
    mail::DeliveryReport report;
    for (const std::size_t kind : kinds) report.recipients.push_back(answer(kind));
    if (mode == 1) report.site = trouble();
    report.uncertain = mode == 2;
    const std::vector<RecipientState> states(3);
    const Actions actions = decide(envelope, states, report, kNow, kRetry, 0.5);

    std::set<std::size_t> settled;
    for (const Verdict& one : actions.verdicts) {
      if (one.status.verdict != mail::Verdict::deferred) settled.insert(one.recipient);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const bool unanswered = kinds[i] == 0;
      const bool final_answer = kinds[i] == 1 || kinds[i] == 3;
      const bool expires = old && (kinds[i] == 2 || (unanswered && mode == 2));
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
    if (!actions.done && mode == 0) {
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
