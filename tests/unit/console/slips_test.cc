#include "console/slips.h"

#include "control/members.h"

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <string>

namespace postern::console {
namespace {

class Slips : public testing::Test {
 protected:
  Slips() {
    app.require_subcommand(1);
    app.add_flag("--json");
    app.add_subcommand("status")->add_option("--watch");
    CLI::App* queue = app.add_subcommand("queue")->require_subcommand(1);
    queue->add_subcommand("list")->add_option("--state");
    queue->add_subcommand("reroute")->add_option_group("target")->add_option("--target");
    queue->add_subcommand("show");
    app.add_subcommand("history")->add_subcommand("show");
  }

  std::string told(const std::string& line) {
    app.clear();
    try {
      app.parse(line);
    } catch (const CLI::ParseError&) {
      return unknown_argument(reached(app), app.remaining(true).front());
    }
    return {};
  }

  CLI::App app{"", "postern"};
};

TEST_F(Slips, ACommandThatThereIsNotHasANearestOne) {
  EXPECT_EQ(told("qeue list"), "there is no command \"qeue\"; did you mean queue? there is: status, queue, history");
  EXPECT_EQ(told("stauts"), "there is no command \"stauts\"; did you mean status? there is: status, queue, history");
  EXPECT_EQ(told("zebra"), "there is no command \"zebra\"; there is: status, queue, history");
  EXPECT_EQ(told("queue lst"),
            "postern queue has no command \"lst\"; did you mean list? there is: list, reroute, show");
  EXPECT_EQ(told("queue 'a\x1b[2J'").find('\x1b'), std::string::npos);
}

TEST_F(Slips, ACommandThatIsElsewhereIsNamed) {
  EXPECT_EQ(told("list"), "there is no command \"list\"; did you mean `postern queue list`?");
  EXPECT_EQ(told("reroute all"), "there is no command \"reroute\"; did you mean `postern queue reroute`?");
  EXPECT_EQ(told("show x"),
            "there is no command \"show\"; did you mean `postern queue show` or `postern history show`?");
  EXPECT_EQ(told("queue status"), "postern queue has no command \"status\"; did you mean `postern status`?");
  EXPECT_EQ(told("history list"), "postern history has no command \"list\"; did you mean `postern queue list`?");
  EXPECT_EQ(told("queue help"), "postern queue has no command \"help\"; did you mean `postern help queue`?");
}

TEST_F(Slips, AnIdInThePlaceOfACommandIsToBeShown) {
  EXPECT_EQ(told("history 06f1abcdefghjkmn"),
            "postern history has no command \"06f1abcdefghjkmn\"; did you mean `postern history show "
            "06f1abcdefghjkmn`?");
  EXPECT_EQ(told("queue 06F1AB"), "postern queue has no command \"06F1AB\"; did you mean `postern queue show 06F1AB`?");
  EXPECT_EQ(
      told("06f1ab"),
      "there is no command \"06f1ab\"; did you mean `postern queue show 06f1ab` or `postern history show 06f1ab`?");
  EXPECT_EQ(told("queue list 06f1ab"),
            "postern queue list has no argument \"06f1ab\"; did you mean `postern queue show 06f1ab`?");
  for (const std::string word : {"06i1ab", "123", "06f1abcdefghjkmn0", "abcd"}) {
    EXPECT_EQ(told("queue " + word).find("show " + word), std::string::npos) << word;
  }
}

TEST_F(Slips, AnOptionThatThereIsNotHasANearestOne) {
  EXPECT_EQ(
      told("queue list --stat held"),
      "postern queue list has no option --stat; did you mean --state? `postern queue list --help` shows what there "
      "is");
  EXPECT_EQ(told("queue list --jsn"),
            "postern queue list has no option --jsn; did you mean --json? `postern queue list --help` shows what there "
            "is");
  EXPECT_NE(told("queue reroute --targte=x").find("did you mean --target?"), std::string::npos);
  EXPECT_NE(told("--jsom status").find("did you mean --json?"), std::string::npos);
  EXPECT_EQ(told("status now"), "postern status has no argument \"now\"; `postern status --help` shows what there is");
}

TEST_F(Slips, AnOptionThatIsCalledOtherwiseHereIsTold) {
  CLI::App history{"", "history"};
  for (const char* name : {"--from", "--to"}) history.add_option(name);
  EXPECT_EQ(unknown_argument(history, "--sender"),
            "there is no option --sender; here it is called --from; `history --help` shows what there is");
  EXPECT_NE(unknown_argument(history, "--recipient=x").find("here it is called --to;"), std::string::npos);
  EXPECT_EQ(unknown_argument(history, "--newer-than").find("called"), std::string::npos);
}

TEST_F(Slips, AWordOfAFewHasANearestOneAndTheNames) {
  using control::members::kStates;
  EXPECT_EQ(unknown_word("state", "foo", kStates),
            "\"foo\" is no state; there is: waiting, active, storm, held, failed, corrupt");
  EXPECT_EQ(unknown_word("state", "wating", kStates),
            "\"wating\" is no state; did you mean waiting? there is: waiting, active, storm, held, failed, corrupt");
  for (const std::string_view state : kStates) EXPECT_EQ(unknown_word("state", std::string(state), kStates), "");
  EXPECT_NE(unknown_word("state", "", kStates), "");
}

}  // namespace
}  // namespace postern::console
