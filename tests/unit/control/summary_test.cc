#include "control/summary.h"

#include "mail/advice.h"
#include "mail/list_text.h"

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
    EXPECT_EQ(verdict(summary), text);
    EXPECT_EQ(summary.level(), exit);
  }

  /// Host, words, then what to do, which is given for the site at `at`.
  [[nodiscard]] std::string to_do(std::size_t at) const {
    const std::string advice = mail::advice(*sites[at].trouble, sites[at].name);
    EXPECT_FALSE(advice.empty());
    return "; what to do: " + advice;
  }
  void expect_advice(int exit, const std::string& text, std::size_t at = 0) const { expect(exit, text + to_do(at)); }

  queue::Totals totals;
  std::vector<queue::SiteStatus> sites;
};

TEST_F(VerdictTest, SaysThatAllIsWell) { expect(0, "all is well: nothing waits"); }

TEST_F(VerdictTest, SaysWhatWaitsInStormsAndUntilWhen) {
  totals.storm = 7;
  expect(0, "7 messages wait in storms");
  totals.storm_until = kNow + Seconds(309);
  expect(0, "7 messages wait in storms, the first until 15:05:09");
  totals.storm_until = kNow + Seconds(7200);
  expect(0, "7 messages wait in storms, the first until 17:00");
  totals.storm = 1;
  totals.waiting = 2;
  expect(0, "2 messages wait for the next attempt; 1 message waits in a storm until 17:00");
}

TEST_F(VerdictTest, CallsMailUnderWayWell) {
  totals.active = 1;
  expect(0, "all is well: 1 message is being delivered");
  sites.push_back(sites[0]);
  sites[1].tried = false;
  expect(0, "1 message is being delivered");
  sites.pop_back();
  sites[0].tried = false;
  expect(0, "1 message is being delivered");
}

TEST_F(VerdictTest, SaysNothingOfSmarthostsThatAWrongFileHides) {
  sites.clear();
  Summary summary = sum_up(totals, sites, kConfig, kNow, Settings::wrong);
  add_complaints(summary, {"the settings file is wrong"});
  EXPECT_EQ(verdict(summary), "the settings file is wrong");
  totals.waiting = 2;
  summary = sum_up(totals, sites, kConfig, kNow, Settings::wrong);
  add_complaints(summary, {"the settings file is wrong"});
  EXPECT_EQ(verdict(summary), "the settings file is wrong; 2 messages are held");
  EXPECT_EQ(summary.level(), 1);
}

TEST_F(VerdictTest, NamesTheMissingSmarthost) {
  sites.clear();
  expect(1, "no smarthost is configured; what to do: run postern setup, or add one to /etc/postern/postern.yaml");
  totals.waiting = 4;
  totals.held = 1;
  expect(1,
         "no smarthost is configured: 5 messages are held; what to do: run postern setup, or add one to "
         "/etc/postern/postern.yaml");
}

TEST_F(VerdictTest, GivesTheReasonWhyMailWaits) {
  totals.waiting = 1;
  oldest(std::chrono::minutes(58));
  trouble("connection refused");
  expect_advice(1, "1 message waits since 14:02: smtp.example.com: connection refused");
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
  EXPECT_LT(verdict(sum_up(totals, sites, kConfig, kNow)).size(), mail::kListedWords + 50);
}

TEST_F(VerdictTest, TellsOfARefusedLoginEvenIfNothingWaits) {
  trouble("535 5.7.8 no", true);
  expect_advice(2, "nothing waits, but smtp.example.com refuses the login: 535 5.7.8 no");
  trouble("connection refused");
  expect_advice(0, "nothing waits, but smtp.example.com: connection refused");
}

TEST_F(VerdictTest, CountsNoSmarthostAsWellThatWasNotTried) {
  trouble("535 5.7.8 no", true);
  sites.push_back(sites[0]);
  sites[1].name = "backup.example.com";
  sites[1].trouble.reset();
  sites[1].tried = false;
  expect_advice(2, "nothing waits, but smtp.example.com refuses the login: 535 5.7.8 no");
  sites[1].tried = true;
  expect_advice(1, "nothing waits, but smtp.example.com refuses the login: 535 5.7.8 no");
}

