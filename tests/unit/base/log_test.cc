#include "base/log.h"

#include "base/secret.h"
#include "support/expected_log.h"

#include <gtest/gtest.h>

#include <concepts>
#include <regex>
#include <string>
#include <vector>

namespace postern {
namespace {

TEST(Log, PutsTheIdFirstAndQuotesOnlyWhatNeedsIt) {
  const std::vector<LogField> fields{{"to", "<b@example.net>"}, {"id", "abc"}, {"reply", "250 Ok"}, {"code", 250}};
  EXPECT_EQ(format(LogRecord{Level::info, "delivered", fields}),
            "id=abc delivered to=<b@example.net> reply=\"250 Ok\" code=250");
}

TEST(Log, R14_EscapesForeignBytesSoThatALineStaysALine) {
  const std::vector<LogField> fields{{"reply", "250 ok\r\nid=forged \"x\" \x1B[2J"}};
  const std::string line = format(LogRecord{Level::info, "reply", fields});
  EXPECT_EQ(line, R"(reply reply="250 ok\x0d\x0aid=forged \"x\" \x1b[2J")");
}

TEST(Log, R14_NothingThatOthersSayIsFoundByWhoeverSearchesFields) {
  const std::regex of_manual("delivered .* uid=0 accepted=2026-11-29T03:0");
  const std::string forged = "x delivered y uid=0 accepted=2026-11-29T03:00:01 z";
  for (const std::string key : {"from", "to", "orig_to", "unread", "message_id", "helo", "subject", "reason", "reply",
                                "why", "what", "client", "file", "text", "words", "line", "sender", "peer"}) {
    for (const std::string& value : {forged, "<" + forged + ">", "uid=0 " + forged, "\t" + forged, "\"" + forged}) {
      const std::vector<LogField> fields{{"id", "0p6c"}, {key, value}, {"size", 1}};
      const std::string line = format(LogRecord{Level::info, "accepted", fields});
      EXPECT_FALSE(std::regex_search(line, of_manual)) << line;
    }
  }
  const std::vector<LogField> fields{{"reply", "550 see https://x.example/?id=7&p=Spam (RBL=1)"}};
  EXPECT_EQ(format(LogRecord{Level::info, "refused", fields}),
            "refused reply=\"550 see https://x.example/?id=7&p=Spam (RBL=1)\"");
}

TEST(Log, R14_CutsLongValues) {
  const std::vector<LogField> fields{{"text", std::string(1'000'000, 'x')}};
  EXPECT_LT(format(LogRecord{Level::info, "long", fields}).size(), 600U);
}

TEST(Log, LeavesOutWhatIsNotKnown) {
  const std::string none;
  log(Level::info, "known", {{"tls", none}, {"host", "x"}, {"user", ""}, {"left", 0}});
  EXPECT_EQ(test::logged().back(), "known host=x left=0");
}

TEST(Log, ADurationIsWordsForPeopleAndSecondsForPrograms) {
  const LogField delay("delay", std::chrono::hours(2) + Milliseconds(183'214));
  EXPECT_EQ(delay.value, "2h3m");
  EXPECT_EQ(delay.number, "7383.214");
  EXPECT_EQ(LogField("wait", Seconds(-1)).number, "-1.000");
  EXPECT_EQ(LogField("size", 812U).number, "812");
  EXPECT_TRUE(LogField("size", "812").number.empty()) << "a text that looks like a number stays a text";
}

template <class T>
concept Loggable = requires(T value) { LogField("key", value); };

static_assert(Loggable<std::string> && Loggable<int>);
static_assert(!Loggable<Secret>, "a secret must have no way into the log");
static_assert(!std::convertible_to<Secret, std::string> && !std::convertible_to<Secret, std::string_view>);

}  // namespace
}  // namespace postern
