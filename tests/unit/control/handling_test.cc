#include "control/handling.h"

#include "session.h"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace postern::control {
namespace {

using boost::json::object;

class HandlingTest : public Control {
 protected:
  static std::string selected(const std::string& command, const std::string& filter) {
    return R"({"command":")" + command + R"(","filter":)" + filter + "}";
  }
  static const object& last_but_one(const std::vector<object>& lines) { return lines.at(lines.size() - 2); }
};

constexpr const char* kCommands[] = {"queue retry", "queue hold", "queue release", "queue delete", "queue bounce"};

TEST_F(HandlingTest, EveryCommandHasItsRow) {
  for (const char* command : kCommands) {
    ASSERT_NE(find_handling(command), nullptr) << command;
    EXPECT_NE(find_command(command, Form::json), nullptr) << command;
  }
  EXPECT_EQ(find_handling("queue list"), nullptr);
}

TEST_F(HandlingTest, ACommandWithoutIdAndFilterTouchesNothing) {
  add(1, kAlice);
  for (const char* command : kCommands) {
    if (std::string_view(command) == "queue retry") continue;  // means all of them, and harms none
    EXPECT_EQ(exit_of(R"({"command":")" + std::string(command) + "\"}"), 64) << command;
    EXPECT_EQ(exit_of(selected(command, "7")), 64) << command;
    EXPECT_EQ(exit_of(selected(command, R"({"state":"lost"})")), 64) << command;
    EXPECT_EQ(exit_of(selected(command, R"({"sender":7})")), 64) << command;
    EXPECT_EQ(exit_of(selected(command, R"({"older_than":-1})")), 64) << command;
    EXPECT_EQ(exit_of(selected(command, R"({"through":"../x"})")), 64) << command;
  }
  EXPECT_EQ(queue.entries.size(), 1U);
}

TEST_F(HandlingTest, Q07_ASelectionIsHandledWholeAndCounted) {
  for (unsigned i = 0; i < 100; ++i) add(i, kAlice).sender = i % 2 == 0 ? "cron@web1" : "other@web1";
  const auto held = ask_json(selected("queue hold", R"({"sender":"cron@"})"));
  EXPECT_EQ(last_but_one(held).at("kind").as_string(), "held");
  EXPECT_EQ(last_but_one(held).at("count").as_int64(), 50);
  EXPECT_EQ(last_but_one(held).at("left").as_int64(), 0);
  EXPECT_EQ(last_but_one(ask_json(selected("queue release", R"({"state":"held"})"))).at("count").as_int64(), 50);
  EXPECT_EQ(last_but_one(ask_json(selected("queue retry", "{}"))).at("count").as_int64(), 100);
  EXPECT_EQ(queue.retried.size(), 100U);
  EXPECT_EQ(last_but_one(ask_json(selected("queue delete", R"({"sender":"other@"})"))).at("count").as_int64(), 50);
  EXPECT_EQ(last_but_one(ask_json(selected("queue bounce", "{}"))).at("count").as_int64(), 50);
  EXPECT_TRUE(queue.entries.empty());
}

TEST_F(HandlingTest, Q07_ASelectionIsTakenOldestFirstAndEndsWithWhatThereWasAtItsStart) {
  for (unsigned i = 0; i < 3; ++i) add(i, kAlice);
  const std::string order = R"(,"order":"next","after":")" + id(1).str() + R"(","filter":{"state":"waiting"}})";
  const auto lines = ask_json(R"({"command":"queue retry")" + order, kAlice);
  EXPECT_EQ(last_but_one(lines).at("count").as_int64(), 3);
  const queue::Selection& selection = queue.selections.back();
  EXPECT_EQ(selection.order, queue::Order::oldest);
  EXPECT_FALSE(selection.after);
  EXPECT_EQ(selection.through, id(2));
  queue.entries.clear();
  EXPECT_EQ(exit_of(selected("queue delete", "{}")), 0);
  EXPECT_EQ(queue.selections.back().through, QueueId()) << "what comes now is not meant";
}