TEST_F(VerdictTest, BlamesNoSmarthostThatNoMailWaitsForWhileAnotherIsWell) {
  sites.push_back(sites[0]);
  sites[1].name = "backup.example.com";
  sites[1].trouble = mail::SiteTrouble();
  sites[1].trouble->text = "connection refused";
  expect_advice(0, "nothing waits, but backup.example.com: connection refused", 1);
  totals.waiting = 1;
  oldest(std::chrono::minutes(58));
  expect_advice(0, "1 message waits for the next attempt; backup.example.com: connection refused", 1);
  oldest(kLongWait + Seconds(1));
  expect_advice(
      1,
      "1 message waits since 13:59; what to do: `postern queue list` shows the reasons; backup.example.com: connection "
      "refused",
      1);
  sites[1].waiting = 1;
  expect_advice(1, "1 message waits since 13:59: backup.example.com: connection refused", 1);
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
         "1 message was refused, perhaps for the account's sake; what to do: `postern queue list --state waiting` "
         "shows it "
         "and why; 3 messages wait for the next attempt");
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
  expect(1, "2 messages wait since 13:59; what to do: `postern queue list` shows the reasons");
  oldest(std::chrono::days(2));
  expect(1, "2 messages wait since Nov 21 15:00; what to do: `postern queue list` shows the reasons");
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
  expect_advice(1, "7 messages wait since 14:50: smtp.example.com: connection refused");
}

TEST_F(VerdictTest, AddsFailedAndDamagedMessages) {
  totals.failed = 2;
  expect(2, "2 messages failed for good; what to do: `postern queue list --state failed` shows why");
  totals.failed = 0;
  totals.corrupt = 1;
  totals.held = 1;
  expect(2, "1 message is damaged; what to do: `postern queue list --state corrupt` shows it; 1 message is on hold");
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
    ASSERT_EQ(verdict(summary).find("all is well"), 0U);
    add_complaints(summary, {});
    ASSERT_EQ(verdict(summary).find("all is well"), 0U);
    for (const auto& wrong : wrongs) {
      Summary worse = summary;
      wrong(worse);
      EXPECT_EQ(verdict(worse).find("all is well"), std::string::npos) << verdict(worse);
      EXPECT_GT(worse.level(), 0);
    }
  }
}

TEST_F(VerdictTest, DoesNotCallASmarthostWellThatWasNotTried) {
  sites[0].tried = false;
  expect(0, "nothing waits; smtp.example.com was not tried since the start; what to do: `postern check` tries it");
  sites.push_back(sites[0]);
  sites[1].name = "backup";
  sites[0].tried = true;
  expect(0, "nothing waits; backup was not tried since the start; what to do: `postern check` tries it");
  sites[1].tried = true;
  expect(0, "all is well: nothing waits");
}

TEST(Summary, AsksAPersonToLookAtASmarthostThatIsWeakerThanBefore) {
  Summary summary;
  add_weaker(summary, "main", {});
  EXPECT_EQ(summary.level(), 0);
  add_weaker(summary, "main", {"no SCRAM mechanism any more"});
  EXPECT_EQ(summary.level(), 1);
  EXPECT_NE(verdict(summary).find("no SCRAM mechanism any more"), std::string::npos);
  EXPECT_NE(verdict(summary).find("--accept-weaker main"), std::string::npos);
  summary.findings.push_back({2, "1 message failed for good", {}});
  add_weaker(summary, "main", {"no TLS"});
  EXPECT_EQ(summary.level(), 2);
}

