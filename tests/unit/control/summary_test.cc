#include "control/summary.h"

#include "mail/advice.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <utility>

namespace postern::control {
namespace {

constexpr auto kConfig = "/etc/postern/postern.yaml";
const WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(15);

class VerdictTest : public testing::Test {
 protected:
  VerdictTest() {
    ::setenv("TZ", "UTC", 1);
    queue::SiteStatus site;
    site.name = "smtp.example.com";
    site.tried = true;
    sites.push_back(site);
  }

  void trouble(const std::string& text, bool login_refused = false) {
    mail::SiteTrouble trouble;
    trouble.text = text;
    trouble.login_refused = login_refused;
    sites[0].trouble = trouble;
  }

  void oldest(Seconds age) {
    totals.oldest = kNow - age;
    totals.oldest_age = age;
  }

  void expect(int exit, const std::string& text) const {
    const Summary summary = sum_up(totals, sites, kConfig, kNow);
    EXPECT_EQ(first_line(summary), text);
    EXPECT_EQ(summary.exit, exit);
  }

  /// Host, words, then what to do, which is given for the site at `at`.
  void expect_advice(int exit, const std::string& text, std::size_t at = 0) const {
    const std::string advice = mail::advice(*sites[at].trouble, sites[at].name);
    EXPECT_FALSE(advice.empty());
    expect(exit, text + "; what to do: " + advice);
  }

