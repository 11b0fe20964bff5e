#include "credentials/members.h"

#include <gtest/gtest.h>

namespace postern::credentials {
namespace {

TEST(Members, AreTheStringsAndNumbersOfTheTop) {
  const auto members = Members::parse(Secret(
      R"({"access_token":"a\u0062c","expires_in":3600,"whole":3599.9,"text":"17","deep":{"access_token":"x"},"no":null,"yes":true})"));
  ASSERT_TRUE(members);
  EXPECT_EQ(members->text("access_token"), "abc");
  EXPECT_EQ(members->seconds("expires_in"), Seconds(3600));
  EXPECT_EQ(members->seconds("whole"), Seconds(3599));
  EXPECT_EQ(members->seconds("text"), Seconds(17));
  for (const std::string name : {"deep", "no", "yes", "missing"}) {
    EXPECT_EQ(members->text(name), "") << name;
    EXPECT_FALSE(members->seconds(name)) << name;
  }
}

TEST(Members, KnowNoNegativeAndNoEndlessTime) {
  for (const std::string value : {"-1", "\"-1\"", "\"\"", "\"1h\"", "-0.5", "\" 1\""}) {
    EXPECT_FALSE(Members::parse(Secret("{\"t\":" + value + "}"))->seconds("t")) << value;
  }
  EXPECT_EQ(Members::parse(Secret("{\"t\":18446744073709551615}"))->seconds("t"), Seconds(std::chrono::hours(87600)));
  EXPECT_EQ(Members::parse(Secret("{\"t\":0}"))->seconds("t"), Seconds(0));
}

TEST(Members, OfATextThatIsCutAnywhereDoNotExist) {
  const std::string text = R"({"access_token":"abc","expires_in":3600,"list":[1,{"a":null}]})";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto members = Members::parse(Secret(text.substr(0, cut)));
    ASSERT_FALSE(members) << cut;
    EXPECT_EQ(members.error().failure, Failure::protocol);
  }
}

TEST(Members, ComeOnlyFromAnObjectOfLittleDepth) {
  for (const std::string text : {"[]", "\"x\"", "1", "null", "<html>", "{} {}", "{\"a\":\"\xFF\"}"}) {
    EXPECT_FALSE(Members::parse(Secret(text))) << text;
  }
  for (std::size_t depth = 1; depth < 40; ++depth) {
    const std::string text = "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
    EXPECT_EQ(Members::parse(Secret(text)).has_value(), depth < 8) << depth;
  }
}

TEST(Members, InWordsArePrintableAndShort) {
  const auto members = Members::parse(Secret(R"({"e":"a\r\nb\u001b[0m"})"));
  EXPECT_EQ(members->words("e", Redactor()), "a\\x0d\\x0ab\\x1b[0m");
  EXPECT_EQ(Members::parse(Secret("{\"e\":\"" + std::string(5000, 'x') + "\"}"))->words("e", Redactor()).size(), 300U);
}

}  // namespace
}  // namespace postern::credentials
