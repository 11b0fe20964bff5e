// What an answer may hold while its client does not read.
#include "control/answer.h"

#include "control/server.h"
#include "support/run.h"
#include "support/scripted_stream.h"

#include <gtest/gtest.h>
#include <boost/json/object.hpp>

#include <string>

namespace postern::control {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;

/// What becomes of an answer of so many bytes in one line for this party.
Result<void> answer(const FairMemory& unread, std::uint32_t party, std::size_t size) {
  test::ScriptedStream stream({});
  Answer answer(stream, unread, party);
  boost::json::object line;
  line["text"] = std::string(size, 'x');
  return test::run(answer.line(line));
}

TEST(ControlAnswer, OneHasRoomHoweverLongItIsWhereNobodyElseHoldsAnything) {
  const FairMemory unread(kUnread);
  for (const std::size_t size : {std::size_t{10}, kMiB, 20 * kMiB, 40 * kMiB}) {
    EXPECT_TRUE(answer(unread, 1000, size)) << size;
    EXPECT_EQ(unread.all(), 0U) << "it was read";
  }
}

TEST(ControlAnswer, OfAUserWhoLeavesMuchUnreadALongOneIsRefusedAndAShortOneAndOthersAreNot) {
  const FairMemory unread(kUnread);
  FairMemory::Share elsewhere(unread, 1000);
  ASSERT_TRUE(elsewhere.resize(kUnread.all / 2 - kMiB));
  const Result<void> refused = answer(unread, 1000, kMiB);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, Failure::busy);
  EXPECT_EQ(refused.error().text, "too many answers are waiting to be read (limit: memory); try again later");
  EXPECT_TRUE(answer(unread, 1000, kMiB / 8));
  EXPECT_TRUE(answer(unread, 1001, kMiB));
  ASSERT_TRUE(elsewhere.resize(0));
  EXPECT_TRUE(answer(unread, 1000, kMiB));
}

TEST(ControlAnswer, EverybodyHasAShortOneThoughOthersHoldWhatThereIs) {
  const FairMemory unread(kUnread);
  FairMemory::Share one(unread, 1000);
  FairMemory::Share two(unread, 1001);
  ASSERT_TRUE(one.resize(kUnread.all / 2));
  ASSERT_TRUE(two.resize(kUnread.all / 4));
  EXPECT_FALSE(answer(unread, 1002, 4 * kMiB));
  EXPECT_TRUE(answer(unread, 1002, kUnread.little / 8));
}

}  // namespace
}  // namespace postern::control
