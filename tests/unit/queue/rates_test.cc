// The limits of a smarthost as the queue keeps them.
#include "queue/rates.h"

#include "queue/rate_file.h"
#include "queue_fixture.h"
#include "support/expected_log.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

using testing::HasSubstr;

std::vector<SiteConfig> limited(RateLimits limits, unsigned connections = 4) {
  SiteOptions options;
  options.connections = connections;
  options.rate = std::move(limits);
  return {SiteConfig{"main", options}};
}

RateLimit messages(unsigned most, RateLimit::Per per = RateLimit::Per::hour) {
  return {RateLimit::Of::messages, per, most};
}
RateLimit recipients(unsigned most, RateLimit::Per per = RateLimit::Per::hour) {
  return {RateLimit::Of::recipients, per, most};
}

class RatesTest : public QueueTest {
 protected:
  void open_limited(RateLimits limits) {
    close();
    open(limited(std::move(limits)));
  }
};

TEST_F(RatesTest, WhatGoesBeyondTheLimitWaitsWithoutAnAttempt) {
  open_limited({messages(3)});
  for (int i = 0; i < 10; ++i) accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.attempts, 3U);
  EXPECT_EQ(queue->totals().waiting, 7U);
  EXPECT_EQ(queue->totals().active, 0U);
  const SiteStatus status = queue->sites()[0];
  EXPECT_FALSE(status.trouble);
  ASSERT_TRUE(status.limited);
  EXPECT_GE(status.limited->until, clock.wall() + Seconds(3600));
  const std::vector<Entry> all = listed();
  ASSERT_EQ(all.size(), 7U);
  for (const Entry& entry : all) {
    EXPECT_EQ(entry.reason, "waits for the hourly limit (3 messages/hour)");
    EXPECT_EQ(entry.next, status.limited->until);
  }
  pass(status.limited->until - clock.wall() - Milliseconds(1));
  EXPECT_EQ(host.attempts, 3U);
  pass(Milliseconds(1));
  EXPECT_EQ(host.attempts, 6U);
}

TEST_F(RatesTest, SeveralConnectionsAreWithinTheLimitTogether) {
  const test::ExpectLog announced("site down");
  host.trouble = site_trouble();
  open_limited({messages(5)});
  for (int i = 0; i < 20; ++i) accept(envelope({"bob@example.net"}));
  host.trouble.reset();
  queue->retry_all(Probe::forced);
  pass(Seconds(1));
  EXPECT_EQ(host.got.size(), 5U);
}

TEST_F(RatesTest, RefusedOnesCount) {
  const test::ExpectLog announced("kept in failed/");
  host.answers["bob@example.net"] = refused();
  open_limited({recipients(3)});
  for (int i = 0; i < 5; ++i) accept(envelope({"bob@example.net"}, ""));
  EXPECT_EQ(host.attempts, 3U);
}

TEST_F(RatesTest, WhatNeverReachedTheServerDoesNotCount) {
  const test::ExpectLog announced("site down");
  host.trouble = site_trouble();
  open_limited({messages(2)});
  accept(envelope({"bob@example.net"}));
  for (int i = 0; i < 10; ++i) {
    queue->retry_all(Probe::forced);
    pass(Seconds(5));
  }
  EXPECT_GE(host.attempts, 10U);
  EXPECT_FALSE(queue->sites()[0].limited);
  host.trouble.reset();
  queue->retry_all(Probe::forced);
  pass(Seconds(5));
  EXPECT_EQ(host.got.size(), 1U);
}

TEST_F(RatesTest, AnotherNumberHoldsAtOnce) {
  open_limited({messages(3)});
  for (int i = 0; i < 10; ++i) accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.attempts, 3U);
  queue->configure(config(), limited({messages(8)}));
  settle();
  EXPECT_EQ(host.attempts, 8U);
  queue->configure(config(), limited({}));
  settle();
  EXPECT_EQ(host.attempts, 10U);
}

TEST_F(RatesTest, SmallOnesOvertakeOneThatDoesNotFit) {
  open_limited({recipients(10)});
  accept(envelope({"a@example.net", "b@example.net", "c@example.net", "d@example.net"}));
  const QueueId large = accept(envelope({"1@example.net", "2@example.net", "3@example.net", "4@example.net",
                                         "5@example.net", "6@example.net", "7@example.net", "8@example.net"}));
  accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.attempts, 2U);
  const Result<Entry> entry = run(loop, queue->find(large));
  EXPECT_THAT(entry->reason, HasSubstr("waits for the hourly limit"));
  EXPECT_EQ(queue->totals().active, 0U);
  pass(Seconds(3700));
  EXPECT_EQ(host.attempts, 3U);
  EXPECT_EQ(queue->totals().waiting, 0U);
}

