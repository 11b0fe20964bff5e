#include "control/site_findings.h"

#include "mail/advice.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace postern::control {
namespace {

const WallTime kToday = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(15);

class SiteFindingsTest : public testing::Test {
 protected:
  SiteFindingsTest() {
    ::setenv("TZ", "UTC", 1);
    add_site("smtp.example.com", {});
  }

  void trouble(const std::string& text, bool login_refused = false) {
    sites[0].trouble.emplace().text = text;
    sites[0].trouble->login_refused = login_refused;
  }

  void oldest(Seconds age) {
    totals.oldest = kToday - age;
    totals.oldest_age = age;
  }

  void add_site(const std::string& name, const std::string& text) {
    queue::SiteStatus site;
    site.name = name;
    site.tried = true;
    if (!text.empty()) site.trouble.emplace().text = text;
    sites.push_back(site);
  }
  /// Mail of this way waits for the site at `at`.
  void keep(std::size_t at, std::size_t way, std::size_t messages) { sites[at].kept.push_back({way, messages}); }
  static queue::SenderStatus refused(const std::string& name) {
    queue::SenderStatus sender;
    sender.sender = name;
    sender.trouble.text = "something strange";
    return sender;
  }

  [[nodiscard]] std::string told() const { return verdict(sum_up(totals, sites, "/c", kToday)); }
  void expect(int exit, const std::string& text) const {
    EXPECT_EQ(told(), text);
    EXPECT_EQ(sum_up(totals, sites, "/c", kToday).level(), exit);
  }
  /// What stands behind the words of the site at `at`.
  [[nodiscard]] std::string to_do(std::size_t at) const {
    const std::string advice = mail::advice(*sites[at].trouble, sites[at].name);
    return advice.empty() ? advice : "; what to do: " + advice;
  }

