// The lines as pflogsumm and logwatch look for them; that they read them is tried with both in
// tests/system/test_log.py.
#include "mail/postfix_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace postern::mail {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

std::vector<std::string> lines_of(Level level, std::string_view event, const std::vector<LogField>& fields) {
  std::vector<std::string> lines;
  for (const SyslogLine& line : postfix_lines(LogRecord{level, event, fields})) {
    lines.push_back(line.program + ": " + line.text);
  }
  return lines;
}

TEST(PostfixLog, ALocalMessageComesByPickup) {
  EXPECT_THAT(lines_of(Level::info, "accepted",
                       {{"id", "0abc"},
                        {"from", "<root@web1>"},
                        {"to", "a@x,b@x"},
                        {"recipients", 2},
                        {"size", 812},
                        {"message_id", "<1@web1>"},
                        {"uid", "0"},
                        {"client", "uid 0 pid 17"}}),
              ElementsAre("postfix/pickup: 0ABC: uid=0 from=<root@web1>", "postfix/cleanup: 0ABC: message-id=<1@web1>",
                          "postfix/qmgr: 0ABC: from=<root@web1>, size=812, nrcpt=2 (queue active)"));
}

TEST(PostfixLog, AClientOfTheNetworkComesBySmtpd) {
  const std::vector<std::pair<std::string, std::string>> clients{{"127.0.0.1:51122", "localhost[127.0.0.1]"},
                                                                 {"127.0.0.1:51122 uid 1000", "localhost[127.0.0.1]"},
                                                                 {"[::1]:25", "localhost[::1]"},
                                                                 {"192.0.2.7:4711", "unknown[192.0.2.7]"},
                                                                 {"[2001:db8::1]:4711", "unknown[2001:db8::1]"}};
  for (const auto& [client, shown] : clients) {
    EXPECT_EQ(lines_of(Level::info, "accepted", {{"id", "0abc"}, {"from", "<>"}, {"client", client}}).front(),
              "postfix/smtpd: 0ABC: client=" + shown);
  }
}