TEST_F(HandlingTest, Q07_WhatSelectsNothingIsRefusedRatherThanMeanEverything) {
  add(1, kAlice);
  for (const char* filter : {R"({"sender":""})", R"({"recipient":""})", R"({"site":""})", R"({"text":""})",
                             R"({"state":""})", R"({"sender":null})", R"({"state":null})", R"({"older_than":null})",
                             R"({"through":null})", R"({"sendr":"a"})"}) {
    for (const char* command : kCommands) EXPECT_EQ(exit_of(selected(command, filter)), 64) << command << filter;
    EXPECT_EQ(exit_of(selected("queue list", filter)), 64) << filter;
  }
  EXPECT_EQ(queue.entries.size(), 1U);
  const std::string refusal(ask_json(selected("queue delete", R"({"sender":""})")).back().at("error").as_string());
  EXPECT_NE(refusal.find("\"sender\" is empty"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("--all"), std::string::npos) << refusal;
}

TEST_F(HandlingTest, TheNullSenderIsSelectedByItsSignAndNoUnreadableMessageHasIt) {
  add(1, kRoot);
  add(2, kRoot).sender.clear();
  queue::Entry& unreadable = add(3, kRoot, queue::State::corrupt);
  unreadable.sender.clear();
  unreadable.recipients.clear();
  EXPECT_EQ(last_but_one(ask_json(selected("queue delete", R"({"sender":"<>"})"))).at("count").as_int64(), 1);
  EXPECT_EQ(queue.removed, std::vector<QueueId>{id(2)});
}

TEST_F(HandlingTest, Q07_OnlyWhatWasShownIsTouchedWhateverFitsTheFilterByNow) {
  for (unsigned i = 0; i < 100; ++i) add(i, i % 2 == 0 ? kAlice : kBob);
  queue.entries[4].state = queue::State::held;  // no longer what was agreed to
  std::string ids;
  for (unsigned i = 0; i < 90; ++i) ids += (i == 0 ? "\"" : ",\"") + id(i + 2).str() + "\"";
  const std::string request = R"({"command":"queue delete","filter":{"state":"waiting","newer_than":0},"ids":[)";
  const auto lines = ask_json(request + ids + ",\"" + id(3).str() + "\",\"" + id(777).str() + "\"]}", kAlice);
  EXPECT_EQ(lines.back().at("exit").as_int64(), 0);
  EXPECT_EQ(last_but_one(lines).at("count").as_int64(), 44);
  EXPECT_EQ(queue.entries.size(), 56U);
  EXPECT_EQ(queue.entries[0].id, id(0)) << "it fits, but was not shown";
  EXPECT_TRUE(queue.selections.empty());
  for (const char* wrong : {"7", "{}", "[7]", "[\"../x\"]", "null", "\"x\""}) {
    EXPECT_EQ(exit_of(R"({"command":"queue delete","filter":{},"ids":)" + std::string(wrong) + "}"), 64) << wrong;
  }
  for (const char* command : kCommands) {
    EXPECT_EQ(exit_of(R"({"command":")" + std::string(command) + R"(","ids":[")" + id(0).str() + "\"]}"), 64)
        << command;
  }
  EXPECT_EQ(queue.entries.size(), 56U);
}

TEST_F(HandlingTest, Q07_WhatIsThereInAnotherStateIsToldAndCountedAsLeft) {
  for (unsigned i = 0; i < 3; ++i) queue.set_aside.push_back(add(i, kRoot, queue::State::failed).id);
  add(3, kRoot);
  const auto lines = ask_json(selected("queue retry", R"({"older_than":0})"));
  EXPECT_EQ(lines.back().at("exit").as_int64(), 66) << "as by id";
  EXPECT_EQ(last_but_one(lines).at("count").as_int64(), 1);
  EXPECT_EQ(last_but_one(lines).at("left").as_int64(), 3);
  EXPECT_EQ(lines[0].at("kind").as_string(), "problem");
  EXPECT_NE(lines[0].at("text").as_string().find("failed for good"), std::string::npos);
  queue.removed_while_listed = true;
  const auto gone = ask_json(selected("queue delete", R"({"state":"waiting"})"));
  EXPECT_EQ(gone.back().at("exit").as_int64(), 0) << "delivered meanwhile";
  EXPECT_EQ(last_but_one(gone).at("left").as_int64(), 0);
}

TEST_F(HandlingTest, AllIsAllThatItCanBeDoneTo) {
  const std::vector<queue::State> states{queue::State::waiting, queue::State::held, queue::State::failed,
                                         queue::State::corrupt};
  for (const QueueCommand& command : kQueueCommands) {
    if (command.target) continue;
    queue.entries.clear();
    queue.set_aside.clear();
    unsigned number = 0;
    std::int64_t fitting = 0;
    for (const queue::State state : states) {
      for (int i = 0; i < 2; ++i) {
        const QueueId made = add(number++, kRoot, state).id;
        if (state != queue::State::waiting) queue.set_aside.push_back(made);
        if (command.fits(queue::name(state))) ++fitting;
      }
    }
    const auto lines = ask_json(selected(std::string(command.command), "{}"));
    ASSERT_EQ(lines.size(), 2U) << command.command << ": a word for one that is not meant";
    EXPECT_EQ(lines[0].at("count").as_int64(), fitting) << command.command;
    EXPECT_EQ(lines[0].at("left").as_int64(), 0) << command.command;
    EXPECT_EQ(lines[1].at("exit").as_int64(), 0) << command.command;
    clock.advance(Seconds(2));
  }
}