  queue::Totals totals;
  std::vector<queue::SiteStatus> sites;
};

TEST_F(SiteFindingsTest, TellsOfEachSmarthostInTroubleAndOfARefusedLoginFirst) {
  totals.waiting = 2;
  oldest(std::chrono::minutes(58));
  trouble("connection refused");
  sites[0].waiting = 2;
  add_site("backup.example.com", "connection refused");
  sites[1].trouble->login_refused = true;
  // All may go by either.
  keep(0, 1, 2);
  keep(1, 1, 2);
  expect(2, "2 messages wait since 14:02: backup.example.com refuses the login: connection refused" + to_do(1) +
                "; smtp.example.com: connection refused" + to_do(0));
  // Each holds up mail of its own, as where routes lead to both.
  totals.waiting = 3;
  sites[1].waiting = 1;
  sites[0].kept = {{1, 2}};
  sites[1].kept = {{2, 1}};
  expect(2, "1 message waits: backup.example.com refuses the login: connection refused" + to_do(1) +
                "; 2 messages wait: smtp.example.com: connection refused" + to_do(0));
  sites[1].trouble->text = "connect: no answer";
  sites[1].trouble->login_refused = false;
  expect(1, "2 messages wait: smtp.example.com: connection refused" + to_do(0) +
                "; 1 message waits: backup.example.com: connect: no answer" + to_do(1));
}

TEST_F(SiteFindingsTest, CountsEachMessageOnceThoughItMayGoBySeveralSmarthosts) {
  totals.waiting = 4;
  oldest(std::chrono::minutes(58));
  trouble("main refuses the login: 535 5.7.8 no", true);
  sites[0].name = "main";
  add_site("backup", "127.0.0.1:2501: connect: Connection refused");
  sites[0].waiting = sites[1].waiting = 2;
  keep(0, 1, 4);
  keep(1, 1, 4);
  expect(2, "4 messages wait since 14:02: main refuses the login: 535 5.7.8 no" + to_do(0) +
                "; backup: 127.0.0.1:2501: connect: Connection refused" + to_do(1));
  // Others go by a third alone.
  totals.waiting = 5;
  add_site("third", "connect: No route to host");
  keep(2, 7, 1);
  expect(2, "4 messages wait: main refuses the login: 535 5.7.8 no" + to_do(0) +
                "; backup: 127.0.0.1:2501: connect: Connection refused" + to_do(1) +
                "; 1 message waits: third: connect: No route to host" + to_do(2));
  // What is on its way between two attempts waits for none of them.
  totals.waiting = 6;
  EXPECT_NE(told().find("; 1 more waits for the next attempt"), std::string::npos);
}

TEST_F(SiteFindingsTest, SaysOnceWhatIsTheSameOfManySmarthosts) {
  totals.waiting = 3;
  oldest(std::chrono::minutes(58));
  sites.clear();
  const auto add = [this](std::size_t number) {
    add_site("site-" + std::to_string(number), "127.0.0.1:" + std::to_string(2500 + number) + ": connect: no");
    keep(number - 1, 1, 3);
  };
  const auto first = [&](const std::string& others) {
    return "3 messages wait since 14:02: site-1: 127.0.0.1:2501: connect: no" + others + to_do(0);
  };
  add(1);
  add(2);
  expect(1, first(" (likewise site-2)"));
  add(3);
  add(4);
  expect(1, first(" (likewise site-2, site-3, site-4)"));
  for (std::size_t number = 5; number <= 30; ++number) add(number);
  sites[26].waiting = 1;
  sites[0].waiting = 2;
  expect(1, first(" (likewise site-27, site-2 and 27 more)"));
  sites[1].trouble->text = "127.0.0.1:2502: greeting: 554 no";
  EXPECT_EQ(site_findings(totals, sites, kToday).size(), 2U);
}

TEST_F(SiteFindingsTest, TellsOfRefusedSendersAndLimitsBesideTheTroubleOfAnother) {
  totals.waiting = 3;
  oldest(std::chrono::minutes(56));
  trouble("connection refused");
  sites[0].waiting = 1;
  keep(0, 5, 1);
  add_site("second", {});
  sites[1].waiting = 2;
  sites[1].senders = {refused("bad@a.example")};
  keep(1, 6, 2);
  expect(1, "1 message waits: smtp.example.com: connection refused" + to_do(0) +
                "; 2 messages wait: second does not take mail of bad@a.example: something strange");
  // Another one of that smarthost's is only put off.
  totals.waiting = 4;
  sites[1].waiting = 3;
  EXPECT_TRUE(told().ends_with("; 1 more waits for the next attempt"));
  totals.waiting = 5;
  sites[1].waiting = 4;
  sites[1].senders.clear();
  sites[1].kept = {{6, 4}};
  using Rate = queue::RateLimit;
  sites[1].limited = queue::Limited{Rate{Rate::Of::messages, Rate::Per::hour, 30}, kToday + std::chrono::minutes(20)};
  expect(1, "1 message waits: smtp.example.com: connection refused" + to_do(0) +
                "; 4 messages wait: second waits for the hourly limit until 15:20");
}

TEST_F(SiteFindingsTest, TellsOfARefusedSenderThoughItsSmarthostIsDownToo) {
  totals.waiting = 2;
  trouble("connection refused");
  sites[0].waiting = 2;
  keep(0, 5, 2);
  sites[0].senders = {refused("bad@a.example")};
  expect(1, "2 messages wait: smtp.example.com: connection refused" + to_do(0) +
                "; smtp.example.com does not take mail of bad@a.example: something strange");
}

TEST_F(SiteFindingsTest, BlamesNoRefusedSenderForMailOfOthers) {
  totals.waiting = 1;
  sites[0].waiting = 1;
  sites[0].senders = {refused("bad@a.example")};
  expect(0,
         "smtp.example.com does not take mail of bad@a.example: something strange; 1 message waits for the next "
         "attempt");
}

}  // namespace
}  // namespace postern::control
