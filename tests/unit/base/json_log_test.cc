#include "base/json_log.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace postern {
namespace {

std::string json_of(std::string_view event, const std::vector<LogField>& fields) {
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  std::string line = json_line(LogRecord{Level::warning, event, fields}, WallTime(Milliseconds(1'500)));
  ::unsetenv("TZ");
  ::tzset();
  return line;
}

TEST(JsonLog, IsOneObjectWithNumbersAsNumbers) {
  EXPECT_EQ(json_of("failed", {{"id", "a1"}, {"size", 812}, {"code", "550"}, {"delay", Milliseconds(1'250)}}),
            R"({"time":"1970-01-01T00:00:01.500+00:00","level":"warning","event":"failed",)"
            R"("id":"a1","size":812,"code":"550","delay":1.250})");
}

TEST(JsonLog, OfAListAllThatItHasStandsBesideItsText) {
  const std::string line = json_of("accepted", {{"to", "a@x and 1 more", {"a@x", "\"b\"\n@x"}}, {"uid", 0}});
  EXPECT_TRUE(line.ends_with(R"("to":"a@x and 1 more","to_list":["a@x","\"b\"\\x0a@x"],"uid":0})")) << line;
}

TEST(JsonLog, R14_AListIsCutBetweenTwoOfIt) {
  const std::string long_one(3'000, 'a');
  const std::string line = json_of("x", {{"to", "many", {long_one, long_one, long_one, "b"}}});
  EXPECT_TRUE(line.ends_with("\"to_list\":[\"" + long_one + "\",\"" + long_one + "\"]}")) << line;
  EXPECT_TRUE(json_of("x", {{"to", "many", {std::string(10'000, 'a')}}}).ends_with("\"to_list\":[]}"));
}

TEST(JsonLog, R14_WhateverBytesAValueHasItIsOneLineOfValidText) {
  const std::string line = json_of("x", {{"reply", "a \"b\" \\ \r\n \x1B \xFF \xC3\xBC"}});
  EXPECT_TRUE(line.ends_with(R"("reply":"a \"b\" \\x5c \\x0d\\x0a \\x1b \\xff ü"})")) << line;
}

TEST(JsonLog, R14_CutsLongValuesAndTearsNoEscape) {
  for (std::size_t begin = 0; begin < 5; ++begin) {
    const std::string line = json_of("x", {{"text", std::string(begin, 'a') + std::string(100'000, '\n')}});
    EXPECT_LT(line.size(), 12'000U);
    EXPECT_TRUE(line.ends_with("\\\\x0a\"}")) << begin;
  }
}

}  // namespace
}  // namespace postern