TEST_F(HandlingTest, SaysWhetherTheSenderOfWhatWasGivenUpIsTold) {
  for (unsigned i = 0; i < 6; ++i) add(i, kRoot);
  EXPECT_EQ(ask_json(request("queue bounce", 0)).front().at("told").as_string(), "now");
  queue.told = queue::Told::later;
  EXPECT_EQ(ask_json(request("queue bounce", 1)).front().at("told").as_string(), "later");
  queue.told = queue::Told::never;
  EXPECT_EQ(ask_json(request("queue bounce", 2)).front().at("told").as_string(), "never");
  const object all = last_but_one(ask_json(selected("queue bounce", "{}")));
  EXPECT_EQ(all.at("count").as_int64(), 3);
  EXPECT_EQ(all.at("told_never").as_int64(), 3);
  EXPECT_FALSE(all.contains("told_later"));
}

TEST_F(HandlingTest, RerouteIsForAdministratorsAndNamesASmarthostThatThereIs) {
  const std::string id = add(1, kAlice).id.str();
  sites = {"main", "backup"};
  const auto request = [&](const std::string& target) {
    return R"({"command":"queue reroute","id":")" + id + "\"" + target + "}";
  };
  EXPECT_EQ(exit_of(request(R"(,"to":"backup")")), 0);
  EXPECT_EQ(exit_of(request(R"(,"any":true)")), 0);
  ASSERT_EQ(queue.rerouted.size(), 2U);
  EXPECT_EQ(queue.rerouted[0].second, "backup");
  EXPECT_EQ(queue.rerouted[1].second, "");
  EXPECT_EQ(exit_of(request("")), 64);
  EXPECT_EQ(exit_of(request(R"(,"to":"")")), 64);
  EXPECT_EQ(exit_of(request(R"(,"to":7)")), 64);
  EXPECT_EQ(exit_of(request(R"(,"to":"backup","any":true)")), 64);
  EXPECT_EQ(exit_of(R"({"command":"queue reroute","to":"backup"})"), 64);
  const std::string refusal = boost::json::serialize(ask_json(request(R"(,"to":"other")")).back());
  EXPECT_NE(refusal.find("no smarthost is called other; there is: main, backup"), std::string::npos) << refusal;
  const std::string slip = boost::json::serialize(ask_json(request(R"(,"to":"bakcup")")).back());
  EXPECT_NE(slip.find("no smarthost is called bakcup; did you mean backup? there is: main, backup"), std::string::npos);
  EXPECT_EQ(exit_of(request(R"(,"to":"backup")"), kAlice), 77);
  EXPECT_EQ(queue.rerouted.size(), 2U);
  EXPECT_EQ(exit_of(request(R"(,"to":"BackUp")")), 0);
  EXPECT_EQ(queue.rerouted.back().second, "backup");
  const auto lines = ask_json(R"({"command":"queue reroute","to":"main","filter":{}})");
  EXPECT_EQ(last_but_one(lines).at("kind").as_string(), "rerouted");
  EXPECT_EQ(last_but_one(lines).at("count").as_int64(), 1);
}

TEST_F(HandlingTest, ASmarthostOrARouteThatNobodyKnowsIsNoEmptySelection) {
  sites = {"main", "shop"};
  queue.route_list = {{"main, shop"}, {"shop"}};
  queue::Entry& gone = add(1, kAlice);
  gone.site = "gone";
  gone.routes = {"gone"};
  struct Case {
    std::string filter;
    std::string error;  ///< empty: none
  };
  const Case cases[] = {
      {R"({"site":"shop"})", ""},
      {R"({"site":"SHOP"})", ""},
      {R"({"site":"gone"})", ""},
      {R"({"site":"Gone"})", ""},
      {R"({"route":"gone"})", ""},
      {R"({"site":"shpo"})", "no smarthost is called shpo; did you mean shop? there is: main, shop"},
      {R"({"site":"nosuch"})", "no smarthost is called nosuch; there is: main, shop"},
      {R"({"site":"nosuch","state":"held"})", "no smarthost is called nosuch; there is: main, shop"},
      {R"({"route":"main,shop"})", ""},
      {R"({"route":"Main, Shop"})", ""},
      {R"({"route":"main"})", ""},
      {R"({"route":"all smarthosts"})", ""},
      {R"({"route":"not known"})", ""},
      {R"({"route":"nosuch"})", "no route is called nosuch; there is: main, shop | shop"},
      {R"({"route":"shop,main"})", "no route is called shop,main; "},
  };
  for (const Case& one : cases) {
    for (const std::string command : {"queue list", "queue retry"}) {
      const object end = ask_json(selected(command, one.filter)).back();
      EXPECT_EQ(end.contains("error"), !one.error.empty()) << command << one.filter << end;
      if (!end.contains("error")) continue;
      EXPECT_TRUE(end.at("error").as_string().starts_with(one.error)) << end;
      EXPECT_EQ(end.at("exit").to_number<int>(), 64);
    }
  }
  queue.route_list.clear();
  EXPECT_EQ(exit_of(selected("queue list", R"({"route":"nosuch"})")), 64);
  EXPECT_EQ(exit_of(selected("queue list", R"({"route":"shop"})")), 0);
}

