#include "base/log.h"

#include "base/secret.h"

#include <gtest/gtest.h>

#include <concepts>

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

TEST(Log, R14_CutsLongValues) {
  const std::vector<LogField> fields{{"text", std::string(1'000'000, 'x')}};
  EXPECT_LT(format(LogRecord{Level::info, "long", fields}).size(), 600U);
}

template <class T>
concept Loggable = requires(T value) { LogField("key", value); };

static_assert(Loggable<std::string> && Loggable<int>);
static_assert(!Loggable<Secret>, "a secret must have no way into the log");
static_assert(!std::convertible_to<Secret, std::string> && !std::convertible_to<Secret, std::string_view>);

}  // namespace
}  // namespace postern