  queue::Totals totals;
  std::vector<queue::SiteStatus> sites;
};

TEST_F(VerdictTest, SaysThatAllIsWell) { expect(0, "all is well: nothing waits"); }

TEST_F(VerdictTest, CallsMailUnderWayWell) {
  totals.active = 1;
  expect(0, "all is well: 1 message is being delivered");
}

TEST_F(VerdictTest, NamesTheMissingSmarthost) {
  sites.clear();
  expect(1, "no smarthost is configured: run postern setup, or add one to /etc/postern/postern.yaml");
  totals.waiting = 4;
  totals.held = 1;
  expect(1,
         "no smarthost is configured: 5 messages are held; run postern setup, or add one to /etc/postern/postern.yaml");
}

TEST_F(VerdictTest, GivesTheReasonWhyMailWaits) {
  totals.waiting = 1;
  oldest(std::chrono::minutes(58));
  trouble("connection refused");
  expect(1, "1 message waits since 14:02: smtp.example.com: connection refused");
}

TEST_F(VerdictTest, DoesNotNameTheHostTwice) {
  totals.waiting = 3;
  oldest(std::chrono::minutes(58));
  trouble("smtp.example.com:465 refuses the login: 535 5.7.8 no", true);
  expect_advice(2, "3 messages wait since 14:02: smtp.example.com:465 refuses the login: 535 5.7.8 no");
  trouble("535 5.7.8 no", true);
  expect_advice(2, "3 messages wait since 14:02: smtp.example.com refuses the login: 535 5.7.8 no");
}

TEST_F(VerdictTest, NamesTheOneThingToChangeWhereAServerSaysWhatIsWrong) {
  totals.waiting = 3;
  oldest(std::chrono::minutes(58));
  for (const auto& [code, words] :
       {std::pair(504, "504 5.5.2 <web1>: Helo command rejected: need fully-qualified hostname"),
        std::pair(554, "554 5.7.1 <b@example.org>: Relay access denied"),
        std::pair(552, "552 5.7.1 relay quota exceeded")}) {
    trouble(std::string("smtp.example.com[192.0.2.1]:587: RCPT: \"") + words + '"');
    sites[0].trouble->step = mail::Step::rcpt;
    sites[0].trouble->code = code;
    expect_advice(1,
                  "3 messages wait since 14:02: smtp.example.com[192.0.2.1]:587: RCPT: \"" + std::string(words) + '"');
  }
}

TEST_F(VerdictTest, ShortensALongAnswer) {
  totals.waiting = 3;
  trouble("smtp.example.com: " + std::string(5000, 'x'));
  EXPECT_LT(first_line(sum_up(totals, sites, kConfig, kNow)).size(), kListedWords + 50);
}

TEST_F(VerdictTest, TellsOfARefusedLoginEvenIfNothingWaits) {
  trouble("535 5.7.8 no", true);
  expect_advice(2, "nothing waits, but smtp.example.com refuses the login: 535 5.7.8 no");
  trouble("timeout");
  expect(0, "nothing waits, but smtp.example.com: timeout");
}

TEST_F(VerdictTest, PrefersTheRefusedLoginAmongSeveralTroubles) {
  totals.waiting = 2;
  trouble("timeout");
  sites[0].waiting = 2;
  sites.push_back(sites[0]);
  sites[1].name = "backup.example.com";
  sites[1].trouble->login_refused = true;
  expect_advice(2, "2 messages wait: backup.example.com refuses the login: timeout", 1);
}

TEST_F(VerdictTest, BlamesNoSmarthostThatNoMailWaitsForWhileAnotherIsWell) {
  sites.push_back(sites[0]);
  sites[1].name = "backup.example.com";
  sites[1].trouble = mail::SiteTrouble();
  sites[1].trouble->text = "connection refused";
  expect(0, "nothing waits, but backup.example.com: connection refused");
  totals.waiting = 1;
  oldest(std::chrono::minutes(58));
  expect(0, "1 message waits for the next attempt; backup.example.com: connection refused");
  oldest(kLongWait + Seconds(1));
  expect(1,
         "1 message waits since 13:59: `postern queue list` shows the reasons; backup.example.com: connection refused");
  sites[1].waiting = 1;
  expect(1, "1 message waits since 13:59: backup.example.com: connection refused");
  sites[1].waiting = 0;
  sites[1].trouble->login_refused = true;
  totals = {};
  expect_advice(1, "nothing waits, but backup.example.com refuses the login: connection refused", 1);
}

TEST_F(VerdictTest, CallsMailWhoseSenderIsToBeToldNoWaitingMail) {
  totals.owed = 2;
  expect(0, "of 2 messages the senders are still to be told");
}

TEST_F(VerdictTest, CountsWhatIsInDoubtAndWhatMayHaveArrived) {
  totals.waiting = 3;
  totals.doubtful = 1;
  expect(1,
         "3 messages wait for the next attempt; 1 message was refused, perhaps for the account's sake: `postern queue "
         "show` tells more");
  totals.doubtful = 0;
  totals.uncertain = 2;
  expect(0, "3 messages wait for the next attempt; 2 of those that wait may have arrived already");
}

TEST_F(VerdictTest, NamesTheSenderWhoseMailIsNotTakenAndWhatToDo) {
  totals.waiting = 50;
  queue::SenderStatus sender;
  sender.sender = "web@example.com";
  sender.trouble.text = "something strange";
  sites[0].senders = {sender};
  expect(1, "50 messages wait: smtp.example.com does not take mail of web@example.com: something strange");
  sites[0].senders.push_back(sender);
  sites[0].senders.push_back(sender);
  expect(1,
         "50 messages wait: smtp.example.com does not take mail of web@example.com: something strange (and of 2 more "
         "senders)");
  sites[0].senders = {sender};
  sites[0].senders[0].sender.clear();  // for those who are no administrators
  expect(1, "50 messages wait: smtp.example.com does not take mail of some sender");
  totals.waiting = 0;
  expect(0, "nothing waits, but smtp.example.com does not take mail of some sender");
}

TEST_F(VerdictTest, FindsALongWaitSuspiciousWithoutAnyTrouble) {
  totals.waiting = 2;
  oldest(kLongWait);
  expect(0, "2 messages wait for the next attempt");
  oldest(kLongWait + Seconds(1));
  expect(1, "2 messages wait since 13:59: `postern queue list` shows the reasons");
  oldest(std::chrono::days(2));
  expect(1, "2 messages wait since Nov 21 15:00: `postern queue list` shows the reasons");
}

TEST_F(VerdictTest, TellsForWhichLimitMailWaitsAndUntilWhen) {
  totals.waiting = 7;
  sites[0].waiting = 7;
  oldest(Seconds(600));
  using Rate = queue::RateLimit;
  sites[0].limited = queue::Limited{Rate{Rate::Of::messages, Rate::Per::hour, 30}, kNow + std::chrono::minutes(20)};
  expect(0, "7 messages wait since 14:50: smtp.example.com waits for the hourly limit until 15:20");
  sites[0].waiting = 0;
  expect(0, "7 messages wait for the next attempt");
  sites[0].waiting = 7;
  trouble("connection refused");
  expect(1, "7 messages wait since 14:50: smtp.example.com: connection refused");
}

TEST_F(VerdictTest, AddsFailedAndDamagedMessages) {
  totals.failed = 2;
  expect(2, "2 messages failed for good: see `postern queue list`");
  totals.failed = 0;
  totals.corrupt = 1;
  totals.held = 1;
  expect(2, "1 message is on hold; 1 message is damaged: see `postern queue list`");
}

TEST_F(VerdictTest, SaysThatAllIsWellOnlyWhereNothingElseIsSaid) {
  totals.active = 1;
  const queue::Refusal refusal{kNow, Error{Failure::no_space, "the disk is full"}};
  const std::vector<std::function<void(Summary&)>> wrongs{
      [](Summary& summary) { add_complaints(summary, {"the settings file is wrong"}); },
      [](Summary& summary) { add_complaints(summary, {"nobody can connect to [::1]:25", "no scraper can connect"}); },
      [](Summary& summary) { add_weaker(summary, "main", {"no TLS"}); },
      [&](Summary& summary) { add_refusal(summary, refusal, "/var/spool/postern", kNow); },
  };
  for (const std::size_t active : {0U, 1U}) {
    totals.active = active;
    Summary summary = sum_up(totals, sites, kConfig, kNow);
    ASSERT_EQ(first_line(summary).find("all is well"), 0U);
    add_complaints(summary, {});
    ASSERT_EQ(first_line(summary).find("all is well"), 0U);
    for (const auto& wrong : wrongs) {
      Summary worse = summary;
      wrong(worse);
      EXPECT_EQ(first_line(worse).find("all is well"), std::string::npos) << first_line(worse);
      EXPECT_GT(worse.exit, 0);
    }
  }
}

TEST_F(VerdictTest, DoesNotCallASmarthostWellThatWasNotTried) {
  sites[0].tried = false;
  expect(0, "nothing waits; smtp.example.com was not tried yet: `postern check` does it");
  sites.push_back(sites[0]);
  sites[1].tried = true;
  expect(0, "all is well: nothing waits");
}

TEST(Summary, AsksAPersonToLookAtASmarthostThatIsWeakerThanBefore) {
  Summary summary{0, "all is well: nothing waits"};
  add_weaker(summary, "main", {});
  EXPECT_EQ(summary.exit, 0);
  add_weaker(summary, "main", {"no SCRAM mechanism any more"});
  EXPECT_EQ(summary.exit, 1);
  EXPECT_NE(summary.text.find("no SCRAM mechanism any more"), std::string::npos);
  EXPECT_NE(summary.text.find("--accept-weaker main"), std::string::npos);
  summary.exit = 2;
  add_weaker(summary, "main", {"no TLS"});
  EXPECT_EQ(summary.exit, 2);
}

TEST_F(VerdictTest, TellsOfDroppedMailThatIsNotTakenUpAndOfRefusedFiles) {
  const std::string spool = "/var/spool/postern";
  const auto said = [&](const queue::DropState& state) {
    Summary summary = sum_up(totals, sites, kConfig, kNow);
    add_dropped(summary, state, spool, kNow);
    return std::pair(summary.exit, first_line(summary));
  };
  queue::DropState state;
  EXPECT_EQ(said(state), std::pair(0, std::string("all is well: nothing waits")));
  state.waiting = 2;
  state.oldest = kNow - kLongInDrop;
  EXPECT_EQ(said(state), std::pair(0, std::string("all is well: nothing waits"))) << "it is just being taken up";
  state.oldest = kNow - std::chrono::minutes(58);
  EXPECT_EQ(
      said(state),
      std::pair(1, std::string("nothing waits; 2 messages in /var/spool/postern/drop are not taken up since 14:02: "
                               "the log says why (\"dropped mail cannot be taken now\")")));
  state.oldest_uid = 33;
  EXPECT_NE(said(state).second.find("not taken up since 14:02, the oldest of uid 33: the log"), std::string::npos);
  state = {};
  state.refused = {{33, 1}};
  EXPECT_EQ(
      said(state),
      std::pair(0, std::string("nothing waits; 1 dropped file was no mail and is kept in /var/spool/postern/refused")));
  state.refused = {{33, 1}, {1000, 999}};
  EXPECT_EQ(said(state).second,
            "nothing waits; 1000 dropped files were no mail and are kept in /var/spool/postern/refused");
}

}  // namespace
}  // namespace postern::control
