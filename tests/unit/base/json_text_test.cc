#include "base/json_text.h"

#include "base/text.h"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

namespace postern {
namespace {

TEST(JsonText, WritesEveryCodePointAsAsciiThatReadsBackTheSame) {
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

TEST(JsonText, EscapesOnlyTheLinesThatAreNotUtf8) {
  EXPECT_EQ(json_text("a\n\xff\nb\xc3\xa9\n"), "a\n\\xff\nb\xc3\xa9\n");
  EXPECT_EQ(json_text("\xff"), "\\xff");
  EXPECT_EQ(json_text(""), "");
}

TEST(JsonText, WhatIsNoUtf8SteersNoTerminal) {
  EXPECT_EQ(ascii_json("\"\xff\x1b[2J\""), "\"\\ufffd\\u001b[2J\"");
  EXPECT_EQ(ascii_json("{\"a\":1}"), "{\"a\":1}");
}

}  // namespace
}  // namespace postern
