#include "script.h"

#include <gtest/gtest.h>

namespace postern::practice {
namespace {

Script script(std::string_view text) {
  Result<Script> parsed = Script::parse(text, "s");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().text);
  return parsed ? std::move(*parsed) : Script();
}

TEST(Script, DoesNothingWhenItIsEmpty) {
  Script none = script("\n  \n# at mail do close\n");
  EXPECT_EQ(none.reached("mail").kind, Action::Kind::none);
}

TEST(Script, KnowsEveryStepWithEveryAction) {
  const std::vector<std::pair<std::string, Action::Kind>> actions{{"reply 451 4.3.0 later", Action::Kind::reply},
                                                                  {"close", Action::Kind::close},
                                                                  {"stall 3", Action::Kind::stall},
                                                                  {"garbage", Action::Kind::garbage},
                                                                  {"drip", Action::Kind::drip}};
  for (const std::string step :
       {"connect", "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "end-of-data", "quit"}) {
    for (const auto& [text, kind] : actions) {
      Script rules = script("at " + step + " do " + text);
      EXPECT_EQ(rules.reached("other").kind, Action::Kind::none);
      const Action action = rules.reached(step);
      EXPECT_EQ(action.kind, kind) << step << text;
      EXPECT_EQ(action.reply, kind == Action::Kind::reply ? "451 4.3.0 later" : "");
      EXPECT_EQ(action.stall, Seconds(kind == Action::Kind::stall ? 3 : 0));
    }
  }
}

TEST(Script, FollowsARuleTheNthTimeOnly) {
  for (unsigned n = 1; n <= 5; ++n) {
    Script rules = script("at rcpt " + std::to_string(n) + " do close");
    for (unsigned time = 1; time <= 6; ++time) {
      EXPECT_EQ(rules.reached("rcpt").kind == Action::Kind::close, time == n) << n << " " << time;
    }
  }
  Script always = script("at rcpt always do close");
  for (unsigned time = 1; time <= 3; ++time) EXPECT_EQ(always.reached("rcpt").kind, Action::Kind::close);
}

TEST(Script, TakesTheFirstRuleThatFits) {
  Script rules = script("at mail 2 do garbage\nat mail do close\n");
  EXPECT_EQ(rules.reached("mail").kind, Action::Kind::close);
  EXPECT_EQ(rules.reached("mail").kind, Action::Kind::garbage);
  EXPECT_EQ(rules.reached("mail").kind, Action::Kind::close);
}

TEST(Script, TellsMechanismsApart) {
  Script rules = script("at auth:cram-md5 do reply 535 5.7.8 no");
  EXPECT_EQ(rules.reached("auth", "PLAIN").kind, Action::Kind::none);
  EXPECT_EQ(rules.reached("auth", "CRAM-MD5").kind, Action::Kind::reply);
}

TEST(Script, NamesFileAndLineOfWhatItDoesNotUnderstand) {
  for (const std::string bad : {"on mail do close",
                                "at",
                                "at mail",
                                "at nowhere do close",
                                "at mail do",
                                "at mail do dance",
                                "at mail 0 do close",
                                "at mail -1 do close",
                                "at mail 1 2 do close",
                                "at mail 1",
                                "at mail do close now",
                                "at mail do reply",
                                "at mail do reply 99 x",
                                "at mail do reply 600 x",
                                "at mail do reply 2500 x",
                                "at mail do stall",
                                "at mail do stall x",
                                "at mail do stall 86401",
                                "at mail:PLAIN do close",
                                "at auth: do close",
                                "at mail 99999999999999999999 do close"}) {
    const Result<Script> parsed = Script::parse("# a comment\n" + bad + "\n", "dir/file");
    ASSERT_FALSE(parsed) << bad;
    EXPECT_TRUE(parsed.error().text.starts_with("dir/file:2: ")) << parsed.error().text;
  }
}

}  // namespace
}  // namespace postern::practice
