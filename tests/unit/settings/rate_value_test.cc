#include "settings/rate_value.h"

#include "settings/load.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::settings {
namespace {

using queue::RateLimit;
using Of = RateLimit::Of;
using Per = RateLimit::Per;

TEST(RateValue, MeaningIsStrictAndSpellingIsNot) {
  const std::vector<std::pair<std::vector<std::string>, RateLimit>> same = {
      {{"500 recipients/day", "500 recipients per day", "500recipients/d", "500 Recipients a Day", "500 rcpts / day",
        "500 recipient/DAY"},
       {Of::recipients, Per::day, 500}},
      {{"30 messages/minute", "30 mails/min", "30 messages a minute", "30messages/m", "30 message per min"},
       {Of::messages, Per::minute, 30}},
      {{"1 message an hour", "1 mail/h", "1 message/hr", "1 message per hour"}, {Of::messages, Per::hour, 1}},
      {{"1000000 messages/day"}, {Of::messages, Per::day, 1'000'000}}};
  for (const auto& [texts, limit] : same) {
    for (const std::string& text : texts) EXPECT_EQ(parse_rate(text), limit) << text;
  }
  for (const std::string text :
       {"", "/", "500", "500/day", "day", "500 recipients", "recipients/day", "0 messages/day", "01 messages/day",
        "-1 messages/day", "1.5 messages/day", "1000001 messages/day", "500 recipients/week", "500 bytes/day",
        "500 recipients/day/hour", "500 500 messages/day", "99999999999999999999 messages/day"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
  EXPECT_EQ(parse_rate("500/day", Of::recipients), (RateLimit{Of::recipients, Per::day, 500}));
  EXPECT_EQ(parse_rate("500 recipients/day", Of::recipients), (RateLimit{Of::recipients, Per::day, 500}));
  EXPECT_FALSE(parse_rate("500 messages/day", Of::recipients));
}

/// Nothing if there was a problem.
std::optional<std::vector<RateLimit>> read_rate(const std::string& value) {
  Report report("f.yaml");
  const auto root = read_document("rate: " + value + "\n", report);
  if (!root) return std::nullopt;
  Scope scope{report, "rate", {}, {}};
  auto limits = rate_value(root->entries.at(0).value, scope);
  EXPECT_EQ(limits.has_value(), report.clean()) << value;
  return limits;
}

TEST(RateValue, ALimitAListOrAMap) {
  const RateLimit minute{Of::messages, Per::minute, 30};
  const RateLimit day{Of::recipients, Per::day, 500};
  using Limits = std::vector<RateLimit>;
  EXPECT_EQ(read_rate("500 recipients/day"), (Limits{day}));
  EXPECT_EQ(read_rate("[\"30 messages/minute\", 500 recipients/day]"), (Limits{minute, day}));
  EXPECT_EQ(read_rate("{ messages: 30/minute, recipients: 500/day }"), (Limits{minute, day}));
  EXPECT_EQ(read_rate("{ messages: [30/minute, 200/hour] }"), (Limits{minute, {Of::messages, Per::hour, 200}}));
  EXPECT_EQ(read_rate("[]"), Limits{});
}

}  // namespace
}  // namespace postern::settings
