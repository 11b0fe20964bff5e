#include "history/endings.h"

#include "unit/history/a_record.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace postern::history {
namespace {

Record of(Kind kind, const std::string& to, const std::string& count = "", int message = 1) {
  Record record = a_record(message, kind);
  record[Field::to] = to;
  record[Field::count] = count;
  return record;
}

/// Of records newest first, those that are shown: their states.
std::string shown(const std::vector<Record>& records, const std::string& to = "") {
  Endings endings(to);
  std::string text;
  for (const Record& one : records) {
    if (endings.shows(one)) text += (text.empty() ? "" : " ") + one[Field::kind];
  }
  return text;
}

TEST(Endings, OfAMessageThatArrivedOneLineIsLeft) {
  EXPECT_EQ(shown({of(Kind::delivered, "a"), of(Kind::deferred, "a"), of(Kind::accepted, "a")}), "delivered");
  EXPECT_EQ(shown({of(Kind::failed, "a"), of(Kind::accepted, "a")}), "failed");
  EXPECT_EQ(shown({of(Kind::bounced, "a"), of(Kind::accepted, "a")}), "bounced");
  EXPECT_EQ(shown({of(Kind::gathered, "a b", "2"), of(Kind::accepted, "a b", "2")}), "gathered");
}

TEST(Endings, OfOneThatWaitsTheLastWordIs) {
  EXPECT_EQ(shown({of(Kind::accepted, "a")}), "accepted");
  EXPECT_EQ(shown({of(Kind::deferred, "a"), of(Kind::deferred, "a"), of(Kind::accepted, "a")}), "deferred");
}

TEST(Endings, AMessageOfWhichNotEverybodyIsToldOfStaysAccepted) {
  EXPECT_EQ(shown({of(Kind::delivered, "a"), of(Kind::accepted, "a b", "2")}), "delivered accepted");
  EXPECT_EQ(shown({of(Kind::delivered, "a"), of(Kind::deferred, "b"), of(Kind::accepted, "a b", "2")}),
            "delivered deferred");
  EXPECT_EQ(shown({of(Kind::delivered, "b"), of(Kind::delivered, "a"), of(Kind::deferred, "a b", "2"),
                   of(Kind::accepted, "a b", "2")}),
            "delivered delivered");
  EXPECT_EQ(shown({of(Kind::deferred, "b"), of(Kind::delivered, "a"), of(Kind::deferred, "b a", "2"),
                   of(Kind::accepted, "a b", "2")}),
            "deferred delivered");
  EXPECT_EQ(shown({of(Kind::delivered, "a"), of(Kind::deferred, "b a", "2"), of(Kind::accepted, "a b", "2")}),
            "delivered deferred");
  EXPECT_EQ(shown({of(Kind::delivered, "a"), of(Kind::deferred, "b a", "2"), of(Kind::accepted, "a b c", "3")}),
            "delivered deferred accepted");
}

TEST(Endings, WhatWasDeletedHasEnded) {
  EXPECT_EQ(shown({of(Kind::deleted, "b"), of(Kind::delivered, "a"), of(Kind::deferred, "b"),
                   of(Kind::accepted, "a b", "2")}),
            "deleted delivered");
}

// Of the ends of a message those alone come that are about them.
TEST(Endings, WhoAsksForSomeRecipientsIsToldNoAcceptanceBesideTheEndOfThese) {
  const Record five = of(Kind::accepted, "b1@x b2@x c3@x c4@x c5@x", "5");
  EXPECT_EQ(shown({of(Kind::bounced, "b1@x"), five}, "b1@"), "bounced");
  EXPECT_EQ(shown({of(Kind::bounced, "b1@x"), five}, "B1@"), "bounced") << "letters of either case";
  EXPECT_EQ(shown({of(Kind::bounced, "b1@x b2@x c3@x c4@x c5@x", "5"), five}, "b1@"), "bounced");
  EXPECT_EQ(shown({of(Kind::delivered, "b1@x"), of(Kind::failed, "b2@x"), five}, "b"), "delivered failed");
  EXPECT_EQ(shown({of(Kind::delivered, "b1@x"), five}, "b"), "delivered accepted") << "b2 waits";
  EXPECT_EQ(shown({of(Kind::deferred, "b1@x"), five}, "b1@"), "deferred");
  EXPECT_EQ(shown({five}, "b1@"), "accepted");
  EXPECT_EQ(shown({of(Kind::delivered, "c3@x"), five}, "b1@"), "delivered accepted") << "another's end is not its own";
  EXPECT_EQ(shown({of(Kind::delivered, "b1@x"), five}, "1@x b2"), "delivered accepted") << "over two names";
  EXPECT_EQ(shown({of(Kind::deleted, "c3@x"), five}, "b1@"), "deleted");
  Record led_on = of(Kind::accepted, "a@x b@x", "2");
  led_on[Field::original] = "root -";
  Record end = of(Kind::delivered, "a@x");
  end[Field::original] = "root";
  EXPECT_EQ(shown({end, led_on}, "root"), "delivered") << "whom the sender named";
  const Record cut = of(Kind::accepted, "b1@x b2@x", "50");
  EXPECT_EQ(shown({of(Kind::delivered, "b1@x"), cut}, "b1@"), "delivered accepted") << "others may be meant, too";
}

TEST(Endings, AStoryHasEndedWithTheLastOfItsRecipients) {
  const auto ended = [](const std::vector<Record>& newest_first) {
    Ended story;
    for (const Record& one : newest_first) story.add(one);
    return story.has_ended();
  };
  EXPECT_TRUE(ended({}));
  EXPECT_FALSE(ended({of(Kind::accepted, "a")}));
  EXPECT_FALSE(ended({of(Kind::deferred, "a"), of(Kind::accepted, "a")}));
  EXPECT_FALSE(ended({of(Kind::deferred, "a")}));
  EXPECT_FALSE(ended({of(Kind::delivered, "a"), of(Kind::accepted, "a b", "2")}));
  EXPECT_FALSE(ended({of(Kind::deferred, "b"), of(Kind::delivered, "a"), of(Kind::accepted, "a b", "2")}));
  EXPECT_FALSE(ended({of(Kind::delivered, "a"), of(Kind::deferred, "b"), of(Kind::accepted, "a b", "2")}));
  for (const Kind kind : {Kind::delivered, Kind::failed, Kind::bounced, Kind::deleted, Kind::gathered}) {
    EXPECT_TRUE(ended({of(kind, "a"), of(Kind::deferred, "a"), of(Kind::accepted, "a")})) << name(kind);
    EXPECT_TRUE(ended({of(kind, "a")})) << "the acceptance is too old to be kept";
  }
  EXPECT_TRUE(ended({of(Kind::failed, "b"), of(Kind::delivered, "a"), of(Kind::accepted, "a b", "2")}));
  EXPECT_TRUE(ended({of(Kind::deleted, "b"), of(Kind::delivered, "a"), of(Kind::accepted, "a b c", "3")}));
  // An acceptance in several records.
  EXPECT_TRUE(
      ended({of(Kind::failed, "b"), of(Kind::delivered, "a"), of(Kind::accepted, "b"), of(Kind::accepted, "a")}));
  EXPECT_FALSE(ended({of(Kind::delivered, "a"), of(Kind::accepted, "b"), of(Kind::accepted, "a")}));
  EXPECT_FALSE(ended({of(Kind::delivered, "b"), of(Kind::accepted, "b"), of(Kind::accepted, "a")}));
}

TEST(Endings, MessagesAreApartAndRefusalsAreNone) {
  Record refused = of(Kind::refused, "a");
  refused[Field::id].clear();
  EXPECT_EQ(shown({of(Kind::delivered, "a", "", 1), refused, refused, of(Kind::accepted, "a", "", 2)}),
            "delivered refused refused accepted");
}

TEST(Endings, OfVeryManyTheMemoryIsBounded) {
  for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
    Endings endings;
    for (std::size_t i = 0; i < Endings::kMost + more; ++i) {
      Record record = of(Kind::delivered, "a");
      record[Field::id] = std::to_string(i);
      EXPECT_TRUE(endings.shows(record));
    }
    Record first = of(Kind::accepted, "a");
    first[Field::id] = "0";
    EXPECT_EQ(endings.shows(first), more > 0) << "one more, and what was known of it is forgotten";
  }
}

