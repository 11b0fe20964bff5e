#include "control/values.h"

#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

namespace postern::control {
namespace {

TEST(ControlValues, LeavesOutWhatIsNotKnown) {
  const boost::json::object entry = to_json(queue::Entry());
  for (const char* key : {"next", "site", "reason"}) EXPECT_FALSE(entry.contains(key)) << key;
  const boost::json::object site = to_json(queue::SiteStatus());
  for (const char* key : {"trouble", "since", "next_probe", "last_delivery"}) EXPECT_FALSE(site.contains(key)) << key;
}

/// Or else a damaged message would be taken for a report of ours.
TEST(ControlValues, KnowsNeitherSizeNorSenderNorSourceOfWhatCannotBeRead) {
  queue::Entry entry;
  for (const char* key : {"size", "sender", "source"}) EXPECT_FALSE(to_json(entry).contains(key)) << key;
  entry.recipients.push_back({"a@example.com", std::nullopt});
  EXPECT_EQ(to_json(entry).at("sender").as_string(), "");
  for (const char* key : {"size", "source"}) EXPECT_TRUE(to_json(entry).contains(key)) << key;
}

TEST(ControlValues, TellsWhatCouldNotBeReadAsARecipient) {
  queue::Entry entry;
  EXPECT_FALSE(to_json(entry).contains("unread"));
  entry.unread = {"Web Team (sales", "<>"};
  EXPECT_EQ(boost::json::serialize(to_json(entry).at("unread")), "[\"Web Team (sales\",\"<>\"]");
}

}  // namespace
}  // namespace postern::control
