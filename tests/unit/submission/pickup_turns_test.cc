// Owners have their turns, and what one of them left keeps no other waiting.
#include "fake_drop_box.h"
#include "queue/drop_state.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace postern::submission {
namespace {

using dropped::commands;
using dropped::FakeBox;
using dropped::frame;
using dropped::kId;
using dropped::Place;
using test::ExpectLog;
using testing::ElementsAre;
using testing::HasSubstr;

Task<void> note_opened(unsigned* before, const FakeBox* box) {
  *before = box->opened;
  co_return;
}

TEST(PickupTurns, TheTroubleOfOneOwnerKeepsNoOtherWaitingAndEndsInALook) {
  const std::string good = frame(commands());
  const std::vector<FakeBox::Content> troubles = {
      {good, 1, Failure::io}, {good, 1, {}, Failure::io}, {good, 1, Failure::no_space}};
  for (const FakeBox::Content& bad : troubles) {
    Place place;
    const ExpectLog expected("dropped mail cannot be taken now uid=1 ");
    for (int i = 0; i < 100; ++i) place.box.files["bad" + std::to_string(i)] = bad;
    place.box.files["good"] = {good, 2, {}, {}, 1000};
    place.run();
    EXPECT_EQ(place.queue.stored.size(), 1U);
    EXPECT_LE(place.box.opened, Pickup::kTroubles + 1);
    EXPECT_THAT(place.box.waits, ElementsAre(Pickup::kRetry));
  }
}

TEST(PickupTurns, WhatLiesBehindTheTroubleOfTheSameOwnerIsTakenInALaterLook) {
  Place place;
  const ExpectLog expected("dropped mail cannot be taken now");
  for (unsigned i = 0; i < 3 * Pickup::kTroubles; ++i) {
    place.box.files["bad" + std::to_string(i)] = {"", 1, Failure::io};
  }
  place.box.files["good"] = {frame(commands()), 1, {}, {}, 1000};
  place.run(4);
  EXPECT_EQ(place.queue.stored.size(), 1U);
  EXPECT_LE(place.box.opened, 4 * Pickup::kTroubles + 1);
}

TEST(PickupTurns, ThousandsOfBadFilesOfOneOwnerAreOneFileBeforeTheMailOfAnother) {
  Place place;
  const ExpectLog expected("dropped file refused");
  for (int i = 0; i < 3000; ++i) place.box.files[std::to_string(i)] = {"rubbish", 1};
  place.box.files["good"] = {frame(commands()), 2, {}, {}, 1000};
  unsigned before = 0;
  place.box.on_open = [&] { before += place.queue.stored.empty() ? 1U : 0U; };
  place.run();
  EXPECT_EQ(before, 2U) << "one of each";
  EXPECT_EQ(place.queue.stored.size(), 1U);
  EXPECT_EQ(place.box.aside.size(), 3000U);
  EXPECT_EQ(place.box.waits.size(), 1U) << "one look follows the other until all is done";
}

TEST(PickupTurns, TheOldestOfAnOwnerComesFirst) {
  Place place;
  const std::vector<std::pair<std::string, int>> order = {{"c", 1}, {"a", 2}, {"b", 2}};
  for (const auto& [name, changed] : order) {
    const std::string text = "Subject: " + name + "\n\n";
    place.box.files[name] = {frame(commands(std::string(32, name[0])), text), 1, {}, {}, changed};
  }
  place.run();
  ASSERT_EQ(place.queue.stored.size(), 3U);
  for (std::size_t i = 0; i < order.size(); ++i) {
    EXPECT_THAT(place.queue.stored[i].text, HasSubstr("Subject: " + order[i].first));
  }
}

TEST(PickupTurns, WhatComesDuringALongLookHasItsTurnSoon) {
  Place place;
  const ExpectLog expected("dropped file refused");
  for (int i = 0; i < 500; ++i) place.box.files[std::to_string(i)] = {"rubbish", 1};
  place.box.on_open = [&place] {
    place.clock.advance(std::chrono::milliseconds(400));
    if (place.box.opened == 2) place.box.files["good"] = {frame(commands()), 2, {}, {}, 1000};
  };
  unsigned before = 0;
  place.queue.before_commit = [&] { return note_opened(&before, &place.box); };
  place.run();
  EXPECT_LE(before, 5U);
  EXPECT_EQ(place.box.aside.size(), 500U);
}

TEST(PickupTurns, TroubleOfSeveralOwnersIsToldOnceForEachAndAgainWhenItComesBack) {
  Place place;
  const ExpectLog expected("dropped mail cannot be taken now");
  const auto lines = [] {
    return std::ranges::count_if(test::logged(), [](const auto& line) { return line.find("taken now") != line.npos; });
  };
  const FakeBox::Content bad = {"", 1, Failure::io};
  place.box.files["a"] = bad;
  place.box.files["b"] = {frame(commands()), 2, {}, Failure::io};
  std::vector<std::ptrdiff_t> told;
  place.box.on_wait = [&] {
    told.push_back(lines());
    if (told.size() == 2) place.box.files["a"] = {frame(commands()), 1};
    if (told.size() == 3) place.box.files["a"] = bad;
  };
  place.run(5);
  EXPECT_THAT(told, ElementsAre(2, 2, 2, 3, 3));
}

TEST(PickupTurns, WhatIsRemovedToMakePlaceIsTold) {
  Place place;
  const ExpectLog refused("dropped file refused");
  const ExpectLog expected("refused file removed to make place uid=7 file=/s/refused/x");
  place.box.displaced = {{7, "/s/refused/x", WallTime{}, "MAIL FROM:<a@b.example>\nRCPT"}};
  place.box.files["x"] = {"rubbish"};
  place.run();
  EXPECT_TRUE(test::was_logged("MAIL FROM:<a@b.example>"));
}

TEST(PickupTurns, HoweverMuchIsRemovedToMakePlaceItIsCountedForEachUser) {
  Place place;
  const ExpectLog refused("dropped file refused");
  const ExpectLog single("refused file removed to make place uid=7 ");
  const ExpectLog expected(
      "refused files removed to make place uid=7 files=100 oldest=2026-10-01T00:00:00.000Z "
      "newest=2026-10-01T00:00:01.000Z");
  const WallTime first = *parse_rfc3339("2026-10-01T00:00:00Z");
  place.box.displaced = {{7, "/s/refused/x", first + Seconds(1), ""}, {7, "/s/refused/y", first, ""}};
  for (int i = 0; i < 50; ++i) place.box.files[std::to_string(i)] = {"rubbish"};
  place.run(2);
  const auto lines = std::ranges::count_if(
      test::logged(), [](const auto& line) { return line.find("removed to make place") != line.npos; });
  EXPECT_EQ(static_cast<std::size_t>(lines), Pickup::kTold + 1);
}

TEST(PickupTidies, WhatWasRefusedIsForgottenAfterItsTimeWithALineForEach) {
  Place place;
  place.box.old = {{7, "/s/refused/x", WallTime{}, "MAIL FROM:<a@b.example>\n"}, {8, "/s/refused/y", WallTime{}, ""}};
  place.box.on_wait = [&place] { place.clock.advance(Seconds(600)); };
  const WallTime start = place.clock.wall();
  place.run(15);
  EXPECT_THAT(place.box.forgotten, ElementsAre(start + Pickup::kTidy - queue::kRefusedKept,
                                               start + 2 * Pickup::kTidy - queue::kRefusedKept));
  EXPECT_TRUE(test::was_logged(
      "refused file removed, it was kept for 30 days uid=7 file=/s/refused/x since=1970-01-01T00:00:00.000Z"));
  EXPECT_TRUE(test::was_logged("MAIL FROM:<a@b.example>"));
  EXPECT_TRUE(test::was_logged("refused file removed, it was kept for 30 days uid=8 file=/s/refused/y"));
}

TEST(PickupTidies, NothingIsForgottenBeforeTheClockHasRunEvenlyForAnHour) {
  Place place;
  unsigned waits = 0;
  place.box.on_wait = [&] {
    place.clock.advance(Seconds(600));
    ++waits;
    if (waits % 5 == 0 && waits <= 20) place.clock.jump_wall(std::chrono::days(waits % 10 == 0 ? -400 : 400));
    if (waits < 26) {
      EXPECT_TRUE(place.box.forgotten.empty()) << waits;
    }
  };
  place.run(27);
  const WallTime last_look = place.clock.wall() - Seconds(600);
  EXPECT_THAT(place.box.forgotten, ElementsAre(last_look - queue::kRefusedKept)) << "by the clock as it was set";
}

TEST(PickupTurns, WhatIsOverALimitOfItsOwnerIsNoErrorOfTheSystem) {
  Place place;
  place.queue.at_its_limit = 1000;
  place.queue.used = {1, 100};
  place.box.files["x"] = {frame(commands())};
  place.run();
  EXPECT_TRUE(test::was_logged("dropped mail cannot be taken now uid=1000"))
      << "below a warning, which would fail this";
  EXPECT_EQ(place.box.files.size(), 1U);
}

TEST(PickupTurns, WhatIsLargerThanItsOwnerMayHaveIsTakenWhenThereIsNothingElse) {
  Place place;
  place.queue.at_its_limit = 1000;
  place.queue.used = {1, 100};
  place.box.files["x"] = {frame(commands())};
  place.box.on_wait = [&] { place.queue.used = {}; };
  place.run(2);
  ASSERT_EQ(place.queue.stored.size(), 1U);
  EXPECT_EQ(place.queue.stored[0].envelope.source.helo, queue::kDroppedHelo) << "by which the queue knows it";
  EXPECT_TRUE(place.box.files.empty());
}

TEST(PickupTurns, ButNotWhatADiskThatIsFullHasNoRoomFor) {
  Place place;
  const test::ExpectLog expected("dropped mail cannot be taken now");
  place.queue.full = true;
  place.box.files["x"] = {frame(commands())};
  place.run();
  EXPECT_EQ(place.box.files.size(), 1U);
}

}  // namespace
}  // namespace postern::submission
