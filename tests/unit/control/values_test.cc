#include "control/values.h"

#include "base/text.h"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace postern::control {
namespace {

TEST(ControlValues, WritesEveryCodePointAsAsciiThatReadsBackTheSame) {
  for (char32_t point = 1; point < 0x110000; point += point < 0x3000 ? 1 : 257) {
    if (point >= 0xD800 && point <= 0xDFFF) continue;
    std::string text;
    if (point < 0x80) {
      text = {static_cast<char>(point)};
    } else if (point < 0x800) {
      text = {static_cast<char>(0xC0U | (point >> 6U)), static_cast<char>(0x80U | (point & 0x3FU))};
    } else if (point < 0x10000) {
      text = {static_cast<char>(0xE0U | (point >> 12U)), static_cast<char>(0x80U | ((point >> 6U) & 0x3FU)),
              static_cast<char>(0x80U | (point & 0x3FU))};
    } else {
      text = {static_cast<char>(0xF0U | (point >> 18U)), static_cast<char>(0x80U | ((point >> 12U) & 0x3FU)),
              static_cast<char>(0x80U | ((point >> 6U) & 0x3FU)), static_cast<char>(0x80U | (point & 0x3FU))};
    }
    const std::string line = to_line(boost::json::value(json_text(text)));
    ASSERT_TRUE(is_ascii(line)) << line;
    ASSERT_FALSE(has_control(line.substr(0, line.size() - 1))) << line;
    ASSERT_EQ(boost::json::parse(line).as_string(), text);
  }
}

TEST(ControlValues, EscapesOnlyTheLinesThatAreNotUtf8) {
  EXPECT_EQ(json_text("a\n\xff\nb\xc3\xa9\n"), "a\n\\xff\nb\xc3\xa9\n");
  EXPECT_EQ(json_text("\xff"), "\\xff");
  EXPECT_EQ(json_text(""), "");
}

TEST(ControlValues, LeavesOutWhatIsNotKnown) {
  const boost::json::object entry = to_json(queue::Entry());
  for (const char* key : {"next", "site", "reason"}) EXPECT_FALSE(entry.contains(key)) << key;
  const boost::json::object site = to_json(queue::SiteStatus());
  for (const char* key : {"trouble", "since", "next_probe", "last_delivery"}) EXPECT_FALSE(site.contains(key)) << key;
}

TEST(ControlValues, TellsWhatCouldNotBeReadAsARecipient) {
  queue::Entry entry;
  EXPECT_FALSE(to_json(entry).contains("unread"));
  entry.unread = {"Web Team (sales", "<>"};
  EXPECT_EQ(boost::json::serialize(to_json(entry).at("unread")), "[\"Web Team (sales\",\"<>\"]");
}

}  // namespace
}  // namespace postern::control
