#include "console/requests.h"

#include "control/members.h"

#include <gtest/gtest.h>

namespace postern::console {
namespace {

using boost::json::object;

constexpr const control::QueueCommand* kHold = control::queue_command("queue hold");
constexpr const control::QueueCommand* kRetry = control::queue_command("queue retry");
constexpr const control::QueueCommand* kReroute = control::queue_command("queue reroute");

TEST(Requests, WhatIsNotSaidIsLeftOut) {
  EXPECT_EQ(plain_request("status"), (object{{"command", "status"}}));
  EXPECT_EQ(ListRequest().to_json(), (object{{"command", "queue list"}}));
  EXPECT_EQ(CheckRequest().to_json(), (object{{"command", "check"}}));
  EXPECT_EQ(LoginRequest().to_json(), (object{{"command", "login"}}));
  LoginRequest login;
  login.site = "main";
  login.flow = "code";
  EXPECT_EQ(login.to_json(), (object{{"command", "login"}, {"site", "main"}, {"flow", "code"}}));
  EXPECT_EQ(MetricsRequest().to_json(), (object{{"command", "metrics"}, {"format", "openmetrics"}}));
  SendTestRequest test;
  test.recipient = "root";
  EXPECT_EQ(test.to_json(), (object{{"command", "send-test"}, {"recipient", "root"}, {"timeout", 60}}));
}

TEST(Requests, WhatIsSaidIsAsked) {
  ListRequest list;
  list.filter["state"] = "held";
  list.limit = 5;
  list.after = "0123456789abcdef";
  list.order = "newest";
  EXPECT_EQ(list.to_json(), (object{{"command", "queue list"},
                                    {"limit", 5},
                                    {"after", "0123456789abcdef"},
                                    {"order", "newest"},
                                    {"filter", object{{"state", "held"}}}}));
  list.after = "";
  EXPECT_EQ(list.to_json().at("after").as_string(), "") << "a variable that is not set is no beginning";
  CheckRequest check;
  check.site = "office";
  check.verbose = check.accept_weaker = true;
  EXPECT_EQ(check.to_json(),
            (object{{"command", "check"}, {"site", "office"}, {"verbose", true}, {"accept_weaker", true}}));
  ShowRequest show;
  show.ids = {"a", "b"};
  show.body = true;
  EXPECT_EQ(show.to_json(), (std::vector{object{{"command", "queue show"}, {"id", "a"}, {"body", true}},
                                         object{{"command", "queue show"}, {"id", "b"}, {"body", true}}}));
}

TEST(Requests, AQueueCommandIsForIdsOrForASelection) {
  HandlingRequest request;
  request.command = kHold;
  EXPECT_NE(request.lacks().find("which messages?"), std::string::npos);
  request.ids = {"a", "b"};
  EXPECT_EQ(request.lacks(), "");
  EXPECT_EQ(request.to_json(), (std::vector{object{{"command", "queue hold"}, {"id", "a"}},
                                            object{{"command", "queue hold"}, {"id", "b"}}}));
  request.filter["sender"] = "cron";
  EXPECT_NE(request.lacks().find("not both"), std::string::npos);
  request.ids.clear();
  EXPECT_EQ(request.lacks(), "");
  EXPECT_EQ(request.to_json(),
            (std::vector{object{{"command", "queue hold"}, {"filter", object{{"sender", "cron"}}}}}));
  request.filter.clear();
  request.all = true;
  EXPECT_EQ(request.to_json(), (std::vector{object{{"command", "queue hold"}, {"filter", object{}}}}));
}

TEST(Requests, AllIsAsItsOption) {
  for (const control::QueueCommand& command : control::kQueueCommands) {
    HandlingRequest word;
    word.command = &command;
    word.ids = {"all"};
    word.read_all();
    HandlingRequest option;
    option.command = &command;
    option.all = true;
    option.read_all();
    EXPECT_EQ(word.lacks(), "") << command.command;
    EXPECT_EQ(word.to_json(), option.to_json()) << command.command;
    EXPECT_EQ(word.asks(), option.asks()) << command.command;
    EXPECT_EQ(word.asks(), command.name() != "retry") << command.command;
    word.ids = {"all", "0123456789abcdef"};
    word.all = false;
    word.read_all();
    EXPECT_NE(word.lacks(), "") << "one or the other";
  }
}

TEST(Requests, RetryAllIsARequestWithoutMessages) {
  HandlingRequest request;
  request.command = kRetry;
  request.all = true;
  EXPECT_EQ(request.to_json(), (std::vector{object{{"command", "queue retry"}}}));
  request.filter["state"] = "waiting";
  EXPECT_TRUE(request.asks());
  EXPECT_EQ(request.to_json(),
            (std::vector{object{{"command", "queue retry"}, {"filter", object{{"state", "waiting"}}}}}));
  request.yes = true;
  EXPECT_FALSE(request.asks());
}

TEST(Requests, ACommandFitsItsStatesAndEachOfThemIsOne) {
  std::size_t fitting = 0;
  for (const control::QueueCommand& command : control::kQueueCommands) {
    std::string words = " ";
    for (const std::string_view state : control::members::kStates) {
      if (!command.fits(state)) continue;
      ++fitting;
      words += std::string(state) + " ";
    }
    EXPECT_EQ(words.size(), command.states.size() + 2) << command.command << ": a state that there is not";
    for (const char* no : {"", "wait", "held failed", " "}) EXPECT_FALSE(command.fits(no)) << command.command;
  }
  EXPECT_EQ(fitting, 3U + 3U + 2U + 6U + 4U + 4U);
}

TEST(Requests, TheTargetStandsInEachOfThem) {
  HandlingRequest request;
  request.command = kReroute;
  request.target = "office";
  request.ids = {"a", "b"};
  for (const object& one : request.to_json()) EXPECT_EQ(one.at("to").as_string(), "office");
  request.target.clear();
  request.any = true;
  request.ids.clear();
  request.all = true;
  EXPECT_EQ(request.to_json(),
            (std::vector{object{{"command", "queue reroute"}, {"any", true}, {"filter", object{}}}}));
}

}  // namespace
}  // namespace postern::console
