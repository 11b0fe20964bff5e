#include "shim/call_file.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace postern::shim {
namespace {

using std::string_literals::operator""s;

TEST(CallFile, ShowsWhatCannotBeSeen) {
  EXPECT_EQ(shown("50%\r100%"), "50%\\r100%");
  EXPECT_EQ(shown("a\0b\x01\x7F\xFF"s), "a\\0b\\x01\\x7f\\xff");
  EXPECT_EQ(shown("Ger\xC3\xA4t \\"), "Ger\xC3\xA4t \\\\");
  EXPECT_EQ(shown("blank "), "blank\\x20");
  EXPECT_EQ(shown("two words", true), "two\\x20words");
  EXPECT_EQ(shown("<" + std::string(70000, 'y') + ">"), "<\\{70000*y\\}>");
  EXPECT_EQ(shown("-" + std::string(79, 'y')), "-" + std::string(79, 'y'));
  EXPECT_EQ(shown_lines("a\n\nb"), "| a\n|\n| b\\\n");
}

TEST(CallFile, AnyBytesComeBack) {
  std::mt19937 random(1);
  // What has a meaning is more frequent than it would be among all bytes.
  const std::string frequent = "\\\\\\}{*|' \r\n\n\n\t0ax'''\0\xC3\xA4\xE2\x82\xAC"s;
  for (int round = 0; round < 1000; ++round) {
    Call call;
    call.what = "x";
    call.door = "sendmail";
    const auto bytes = [&] {
      std::string made;
      for (std::size_t left = random() % 40; left > 0; --left) {
        const char one = random() % 4 == 0 ? static_cast<char>(random() % 256) : frequent[random() % frequent.size()];
        made.append(random() % 50 == 0 ? 200 : 1, one);
      }
      return made;
    };
    call.input = bytes();
    call.arguments = {bytes(), "", "''", bytes()};
    const std::string file = format_call(call);
    const auto again = parse_call(file + "exit: 0\n");
    ASSERT_TRUE(again) << file;
    EXPECT_EQ(again->input, call.input) << file;
    EXPECT_EQ(again->arguments, call.arguments) << file;
    EXPECT_EQ(format_call(*again), file);
  }
}

TEST(CallFile, WhatIsNoCallIsNone) {
  for (const char* file : {"", "what: x\n", "call: smtp\n", "what: x\ncall: smtp\nnonsense: y\n",
                           "what: x\ncall: smtp\ninput:\n| \\q\n", "what: x\ncall: a\\x0\n"}) {
    EXPECT_FALSE(parse_call(file)) << file;
  }
}

}  // namespace
}  // namespace postern::shim
