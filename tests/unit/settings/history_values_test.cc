#include "settings/load.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::settings {
namespace {

history::HistoryOptions history_of(const std::string& text) {
  const Loaded loaded = parse("hostname: web1.example.net\naliases_file: none\n" + text, "f.yaml");
  EXPECT_TRUE(loaded.settings) << text;
  return loaded.settings ? loaded.settings->history : history::HistoryOptions();
}

TEST(HistorySettings, AreThoseOfItsKeysAndOffIsNothing) {
  const history::HistoryOptions standard = history_of("");
  EXPECT_EQ(standard.size, 256ULL << 20U);
  EXPECT_EQ(standard.days, 90U);
  EXPECT_TRUE(standard.subjects);
  for (const std::string off : {"off", "false", "no", "none", "OFF", "0", "{ size: 0 }"}) {
    EXPECT_EQ(history_of("history: " + off + "\n").size, 0U) << off;
  }
  const history::HistoryOptions own = history_of("history: { size: 1M, days: 1, subjects: false }\n");
  EXPECT_EQ(own.size, 1ULL << 20U);
  EXPECT_EQ(own.days, 1U);
  EXPECT_FALSE(own.subjects);
  EXPECT_EQ(history_of("history: on\n"), standard);
}

TEST(HistorySettings, ASizeThatRemovesNearlyAllOfItIsASlip) {
  for (const std::string slip : {"1", "90", "256", "1000", "256K", "1023K", "1048575", "'256'"}) {
    const std::string text = "hostname: web1.example.net\naliases_file: none\nhistory:\n  size: " + slip + "\n";
    const Loaded loaded = parse(text, "f.yaml");
    ASSERT_FALSE(loaded.settings) << slip;
    ASSERT_EQ(loaded.problems.size(), 1U) << slip;
    EXPECT_EQ(loaded.salvaged.history.size, 256ULL << 20U) << slip;
  }
  EXPECT_EQ(history_of("history: { size: 1024K }\n").size, 1ULL << 20U);
  EXPECT_EQ(history_of("history: { size: 1048576 }\n").size, 1ULL << 20U);
  EXPECT_EQ(history_of("history: { size: 0K }\n").size, 0U);
}

}  // namespace
}  // namespace postern::settings
