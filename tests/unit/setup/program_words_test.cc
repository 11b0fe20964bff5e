#include "setup/program_words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::setup {
namespace {

using List = std::vector<std::string>;

List words(const std::string& line) {
  const auto made = program_words(line);
  EXPECT_TRUE(made) << line << ": " << (made ? "" : made.error().text);
  return made ? *made : List();
}

TEST(ProgramWords, AreDividedAtBlanksAndKeptTogetherByQuotes) {
  EXPECT_EQ(words(""), List());
  EXPECT_EQ(words(" \t "), List());
  EXPECT_EQ(words("/bin/a  b\tc "), (List{"/bin/a", "b", "c"}));
  EXPECT_EQ(words("/bin/a 'b c' \"d e\""), (List{"/bin/a", "b c", "d e"}));
  EXPECT_EQ(words("/bin/a 'it'\"'\"'s' b\\ c \"\\\"\\\\\\$\""), (List{"/bin/a", "it's", "b c", "\"\\$"}));
  EXPECT_EQ(words("/bin/a '' \"\""), (List{"/bin/a", "", ""}));
  EXPECT_EQ(words("/bin/a --x='1 2'3 a#b a~b \"\\n\""), (List{"/bin/a", "--x=1 23", "a#b", "a~b", "\\n"}));
  EXPECT_EQ(words("/bin/a 'https://x.example/?a=b&c=$d'"), (List{"/bin/a", "https://x.example/?a=b&c=$d"}));
}

TEST(ProgramWords, WhatOnlyAShellCouldDoIsRefusedAndNotPassedOn) {
  for (const char c : std::string("|&;<>()$`*?[]{}!\n\r")) {
    for (const std::string& line : {"/bin/a " + std::string(1, c), "/bin/a b" + std::string(1, c) + "c"}) {
      EXPECT_FALSE(program_words(line)) << line;
      EXPECT_EQ(program_words(line).error().failure, Failure::invalid);
    }
    EXPECT_EQ(words("/bin/a '" + std::string(1, c) + "'"), (List{"/bin/a", std::string(1, c)}));
  }
  for (const std::string line : {"~/bin/a", "/bin/a ~", "/bin/a # b", "/bin/a \"$HOME\"", "/bin/a \"`id`\""}) {
    EXPECT_FALSE(program_words(line)) << line;
  }
  for (const std::string line : {"'", "\"", "/bin/a 'b", "/bin/a \"b\\\"", "/bin/a \\", "'a'\"b"}) {
    EXPECT_FALSE(program_words(line)) << line;
  }
}

// Whatever a text is, put into single quotes in a shell's way it comes back as it was.
TEST(ProgramWords, EveryByteSurvivesQuotes) {
  for (int byte = 1; byte < 256; ++byte) {
    const std::string text{'x', static_cast<char>(byte), 'y'};
    std::string quoted;
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    EXPECT_EQ(words("'" + quoted + "'"), List{text});
  }
}

}  // namespace
}  // namespace postern::setup