/// Which site had how many attempts.
class TwoSitesTest : public RatesTest {
 protected:
  void open_two(RateLimits limits) {
    close();
    spool = *spool::Spool::open(disk, "spool");
    std::vector<SiteConfig> sites = limited(std::move(limits));
    sites.push_back(SiteConfig{"backup", {4}});
    queue = Queue::make(loop.get_executor(), *spool, pool, clock, config(), std::move(sites),
                        [this](mail::Message& message, const std::string& site) {
                          ++by[site];
                          return deliver_to(&host, &pool, &message);
                        });
    EXPECT_TRUE(run(loop, queue->start()));
    settle();
  }
  std::map<std::string, std::size_t> by;
};

TEST_F(TwoSitesTest, TheNextSmarthostTakesOverWhereALimitLastsLong) {
  for (const RateLimit::Per per : {RateLimit::Per::hour, RateLimit::Per::day}) {
    by.clear();
    open_two({messages(3, per)});
    for (int i = 0; i < 10; ++i) accept(envelope({"bob@example.net"}));
    EXPECT_EQ(by["main"], 3U);
    EXPECT_EQ(by["backup"], 7U);
    EXPECT_EQ(queue->totals().waiting, 0U);
    EXPECT_TRUE(queue->sites()[0].limited) << "it is still told";
    for (int i = 0; i < 26; ++i) pass(Seconds(3600));
    accept(envelope({"bob@example.net"}));
    EXPECT_EQ(by["main"], 4U) << "the first one again as soon as it may";
    close();
  }
}

TEST_F(TwoSitesTest, ALimitOfAMinuteIsWaitedForAndSoIsTheEndOfALongerOne) {
  open_two({messages(3, RateLimit::Per::minute)});
  for (int i = 0; i < 5; ++i) accept(envelope({"bob@example.net"}));
  EXPECT_EQ(by["backup"], 0U);
  for (int i = 0; i < 3; ++i) pass(Seconds(61));
  EXPECT_EQ(by["main"], 5U);
  by.clear();
  open_two({messages(3)});
  for (int i = 0; i < 3; ++i) accept(envelope({"bob@example.net"}));
  pass(queue->sites()[0].limited->until - clock.wall() - Seconds(4 * 60));
  accept(envelope({"bob@example.net"}));
  EXPECT_EQ(by["backup"], 0U);
  pass(Seconds(4 * 60));
  EXPECT_EQ(by["main"], 4U);
}

TEST_F(TwoSitesTest, OneThatDoesNotFitForLongGoesByTheNextAndSmallOnesByTheFirst) {
  open_two({recipients(10)});
  const std::vector<std::string> eight = {"1@example.net", "2@example.net", "3@example.net", "4@example.net",
                                          "5@example.net", "6@example.net", "7@example.net", "8@example.net"};
  accept(envelope(eight));
  accept(envelope(eight));
  accept(envelope({"bob@example.net"}));
  EXPECT_EQ(by["main"], 2U);
  EXPECT_EQ(by["backup"], 1U);
  EXPECT_EQ(queue->totals().waiting, 0U);
}

TEST_F(TwoSitesTest, WhatWasReroutedWaitsForTheLimitOfItsSite) {
  const test::ExpectLog down("site down");
  open_two({messages(1)});
  accept(envelope({"bob@example.net"}));
  host.trouble = site_trouble();
  const QueueId id = accept(envelope({"bob@example.net"}));
  ASSERT_TRUE(run(loop, queue->reroute(id, "main")));
  host.trouble.reset();
  pass(Seconds(600));
  EXPECT_TRUE(run(loop, queue->find(id)));
  pass(Seconds(3700));
  EXPECT_FALSE(run(loop, queue->find(id)));
  EXPECT_EQ(by["main"], 2U);
}

TEST_F(RatesTest, AMessageInSeveralTransactionsCountsAsSoManyMessages) {
  Rates rates(clock);
  rates.configure(limited({messages(12)}));
  ASSERT_FALSE(rates.take("main", QueueId(), 30));
  DeliveryReport report;
  report.recipients.assign(30, delivered());
  report.transactions = 10;
  rates.ended("main", report, 30);
  EXPECT_FALSE(rates.take("main", QueueId(), 1));
  EXPECT_FALSE(rates.take("main", QueueId(), 1));
  EXPECT_TRUE(rates.take("main", QueueId(), 1));
}

