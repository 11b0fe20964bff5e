#include "mail/phrase.h"

#include "mail/address.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace postern::mail {
namespace {

TEST(Phrase, C09_IsQuotedOrEncodedWhereNeeded) {
  EXPECT_EQ(phrase("Full Name"), "Full Name");
  EXPECT_EQ(phrase("Full, \"Name\" \\"), "\"Full, \\\"Name\\\" \\\\\"");
  EXPECT_EQ(phrase("(Cron Daemon)"), "\"(Cron Daemon)\"");
  EXPECT_EQ(phrase("Full, \"Name\" \xC3\xA9"), "=?utf-8?B?RnVsbCwgIk5hbWUiIMOp?=");
  EXPECT_EQ(phrase("\xE9"), "=?unknown-8bit?B?6Q==?=");
}

TEST(Phrase, EncodedWordsAreShortAndSplitNoCharacter) {
  std::string name;
  for (int i = 0; i < 100; ++i) {
    name += "\xE2\x82\xAC";
    const std::string words = phrase(name);
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find('\n', at), words.size());
      EXPECT_LE(end - at, 76U);
      // 42 bytes are 14 whole characters: no padding but in the last word.
      EXPECT_TRUE(end == words.size() || words.substr(end - 3, 3) != "=?=");
      at = end + 1;
    }
  }
}

TEST(Phrase, EncodedWordsStayWhatTheyAre) { EXPECT_EQ(phrase("=?utf-8?B?w6k=?= Name"), "=?utf-8?B?w6k=?= Name"); }

TEST(Phrase, EveryNameCanStandBeforeAnAddress) {
  for (int first = 0x20; first < 0x100; ++first) {
    for (int second = 0x20; second < 0x100; ++second) {
      if (first == 0x7F || second == 0x7F) continue;
      const std::string name = {static_cast<char>(first), 'x', static_cast<char>(second)};
      const auto addresses = parse_address_list(phrase(name) + " <a@b>");
      ASSERT_TRUE(addresses) << name << ": " << addresses.error().text;
      ASSERT_EQ(*addresses, std::vector<std::string>{"a@b"}) << name;
    }
  }
}

}  // namespace
}  // namespace postern::mail
