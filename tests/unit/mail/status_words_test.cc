#include "mail/status_words.h"

#include "mail/list_text.h"
#include "mail/report.h"
#include "mail/wrap.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace postern::mail {
namespace {

constexpr WallTime kLookedAt = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(15);

TEST(StatusWords, SayHowASmarthostIsTheWorstFirst) {
  for (int bits = 0; bits < 16; ++bits) {
    const SiteCondition condition{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
    const std::string_view word = state_word(condition);
    if (condition.trouble) {
      EXPECT_EQ(word, condition.login_refused ? "login refused" : "trouble");
    } else if (condition.weaker) {
      EXPECT_EQ(word, "weaker");
    } else {
      EXPECT_EQ(word, condition.tried ? "well" : "not tried");
    }
  }
}

TEST(StatusWords, NameTheStepOnceTheServerIsInATransaction) {
  for (int step = 0; step <= static_cast<int>(Step::quit); ++step) {
    const std::string called(name(static_cast<Step>(step)));
    EXPECT_EQ(behind_trouble({called, {}, {}}, kLookedAt), step >= static_cast<int>(Step::mail) ? " at " + called : "");
  }
  EXPECT_EQ(behind_trouble({}, kLookedAt), "");
}

TEST(StatusWords, SaySinceWhenAndWhenNext) {
  ::setenv("TZ", "UTC", 1);
  EXPECT_EQ(behind_trouble({"data", kLookedAt - Seconds(3480), kLookedAt + Seconds(180)}, kLookedAt),
            " at data, since 14:02, next try in 3m");
  EXPECT_EQ(behind_trouble({"auth", {}, kLookedAt - Seconds(1)}, kLookedAt), ", next try with the next mail");
  EXPECT_EQ(limit_words("has had enough", "30 messages/minute", kLookedAt + Seconds(60), kLookedAt),
            "has had enough until 15:01 (30 messages/minute)");
  EXPECT_EQ(relative(kLookedAt, kLookedAt), "now");
  EXPECT_EQ(relative(kLookedAt + Seconds(240), kLookedAt), "in 4m");
  EXPECT_EQ(relative(kLookedAt - Seconds(240), kLookedAt), "4m ago");
}

TEST(StatusWords, AreNotSaidTwiceHoweverLongTheyAre) {
  for (std::size_t length = 1; length < 3 * kListedWords; ++length) {
    const std::string words(length, 'x');
    const std::string above = "main: " + cut(words, kListedWords) + "; what to do: wait";
    EXPECT_EQ(unless_told(words, above), "as above") << length;
    EXPECT_EQ(unless_told(words, "main: something else"), cut(words, kListedWords));
    EXPECT_EQ(unless_told(words, ""), cut(words, kListedWords));
  }
  EXPECT_EQ(unless_told("", "all is well"), "") << "nothing was not said above";
}

TEST(StatusWords, SayWhoseMailIsNotTakenAndNoMoreWhereThatIsHidden) {
  ::setenv("TZ", "UTC", 1);
  const TroubleTimes times{{}, kLookedAt - Seconds(3480), kLookedAt + Seconds(180)};
  EXPECT_EQ(sender_words("a@b.example", "554 no", times, kLookedAt),
            "mail of a@b.example is not taken: 554 no, since 14:02, next try in 3m");
  EXPECT_EQ(sender_words("a@b.example", "", {}, kLookedAt), "mail of a@b.example is not taken");
  EXPECT_EQ(sender_words("", "554 no", times, kLookedAt), "mail of a sender is not taken, since 14:02, next try in 3m");
  EXPECT_EQ(sender_words("", "", {{}, {}, kLookedAt - Seconds(300)}, kLookedAt),
            "mail of a sender is not taken, next try with the next mail");
}

}  // namespace
}  // namespace postern::mail