TEST_F(HandlingTest, WhatIsBusyIsNamedCountedAndLeft) {
  for (unsigned i = 0; i < 60; ++i) add(i, kAlice, i < 30 ? queue::State::active : queue::State::waiting);
  const auto lines = ask_json(selected("queue delete", "{}"));
  EXPECT_EQ(lines.back().at("exit").as_int64(), 75);
  EXPECT_EQ(last_but_one(lines).at("count").as_int64(), 30);
  EXPECT_EQ(last_but_one(lines).at("left").as_int64(), 30);
  const auto problems = std::count_if(lines.begin(), lines.end(), [](const object& line) {
    return line.contains("kind") && line.at("kind").as_string() == "problem";
  });
  EXPECT_EQ(problems, 20) << "the first of them";
}

TEST_F(HandlingTest, WhatIsBeingTriedIsAsARetryOfASelectionWantsIt) {
  add(1, kAlice, queue::State::active);
  add(2, kAlice);
  const auto lines = ask_json(selected("queue retry", R"({"text":"refused"})"));
  EXPECT_EQ(lines.back().at("exit").as_int64(), 0);
  EXPECT_EQ(last_but_one(lines).at("count").as_int64(), 2);
  EXPECT_EQ(exit_of(request("queue retry", 1)), 75) << "by id it is worth a word";
}

TEST_F(HandlingTest, Q02_InASelectionOthersMessagesArePassedOver) {
  for (unsigned i = 0; i < 80; ++i) add(i, i % 4 == 0 ? kAlice : kBob);
  EXPECT_EQ(last_but_one(ask_json(selected("queue delete", "{}"), kAlice)).at("count").as_int64(), 20);
  EXPECT_EQ(queue.entries.size(), 60U);
  for (const QueueId& gone : queue.removed) {
    EXPECT_TRUE(std::none_of(queue.entries.begin(), queue.entries.end(),
                             [&](const queue::Entry& entry) { return entry.id == gone; }));
  }
}

TEST_F(HandlingTest, SaysWhatToDoWhereTheStateForbidsIt) {
  struct Case {
    queue::State state;
    const char* words;
  };
  for (const Case& one : {Case{queue::State::failed, "failed for good"}, Case{queue::State::corrupt, "is damaged"},
                          Case{queue::State::held, "queue release"}}) {
    queue.entries.clear();
    queue.set_aside = {add(1, kRoot, one.state).id};
    const auto lines = ask_json(request("queue retry", 1));
    EXPECT_EQ(lines.back().at("exit").as_int64(), 66);
    EXPECT_NE(std::string(lines.back().at("error").as_string()).find(one.words), std::string::npos) << one.words;
  }
}

TEST_F(HandlingTest, AListingHasOrderAndFilter) {
  for (unsigned i = 0; i < 3; ++i) add(i, kRoot);
  sites = {"x"};
  EXPECT_EQ(exit_of(R"({"command":"queue list","order":"newest","filter":{"state":"waiting","text":"refused",)"
                    R"("older_than":60,"newer_than":3600,"recipient":"a","site":"x"}})"),
            0);
  const queue::Selection& selection = queue.selections.back();
  EXPECT_EQ(selection.order, queue::Order::newest);
  EXPECT_EQ(selection.state, queue::State::waiting);
  EXPECT_EQ(selection.text, "refused");
  EXPECT_EQ(selection.recipient, "a");
  EXPECT_EQ(selection.site, "x");
  EXPECT_EQ(selection.before, clock.wall() - Seconds(60));
  EXPECT_EQ(selection.since, clock.wall() - Seconds(3600));
  EXPECT_EQ(exit_of(R"({"command":"queue list","order":"colour"})"), 64);
  EXPECT_EQ(exit_of(R"({"command":"queue list","order":"next","after":")" + id(1).str() + "\"}"), 64);
}

}  // namespace
}  // namespace postern::control