TEST_F(VerdictTest, TellsOfDroppedMailThatIsNotTakenUpAndOfRefusedFiles) {
  const std::string spool = "/var/spool/postern";
  const auto said = [&](const queue::DropState& state) {
    Summary summary = sum_up(totals, sites, kConfig, kNow);
    add_dropped(summary, state, spool, kNow);
    return std::pair(summary.level(), verdict(summary));
  };
  queue::DropState state;
  EXPECT_EQ(said(state), std::pair(0, std::string("all is well: nothing waits")));
  state.waiting = 2;
  state.oldest = kNow - kLongInDrop;
  EXPECT_EQ(said(state), std::pair(0, std::string("all is well: nothing waits"))) << "it is just being taken up";
  state.oldest = kNow - std::chrono::minutes(58);
  EXPECT_EQ(said(state), std::pair(1, std::string("2 messages in /var/spool/postern/drop are not taken up since 14:02: "
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

TEST_F(VerdictTest, TakesItForTroubleThatTheDropDirectoryCannotBeLookedInto) {
  Summary summary = sum_up(totals, sites, kConfig, kNow);
  add_drop_error(summary, Error{Failure::denied, "/s/drop: Permission denied"}, "/s");
  EXPECT_EQ(summary.level(), 1);
  EXPECT_EQ(
      verdict(summary),
      "/s/drop cannot be looked into, and mail that sendmail left there may wait: /s/drop: Permission denied; what "
      "to do: look at the disk of /s, and whether the daemon may read the directory");
}

/// What a page marks as a command is what we wrote; the texts hold others' words, too.
TEST_F(VerdictTest, NamesCommandsInTheAdviceAlone) {
  totals.waiting = totals.doubtful = totals.uncertain = totals.owed = totals.storm = totals.held = 2;
  totals.failed = totals.corrupt = 1;
  oldest(kLongWait + Seconds(1));
  for (const bool tried : {true, false}) {
    sites[0].tried = tried;
    for (const queue::Totals& counted : {totals, queue::Totals()}) {
      Summary summary = sum_up(counted, sites, kConfig, kNow);
      add_weaker(summary, "main", {"no TLS"});
      add_login_end(summary, "main", kNow, kNow);
      add_root(summary, "mail for root goes nowhere", {});
      for (const Finding& one : in_order(summary)) EXPECT_EQ(one.text.find('`'), std::string::npos) << one.text;
    }
  }
}

TEST_F(VerdictTest, SaysSinceWhenASilentSmarthostIsTriedAndThatItSaysNothing) {
  totals.active = 1;
  Summary summary = sum_up(totals, sites, kConfig, kNow);
  add_silence(summary, "smtp.example.com", kNow - kSilence + Seconds(1), kNow);
  EXPECT_EQ(verdict(summary), "all is well: 1 message is being delivered") << "many take their time";
  add_silence(summary, "smtp.example.com", kNow - Seconds(45), kNow);
  EXPECT_EQ(verdict(summary),
            "smtp.example.com is tried since 14:59, and has said nothing for 45s; 1 message is being delivered");
  EXPECT_EQ(summary.level(), 0);
}

TEST_F(VerdictTest, SaysWhatToDoWhereAServerHangsUpBeforeItSaysAnything) {
  totals.waiting = 1;
  oldest(std::chrono::minutes(58));
  trouble("smtp.example.com[192.0.2.1]:465: greeting: the server closed the connection");
  sites[0].trouble->step = mail::Step::greeting;
  for (const Failure failure : {Failure::closed, Failure::timeout}) {
    sites[0].trouble->failure = failure;
    expect_advice(1,
                  "1 message waits since 14:02: smtp.example.com[192.0.2.1]:465: greeting: the server closed the "
                  "connection");
    EXPECT_NE(mail::advice(*sites[0].trouble, "main").find("set tls: implicit"), std::string::npos);
  }
}

TEST_F(VerdictTest, TellsOfACertificateNearItsEnd) {
  const auto said = [&](const std::string& expires) {
    Summary summary = sum_up(totals, sites, kConfig, kNow);
    add_certificate(summary, "smtp.example.com", expires, kNow);
    return std::pair(summary.level(), verdict(summary));
  };
  const auto well = std::pair(0, std::string("all is well: nothing waits"));
  for (const std::string expires : {"", "soon", "2026-11-27T00:00:00Z", "2027-01-01T00:00:00Z"}) {
    EXPECT_EQ(said(expires), well) << expires;
  }
  EXPECT_EQ(said("2026-11-25T14:00:00Z"),
            std::pair(1, std::string("the certificate of smtp.example.com ends Nov 25 14:00: mail will wait from "
                                     "then on; what to do: ask who runs that server to renew it")));
}

TEST_F(VerdictTest, DoesNotSayThatNothingWaitsWhileMailIsTriedAgain) {
  trouble("smtp.example.com: no greeting");
  expect(0, "nothing waits, but smtp.example.com: no greeting");
  totals.active = 1;
  expect(0, "1 message is tried again after this: smtp.example.com: no greeting");
  totals.active = 2;
  expect(0, "2 messages are tried again after this: smtp.example.com: no greeting");
}

TEST_F(VerdictTest, SaysWhoHasTheAddressThatCannotBeHad) {
  Summary summary = sum_up(totals, sites, kConfig, kNow);
  add_complaints(summary, {"nobody can connect to 127.0.0.1:2500: Address already in use"});
  EXPECT_NE(verdict(summary).find("in use; what to do: `ss -ltnp` shows which program listens there"),
            std::string::npos)
      << verdict(summary);
  add_complaints(summary, {"nobody can connect to /run/postern/submit.sock: Address already in use"});
  EXPECT_EQ(summary.findings.front().advice, "") << "that shows no sockets of files";
}

TEST_F(VerdictTest, TellsOfOurOwnCertificateNearItsEnd) {
  Summary summary = sum_up(totals, sites, kConfig, kNow);
  add_own_certificate(summary, "main", "2026-12-01T15:00:00Z", kNow);
  add_own_certificate(summary, "main", "", kNow);
  EXPECT_EQ(verdict(summary), "all is well: nothing waits");
  add_own_certificate(summary, "main", "2026-11-30T14:00:00Z", kNow);
  EXPECT_EQ(summary.level(), 1);
  EXPECT_EQ(verdict(summary),
            "our certificate for main ends Nov 30 14:00: mail will wait from then on; what to do: renew the file of "
            "client_certificate; it is read again by itself");
}

TEST_F(VerdictTest, TellsOfALoginByTokensThatEndsSoon) {
  const auto said = [&](std::optional<WallTime> ends) {
    Summary summary = sum_up(totals, sites, kConfig, kNow);
    add_login_end(summary, "gmail", ends, kNow);
    return std::pair(summary.level(), verdict(summary));
  };
  const auto well = std::pair(0, std::string("all is well: nothing waits"));
  EXPECT_EQ(said(std::nullopt), well);
  EXPECT_EQ(said(kNow + kNearItsEnd + Seconds(1)), well);
  EXPECT_EQ(said(kNow + Seconds(3600)),
            std::pair(1, std::string("the login at gmail ends 16:00: mail will wait from then on; what to do: run "
                                     "`postern login gmail`")));
  EXPECT_EQ(said(kNow - Seconds(3600)).second, "the login at gmail ended 14:00; what to do: run `postern login gmail`");
}

TEST_F(VerdictTest, DoesNotCallItWellWhereNobodySaidWhoGetsRootsMail) {
  Summary summary = sum_up(totals, sites, kConfig, kNow);
  add_root(summary, "", "/etc/aliases");
  EXPECT_EQ(verdict(summary), "all is well: nothing waits");
  const std::string told = "there is no alias for root: its mail goes to root@web1";
  add_root(summary, told, "/etc/aliases");
  EXPECT_EQ(summary.level(), 0);
  EXPECT_EQ(verdict(summary), "nothing waits; " + told +
                                  "; what to do: name a mailbox in the settings (`aliases: { root: ADDRESS }`) or in "
                                  "/etc/aliases");
}

TEST_F(VerdictTest, TellsOfAWrongClockWhereItCanBeSeen) {
  const auto said = [&](std::optional<WallTime> accepted, WallTime now) {
    Summary summary = sum_up(totals, sites, kConfig, now);
    add_clock(summary, accepted, now);
    return std::pair(summary.level(), verdict(summary));
  };
  EXPECT_EQ(said({}, kNow).first, 0);
  EXPECT_EQ(said(kNow + Seconds(299), kNow).first, 0);
  EXPECT_EQ(said({}, WallTime(Seconds(60))),
            std::pair(1, std::string("the clock of this machine is wrong: it says 1970-01-01 00:01; what to do: "
                                     "set it (timedatectl)")));
  EXPECT_EQ(said(kNow + Seconds(3600), kNow),
            std::pair(1, std::string("the clock of this machine is wrong: it says 2026-11-23 15:00, and mail was "
                                     "accepted after that; what to do: set it (timedatectl)")));
}

TEST_F(VerdictTest, ReadsFirstWhatIsTroubleAndSaysNothingOfAnEmptyQueueBesideIt) {
  totals.held = 1;
  Summary summary = sum_up(totals, sites, kConfig, kNow);
  add_complaints(summary, {"nobody can connect to [::1]:25"});
  add_refusal(summary, queue::Refusal{kNow, Error{Failure::no_space, "the disk is full"}}, "/s", kNow);
  const std::vector<Finding> findings = in_order(summary);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].text, "new mail is refused since 15:00: the disk is full");
  EXPECT_EQ(findings[0].advice, "look at the disk of /s");
  EXPECT_EQ(findings[1].text, "nobody can connect to [::1]:25");
  EXPECT_EQ(findings[2].text, "1 message is on hold");
  totals.failed = 1;
  summary = sum_up(totals, sites, kConfig, kNow);
  add_complaints(summary, {"nobody can connect to [::1]:25"});
  EXPECT_EQ(in_order(summary).front().text, "1 message failed for good") << "the worst first";
  totals.failed = totals.held = 0;
  summary = sum_up(totals, sites, kConfig, kNow);
  add_complaints(summary, {"nobody can connect to [::1]:25"});
  EXPECT_EQ(verdict(summary), "nobody can connect to [::1]:25");
}

}  // namespace
}  // namespace postern::control
