#include "base/letters.h"

#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

TEST(Letters, AreTheSameInEitherCaseInAllScripts) {
  EXPECT_EQ(lowered("Cron BACKUP"), "cron backup");
  EXPECT_EQ(lowered("ÜBERWACHUNG: Fehler"), "überwachung: fehler");
  EXPECT_EQ(lowered("ОШИБКА Резервного"), "ошибка резервного");
  EXPECT_EQ(lowered("ΣΦΑΛΜΑΤΟΣ"), lowered("σφαλματος"));
  EXPECT_EQ(lowered("σφάλμας"), lowered("ΣΦΆΛΜΑΣ"));
  EXPECT_EQ(lowered("Dž ǅ"), lowered("dž ǆ"));
  EXPECT_EQ(lowered("备份失败 ✓"), "备份失败 ✓");
}

TEST(Letters, ThatAreNoUtf8StayAsTheyAre) {
  for (const std::string text : {"\xFC", "\xC3", "\xED\xA0\x80", "\xF8\x88\x80\x80\x80"})
    EXPECT_EQ(lowered(text), text);
  EXPECT_EQ(lowered("\xFC ÄH"), "\xFC äh");
}

TEST(Letters, OfAnyTextLoweredTwiceAreAsLoweredOnce) {
  for (unsigned point = 0x80; point < 0x800; ++point) {
    const std::string text{static_cast<char>(0xC0U | point >> 6U), static_cast<char>(0x80U | (point & 0x3FU))};
    const std::string once = lowered(text);
    EXPECT_EQ(lowered(once), once) << point;
  }
}

TEST(Letters, APartIsFoundInEitherCase) {
  EXPECT_TRUE(has_part("Cron Backup of web1", "backup"));
  EXPECT_FALSE(has_part("Cron Backup of web1", "restore"));
  EXPECT_TRUE(has_part("Änderung: BACKUP", "backup"));
  EXPECT_TRUE(has_part("ÄNDERUNG", "änder"));
  EXPECT_TRUE(has_part("änderung", "änder"));
  EXPECT_FALSE(has_part("anderung", "änder"));
  EXPECT_TRUE(has_part("anything", ""));
}

}  // namespace
}  // namespace postern