// Names that have no room in one record stand in several, the last ones in the newest.
TEST(Endings, AnAcceptanceInSeveralRecordsIsToldOfWhomNothingWasShown) {
  const Record later = of(Kind::accepted, "c d", "2");
  const Record sooner = of(Kind::accepted, "a b", "2");
  const Record all_but_d = of(Kind::delivered, "a b c", "3");
  EXPECT_EQ(shown({later, sooner}), "accepted accepted");
  EXPECT_EQ(shown({of(Kind::delivered, "d"), all_but_d, later, sooner}), "delivered delivered");
  EXPECT_EQ(shown({of(Kind::delivered, "a b", "2"), later, sooner}), "delivered accepted");
  EXPECT_EQ(shown({of(Kind::delivered, "c d", "2"), later, sooner}), "delivered accepted");
  EXPECT_EQ(shown({all_but_d, later, sooner}), "delivered accepted");
  EXPECT_EQ(shown({of(Kind::deferred, "c d", "2"), of(Kind::deferred, "a b", "2"), later, sooner}),
            "deferred deferred");
  EXPECT_EQ(shown({of(Kind::deleted, "c d", "2"), of(Kind::deleted, "a b", "2"), later, sooner}), "deleted deleted");
  EXPECT_EQ(shown({of(Kind::delivered, "c"), later}, "c"), "delivered");
  // Of more names than are remembered they are counted.
  std::vector<Record> many;
  for (int i = 0; i < 300; ++i) many.push_back(of(Kind::delivered, "r" + std::to_string(i)));
  for (int begin = 200; begin >= 0; begin -= 100) {
    std::string names;
    for (int i = begin; i < begin + 100; ++i) names += (names.empty() ? "r" : " r") + std::to_string(i);
    many.push_back(of(Kind::accepted, names, "100"));
  }
  EXPECT_EQ(shown(many).find("accepted"), std::string::npos);
  for (const std::ptrdiff_t missing : {0, 50, 150, 299}) {
    std::vector<Record> but_one = many;
    but_one.erase(but_one.begin() + missing);
    EXPECT_NE(shown(but_one).find("accepted"), std::string::npos) << missing;
    Ended story;
    for (const Record& one : but_one) story.add(one);
    EXPECT_FALSE(story.has_ended()) << missing;
  }
}

}  // namespace
}  // namespace postern::history
