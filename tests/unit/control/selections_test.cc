#include "control/selections.h"

#include "base/text.h"
#include "control/members.h"
#include "queue/entry.h"

#include <gtest/gtest.h>

namespace postern::control {
namespace {

const WallTime kAskedAt = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

TEST(Selections, KnowEveryStateAndOrderOfTheProtocol) {
  for (const std::string_view name : members::kStates) {
    boost::json::object request;
    request[members::kFilter] =
        boost::json::object{{boost::json::string_view(members::kState), boost::json::value(name)}};
    const auto selection = filter_of(request, kAskedAt);
    ASSERT_TRUE(selection) << name;
    ASSERT_TRUE(selection->state) << name;
    EXPECT_EQ(queue::name(*selection->state), name);
  }
  std::vector<queue::Order> orders;
  for (const std::string_view name : members::kOrders) {
    boost::json::object request;
    request[members::kOrder] = name;
    const auto selection = selection_of(request, kAskedAt);
    ASSERT_TRUE(selection) << name;
    orders.push_back(selection->order);
  }
  EXPECT_EQ(orders,
            (std::vector{queue::Order::oldest, queue::Order::newest, queue::Order::next, queue::Order::largest}));
}

std::string after(const std::string& given, const std::string& order) {
  const auto selection = selection_of(boost::json::object{{"after", given}, {"order", order}}, kAskedAt);
  return selection && selection->after ? selection->after->str() : "none";
}

TEST(Selections, BeginBehindAnIdOrBehindAllThatBeginSoHoweverItIsWritten) {
  const std::string id = "0p6c9x2m7k4hq8fz";
  for (const std::string& given : {id, to_upper(id)}) {
    EXPECT_EQ(after(given, "oldest"), id);
    EXPECT_EQ(after(given.substr(0, 4), "oldest"), "0p6czzzzzzzzzzzz");
    EXPECT_EQ(after(given.substr(0, 15), "newest"), "0p6c9x2m7k4hq8f0");
  }
  for (const std::string given : {"0p6", "0p6c9x2m7k4hq8fz0", "../x", "0p6c/"})
    EXPECT_EQ(after(given, "oldest"), "none");
  EXPECT_EQ(after("", "oldest"), "none");
}

}  // namespace
}  // namespace postern::control
