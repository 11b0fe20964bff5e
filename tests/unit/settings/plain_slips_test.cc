// Values that are good YAML and probably not what was meant.
#include "settings/plain_slips.h"

#include "one_smarthost.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::settings {
namespace {

std::string warned_of_password(const std::string& written) {
  std::string all;
  for (const Problem& warning : with("    user: a@b.example\n    password: " + written + "\n").warnings) {
    all += warning.text + "\n";
  }
  return all;
}

TEST(PlainSlips, AWholeTemplateIsAWarningInQuotesToo) {
  for (const std::string one :
       {"${SMTP_PASSWORD}", "\"${SMTP_PASSWORD}\"", "'${X:-y}'", "${env:X}", "${smtp_password}", "$(cat /run/x)",
        "\"$SMTP_PW\"", "\"$PASSWORD\"", "$X", "\"{{ vault_pw }}\"", "'{{x}}'", "\"<%= @pw %>\"", "\"@PW@\"",
        "ENC[AES256_GCM,data:x]", "\"{% x %}\"", "__SMTP_PASSWORD__", "\"%(pw)s\"", "\"%%PW%%\""}) {
    EXPECT_NE(warned_of_password(one).find("'password' is taken as it stands: "), std::string::npos) << one;
  }
}

TEST(PlainSlips, APasswordMayLookLikeNearlyAnything) {
  for (const std::string one : {"$ecret", "'$ABC'", "a${X}", "'${X}b'", "'{{'", "'@pw@'", "'@@'", "__x__", "abc$(x)",
                                "ENC", "'<%x'", "'${}'", "'{{}}'", "'%()s'", "abc@PW@"}) {
    EXPECT_EQ(warned_of_password(one), "") << one;
  }
}

TEST(PlainSlips, AShellsArgumentMayHaveVariables) {
  const Loaded loaded = with("    user: a@b.example\n    password_command: [/bin/sh, -c, \"$(cat /x)\"]\n");
  for (const Problem& warning : loaded.warnings) ADD_FAILURE() << warning.str();
}

TEST(PlainSlips, TypographicQuotesAreLetters) {
  for (const std::string one : {"\u201Cabc\u201D", "\u201Eabc\u201C", "\u2018abc\u2019", "\u00ABabc\u00BB"}) {
    EXPECT_NE(warned_of_password(one).find("typographic quotes"), std::string::npos) << one;
  }
  EXPECT_EQ(warned_of_password("'\u201Cabc\u201D'"), "");
  EXPECT_EQ(warned_of_password("it\u2019s"), "");
}

}  // namespace
}  // namespace postern::settings