std::vector<LogField> verdict_of(const std::string& reply, std::size_t left = 1) {
  return {{"id", "0abc"},        {"to", "b@x"},
          {"orig_to", "root@y"}, {"delay", Milliseconds(1'250)},
          {"site", "main"},      {"host", "smtp.example.com[192.0.2.1]:465"},
          {"left", left},        {"reply", reply}};
}

TEST(PostfixLog, SaysOfEachRecipientWhatBecameOfIt) {
  const std::string begin =
      "postfix/smtp: 0ABC: to=<b@x>, orig_to=<root@y>, relay=smtp.example.com[192.0.2.1]:465, delay=1.250, dsn=";
  const std::string said = "host smtp.example.com[192.0.2.1] said: ";
  EXPECT_THAT(lines_of(Level::info, "delivered", verdict_of("250 2.0.0 Ok: queued as 17", 0)),
              ElementsAre(begin + "2.0.0, status=sent (250 2.0.0 Ok: queued as 17)"));
  EXPECT_THAT(lines_of(Level::info, "delivered", verdict_of("250 Ok")),
              ElementsAre(begin + "2.0.0, status=sent (250 Ok)"));
  EXPECT_THAT(lines_of(Level::info, "deferred", verdict_of("451 4.3.0 later")),
              ElementsAre(begin + "4.3.0, status=deferred (" + said + "451 4.3.0 later)"));
  EXPECT_THAT(lines_of(Level::warning, "failed", verdict_of("550 5.1.1 no such user", 0)),
              ElementsAre(begin + "5.1.1, status=bounced (" + said + "550 5.1.1 no such user)"));
}

TEST(PostfixLog, OfAServiceTheServerThatItWasIsNamed) {
  std::vector<LogField> fields = verdict_of("451 4.3.0 later");
  for (LogField& field : fields) {
    if (field.key == "host") field.value = "smtp.example.com[192.0.2.1]:465 (srv:_submissions._tcp.example.com)";
  }
  const std::string line = lines_of(Level::info, "deferred", fields).front();
  EXPECT_THAT(line, testing::HasSubstr("relay=smtp.example.com[192.0.2.1]:465, delay="));
  EXPECT_THAT(line, testing::HasSubstr("(host smtp.example.com[192.0.2.1] said: 451 4.3.0 later)"));
}

TEST(PostfixLog, RemovedIsSaidOfTheFileAndOfNoVerdict) {
  EXPECT_THAT(lines_of(Level::info, "ended", {{"id", "0abc"}}), ElementsAre("postfix/qmgr: 0ABC: removed"));
}

TEST(PostfixLog, ARefusalThatWaitsAllTheSameIsDeferred) {
  EXPECT_THAT(lines_of(Level::info, "deferred", verdict_of("554 5.7.1 no")).front(), testing::HasSubstr("dsn=4.7.1, "));
}

TEST(PostfixLog, WhatNoServerSaidIsSaidOfNone) {
  EXPECT_EQ(lines_of(Level::warning, "failed",
                     {{"id", "0abc"},
                      {"unread", "root@@x"},
                      {"delay", Milliseconds(0)},
                      {"left", 1},
                      {"reply", "5.1.3 no address"}})
                .front(),
            "postfix/smtp: 0ABC: to=<root@@x>, relay=none, delay=0.000, dsn=5.1.3, status=bounced (5.1.3 no address)");
}

TEST(PostfixLog, OfAMessageThatWaitsEachRecipientHasALine) {
  const std::vector<LogField> of_several{{"id", "0abc"},
                                         {"to", "a@x,b@x", {"a@x", "b@x>\n"}},
                                         {"orig_to", "root@y", {"root@y"}},
                                         {"delay", Milliseconds(30'000)},
                                         {"site", "main"},
                                         {"reply", "4.4.1 127.0.0.1:25: connection refused"}};
  const std::string end =
      ">, relay=none, delay=30.000, dsn=4.4.1, status=deferred (4.4.1 127.0.0.1:25: connection refused)";
  EXPECT_THAT(lines_of(Level::info, "deferred", of_several),
              ElementsAre("postfix/smtp: 0ABC: to=<a@x" + end, "postfix/smtp: 0ABC: to=<b@x?\\x0a" + end));
  const std::vector<LogField> of_one{
      {"id", "0abc"}, {"to", "a@x", {"a@x"}}, {"orig_to", "root@y", {"root@y"}}, {"reply", "553 5.7.1 not owned"}};
  EXPECT_THAT(lines_of(Level::info, "deferred", of_one),
              ElementsAre("postfix/smtp: 0ABC: to=<a@x>, orig_to=<root@y>, relay=none, delay=0, dsn=4.7.1, "
                          "status=deferred (553 5.7.1 not owned)"));
}

TEST(PostfixLog, ReportsNameTheMessageThatTheyAre) {
  const std::vector<LogField> fields{{"id", "0abc"}, {"to", "a@x"}, {"bounce", "0def"}};
  EXPECT_THAT(lines_of(Level::info, "bounced", fields),
              ElementsAre("postfix/bounce: 0ABC: sender non-delivery notification: 0DEF"));
  EXPECT_THAT(lines_of(Level::info, "delay reported", fields),
              ElementsAre("postfix/bounce: 0ABC: sender delay notification: 0DEF"));
}

TEST(PostfixLog, WhatPostfixHasNoWordsForIsPassedOverUnlessItIsTrouble) {
  EXPECT_THAT(lines_of(Level::notice, "site up", {{"site", "main"}}), ElementsAre("posternd: site up site=main"));
  EXPECT_THAT(lines_of(Level::warning, "site down", {{"site", "main"}}),
              ElementsAre("postfix/postern: warning: site down site=main"));
  EXPECT_THAT(lines_of(Level::error, "alarm", {{"what", "trouble"}}),
              ElementsAre("postfix/postern: warning: alarm what=trouble"));
  EXPECT_THAT(lines_of(Level::error, "cannot start", {}), ElementsAre("postfix/postern: fatal: cannot start"));
}

/// A fact of this kind, with these words in one field.
std::vector<std::string> lines_with(const std::string& event, const std::string& key, const std::string& words) {
  std::vector<LogField> fields{{"id", "0abc"},          {"from", "<a@x>"}, {"to", "b@x"},
                               {"orig_to", "root@y"},   {"host", "mx"},    {"client", "192.0.2.7:25"},
                               {"message_id", "<1@x>"}, {"uid", 0},        {"reply", "250 ok"}};
  for (LogField& field : fields) {
    if (field.key == key) field.value = words;
  }
  return lines_of(Level::info, event, fields);
}

constexpr std::array kEvents{"accepted", "queued", "delivered", "deferred", "failed", "bounced", "delivery uncertain"};

TEST(PostfixLog, R14_NothingThatOthersSayMakesALineOrAFieldOfItsOwn) {
  for (const std::string event : kEvents) {
    for (const std::string key : {"id", "from", "to", "orig_to", "host", "client", "message_id", "reply"}) {
      const std::size_t lines = lines_with(event, key, "x").size();
      for (const std::string hostile : {"250 ok\nNov 1 00:00:00 x postfix/smtp[1]: F00: to=<x>", "\x1B[2J", "\xFF"}) {
        const auto said = lines_with(event, key, hostile);
        EXPECT_EQ(said.size(), lines) << event << ' ' << key;
        for (const std::string& line : said) {
          EXPECT_THAT(line, StartsWith("postfix/"));
          EXPECT_EQ(line.find_first_of("\n\x1B\xFF"), std::string::npos) << line;
        }
      }
    }
  }
}

TEST(PostfixLog, NothingThatUsersWriteEndsItsBrackets) {
  const std::string words = "evil>, size=9, nrcpt=1, relay=none, delay=0, dsn=2.0.0, status=sent (";
  for (const std::string event : kEvents) {
    for (const std::string key : {"from", "to", "orig_to", "message_id"}) {
      const bool enclosed = key == "from" || key == "message_id";
      for (const std::string& line : lines_with(event, key, enclosed ? "<" + words + ">" : words)) {
        EXPECT_EQ(line.find("evil>, "), std::string::npos) << event << ' ' << key << ": " << line;
      }
    }
  }
}

TEST(PostfixLog, EveryFactIsALineWhateverIsMissing) {
  for (const std::string event :
       {"accepted", "queued", "delivered", "deferred", "failed", "bounced", "delay reported", "success reported",
        "delivery uncertain", "ended", "removed", "put on hold", "released", "x"}) {
    EXPECT_FALSE(lines_of(Level::info, event, {}).empty()) << event;
  }
}

}  // namespace
}  // namespace postern::mail