TEST_F(RatesTest, AClockThatIsSetAfterTheStartForgetsNoLimit) {
  // A machine without a battery clock: years behind at the start, and set while one message has gone.
  open_limited({messages(3, RateLimit::Per::day)});
  for (int i = 0; i < 2; ++i) accept(envelope({"bob@example.net"}));
  clock.jump_wall(-Seconds(86'400) * 3000);
  pass(Seconds(1));
  accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.attempts, 3U);
  pass(Seconds(60));
  clock.jump_wall(Seconds(86'400) * 3000);
  pass(Seconds(1));
  accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.attempts, 3U) << "the limit of the day is used up";
  for (int i = 0; i < 26; ++i) pass(Seconds(3600));
  EXPECT_EQ(std::ranges::count(host.got, "bob@example.net"), 4) << "beside the word of the delay";
}

TEST_F(RatesTest, OneThatIsLargerThanTheLimitGoesInPartsAndLeavesAQuarter) {
  open_limited({recipients(3)});
  accept(envelope({"bob@example.net"}));
  const QueueId id =
      accept(envelope({"1@example.net", "2@example.net", "3@example.net", "4@example.net", "5@example.net"}));
  const auto of_large = [this] {
    return std::ranges::count_if(host.got, [](const std::string& to) { return to.size() == 13 && to[0] <= '9'; });
  };
  EXPECT_EQ(of_large(), 1) << "beside the other one";
  EXPECT_EQ(queue->totals().active, 0U);
  auto before = of_large();
  for (int i = 0; i < 24; ++i) {
    accept(envelope({"carol@example.net"}));
    pass(Seconds(3661));
    EXPECT_LE(of_large() - before, 2);
    before = of_large();
  }
  EXPECT_EQ(of_large(), 5) << "each once";
  EXPECT_FALSE(run(loop, queue->find(id)));
}

std::vector<std::string> numbered(int count) {
  std::vector<std::string> addresses;
  for (int i = 0; i < count; ++i) addresses.push_back(std::to_string(i) + "@example.net");
  return addresses;
}

TEST_F(RatesTest, AnAttemptForAPartThatMetATroubleDeferredThatPartAlone) {
  const test::ExpectLog down("site down");
  host.trouble = site_trouble();
  open_limited({recipients(10)});
  accept(envelope(numbered(100)));
  EXPECT_EQ(host.attempts, 1U);
  EXPECT_EQ(queue->totals().deferred, 8U) << "a quarter is left to others";
}

TEST_F(RatesTest, OneThatNeedsNearlyAllOfALimitGoesHoweverMuchSmallMailThereIs) {
  for (const int large : {80, 120}) {
    SCOPED_TRACE(large);
    open_limited({recipients(100)});
    for (int i = 0; i < 100; ++i) accept(envelope({"bob@example.net"}));
    const QueueId id = accept(envelope(numbered(large)));
    int hours = 0;
    for (; hours < 16 && run(loop, queue->find(id)); ++hours) {
      for (int i = 0; i < 60; ++i) {
        pass(Seconds(60));
        for (int each = 0; each < 2; ++each) accept(envelope({"bob@example.net"}));
      }
    }
    EXPECT_LE(hours, 12) << "some of them are those of the small mail before it";
  }
}

TEST_F(RatesTest, MessagesToManyNeverTakeWhatTheAlertsOfOthersNeed) {
  const auto written_by = [](std::uint32_t uid, const std::vector<std::string>& to) {
    mail::Envelope one = envelope(to);
    one.source.uid = uid;
    return one;
  };
  for (const int many : {60, 100, 150}) {
    SCOPED_TRACE(many);
    open_limited({recipients(100, RateLimit::Per::day)});
    host.got.clear();
    std::size_t alerts = 0;
    const auto went = [this] { return std::ranges::count(host.got, "root@example.net"); };
    for (int days = 0; days < 8 && !HasFailure(); ++days) {
      accept(written_by(1000, numbered(many)));
      for (int i = 0; i < 12; ++i) {
        accept(written_by(0, {"root@example.net"}));
        ++alerts;
        pass(Seconds(2 * 3600));
        EXPECT_EQ(static_cast<std::size_t>(went()), alerts) << days << ' ' << i;
      }
    }
    EXPECT_GE(host.got.size(), 8U * 60) << "nor do these stand still";
  }
}

TEST_F(RatesTest, TheSenderOfWhatWaitsForAUsedUpLimitIsToldAndItEndsInItsName) {
  Config brief = config();
  brief.retry.expire = Seconds(18 * 3600);
  queue->configure(brief, limited({messages(3, RateLimit::Per::day)}));
  for (int i = 0; i < 3; ++i) accept(envelope({"bob@example.net"}));
  const QueueId id = accept(envelope({"bob@example.net"}));
  const auto reports = [this] {
    const std::vector<Entry> all = listed();
    return std::ranges::count_if(all, [](const Entry& entry) { return entry.sender.empty(); });
  };
  const auto hours = [this](int count) {
    for (int i = 0; i < count; ++i) pass(Seconds(3600));
  };
  hours(4);
  EXPECT_EQ(reports(), 0);
  hours(2);
  EXPECT_EQ(reports(), 1);
  hours(11);
  EXPECT_EQ(reports(), 1) << "told of the delay, once";
  const auto entry = run(loop, queue->find(id));
  ASSERT_TRUE(entry);
  hours(2);
  EXPECT_FALSE(run(loop, queue->find(id))) << "it ends";
}

TEST_F(RatesTest, WhatWaitsForALimitOfAMinuteHasItsTurnHoweverOldItIs) {
  const test::ExpectLog down("site down");
  Config brief = config();
  brief.retry.expire = Seconds(3600);
  host.trouble = site_trouble();
  open_limited({messages(1, RateLimit::Per::minute)});
  queue->configure(brief, limited({messages(1, RateLimit::Per::minute)}));
  for (int i = 0; i < 5; ++i) accept(envelope({"bob@example.net"}));
  for (int i = 0; i < 8; ++i) pass(Seconds(3600));
  host.trouble.reset();
  queue->retry_all(Probe::forced);
  for (int i = 0; i < 12; ++i) pass(Seconds(61));
  EXPECT_EQ(std::ranges::count(host.got, "bob@example.net"), 5);
}

TEST_F(RatesTest, TheSenderOfOneThatIsOvertakenIsToldAndItEndsInTheNameOfTheLimit) {
  Config brief = config();
  brief.retry.expire = Seconds(18 * 3600);
  queue->configure(brief, limited({recipients(100, RateLimit::Per::day)}));
  for (int i = 0; i < 60; ++i) accept(envelope({"bob@example.net"}));
  const QueueId id = accept(envelope(numbered(95)));
  const auto hours = [&](int count) {
    for (int i = 0; i < count; ++i) {
      pass(Seconds(3600));
      for (int each = 0; each < 2; ++each) accept(envelope({"bob@example.net"}));
    }
  };
  const auto reports = [this] {
    return std::ranges::count_if(host.texts, [](const std::string& text) {
      // The lines of a report are folded.
      return text.find("auto-replied") != std::string::npos && text.find("recipients/day)") != std::string::npos;
    });
  };
  hours(4);
  EXPECT_EQ(reports(), 0);
  hours(2);
  EXPECT_EQ(reports(), 1);
  hours(11);
  EXPECT_EQ(reports(), 1) << "told of the delay, once";
  EXPECT_TRUE(run(loop, queue->find(id)));
  hours(2);
  EXPECT_FALSE(run(loop, queue->find(id))) << "it ends";
  EXPECT_EQ(reports(), 2);
}

class RateFileTest : public testing::Test {
 protected:
  [[nodiscard]] Rates opened(boost::asio::io_context& loop, RateKeeper& keeper, RateLimits limits) {
    Rates rates(clock_);
    rates.keep_in(loop.get_executor(), keeper);
    rates.configure(limited(std::move(limits)));
    return rates;
  }
  test::FakeClock clock_;
  test::ScratchDir dir_;
  boost::asio::io_context loop_;
};

TEST_F(RateFileTest, WhatWasCountedIsKeptOverARestart) {
  for (int run = 0; run < 3; ++run) {
    spool::DiskPool pool(1);
    RateFile file(pool, dir_.path());
    Rates rates = opened(loop_, file, {messages(3)});
    EXPECT_FALSE(rates.take("main", QueueId(), 1)) << run;
    rates.stop();
  }
  spool::DiskPool pool(1);
  RateFile file(pool, dir_.path());
  Rates rates = opened(loop_, file, {messages(3)});
  EXPECT_TRUE(rates.take("main", QueueId(), 1));
  clock_.advance(Seconds(4000));
  EXPECT_FALSE(rates.take("main", QueueId(), 1));
}

TEST_F(RateFileTest, WhereThereIsNoLimitNothingIsWritten) {
  {
    spool::DiskPool pool(1);
    RateFile file(pool, dir_.path());
    Rates rates = opened(loop_, file, {});
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(rates.take("main", QueueId(), 1));
    rates.stop();
  }
  EXPECT_FALSE(std::ifstream(dir_.path() + "/rates").good());
}

TEST_F(RateFileTest, WhatIsDamagedCountsAsNothing) {
  const test::ExpectLog announced("what was noted of the rates");
  std::ofstream(dir_.path() + "/rates") << "postern-rates 1\nday x 2 3 site=main\n";
  spool::DiskPool pool(1);
  RateFile file(pool, dir_.path());
  Rates rates = opened(loop_, file, {messages(1)});
  EXPECT_FALSE(rates.take("main", QueueId(), 1));
}

}  // namespace
}  // namespace postern::queue
