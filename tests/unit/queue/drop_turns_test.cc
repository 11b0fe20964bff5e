#include "queue/drop_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <ranges>
#include <set>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

using testing::ElementsAre;

DropBox::Place place(int changed, const std::string& name) {
  return {std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::seconds(changed)), name};
}

DropBox::Waiting waiting(std::uint32_t party, int changed, const std::string& name) {
  return {place(changed, name), party, party};
}

std::vector<std::string> names(const DropBox::Look& look) {
  std::vector<std::string> found;
  for (const DropBox::Waiting& one : look.files) found.push_back(one.at.name);
  return found;
}

struct DropTurnsRow {
  std::string what;
  std::vector<DropBox::Waiting> lies;
  DropBox::Turn turn;
  std::size_t most;
  std::vector<std::string> taken;
};

TEST(DropTurns, EachPartyHasOneTurnAfterTheOther) {
  const std::vector<DropBox::Waiting> two = {waiting(7, 3, "c"), waiting(7, 1, "a"), waiting(7, 2, "b"),
                                             waiting(9, 9, "x"), waiting(9, 8, "y")};
  const std::vector<DropTurnsRow> rows = {
      {"nothing", {}, {}, 10, {}},
      {"one party, by time", {waiting(7, 3, "c"), waiting(7, 1, "a"), waiting(7, 2, "b")}, {}, 10, {"a", "b", "c"}},
      {"at the same time by name",
       {waiting(7, 1, "c"), waiting(7, 1, "a"), waiting(7, 1, "b")},
       {},
       10,
       {"a", "b", "c"}},
      {"two parties", two, {}, 10, {"a", "y", "b", "x", "c"}},
      {"behind the one served last", two, {7, {}}, 10, {"y", "a", "x", "b", "c"}},
      {"behind the last of all the first comes", two, {9, {}}, 10, {"a", "y", "b", "x", "c"}},
      {"a party that is gone", two, {8, {}}, 10, {"y", "a", "x", "b", "c"}},
      {"behind the one in trouble", two, {{}, {{7, place(1, "a")}}}, 10, {"b", "y", "c", "x", "a"}},
      {"the last one was in trouble", two, {{}, {{7, place(3, "c")}}}, 10, {"a", "y", "b", "x", "c"}},
      {"no more than there is place for", two, {}, 4, {"a", "y", "b", "x"}},
      {"the oldest of each", two, {}, 2, {"a", "y"}},
      {"places behind the one in trouble", two, {{}, {{7, place(2, "b")}}}, 2, {"c", "y"}},
      {"more parties than places", two, {}, 1, {"a"}},
      {"more parties than places, and one had its turn", two, {7, {}}, 1, {"y"}},
      {"times before the epoch",
       {waiting(7, -1, "b"), waiting(7, -2, "c"), waiting(7, 0, "a")},
       {},
       10,
       {"c", "b", "a"}},
  };
  for (const DropTurnsRow& row : rows) {
    std::vector<DropBox::Waiting> lies = row.lies;
    std::ranges::sort(lies, {}, [](const auto& one) { return one.at.name; });
    do {
      DropTurns turns(row.turn, row.most);
      for (const auto& one : lies) turns.add(one);
      const DropBox::Look look = turns.take();
      ASSERT_EQ(names(look), row.taken) << row.what;
      ASSERT_EQ(look.left, lies.size() - row.taken.size()) << row.what;
    } while (std::ranges::next_permutation(lies, {}, [](const auto& one) { return one.at.name; }).found);
  }
}

TEST(DropTurns, AHundredThousandFilesOfOneAreOneFileBeforeThatOfAnother) {
  DropTurns turns({}, 1000);
  for (int i = 0; i < 100'000; ++i) turns.add(waiting(7, i % 977, std::to_string(i)));
  turns.add(waiting(9, 100'000, "alert"));
  const DropBox::Look look = turns.take();
  EXPECT_LE(look.files.size(), 1000U);
  EXPECT_EQ(look.files.at(1).at.name, "alert");
  EXPECT_EQ(look.left + look.files.size(), 100'001U);
}

/// Whatever is done with them, no party and no file of it waits for ever.
TEST(DropTurns, LookAfterLookEveryFileHasItsTurn) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::map<std::string, DropBox::Waiting> lies;
    for (int i = 0; i < 40; ++i) {
      const std::string name = std::to_string(i);
      lies[name] = waiting(static_cast<std::uint32_t>(random() % 7), static_cast<int>(random() % 5), name);
    }
    std::set<std::string> tried;
    DropBox::Turn turn;
    for (int look = 0; look < 200 && tried.size() < lies.size(); ++look) {
      DropTurns turns(turn, 5);
      for (const auto& [name, one] : lies) turns.add(one);
      // Every file is in trouble, and a look ends after two of them.
      const DropBox::Look found = turns.take();
      for (const DropBox::Waiting& one : found.files | std::views::take(2)) {
        tried.insert(one.at.name);
        turn.last = one.party;
        turn.behind[one.party] = one.at;
      }
    }
    ASSERT_EQ(tried.size(), lies.size()) << round;
  }
}

}  // namespace
}  // namespace postern::queue
