#include "sasl/saslprep.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace postern::sasl {
namespace {

using namespace std::string_literals;

TEST(SaslPrep, GivesTheExamplesOfRfc4013Section3) {
  for (const Unassigned unassigned : {Unassigned::refused, Unassigned::allowed}) {
    EXPECT_EQ(saslprep("I\xC2\xADX", unassigned), "IX");            // SOFT HYPHEN mapped to nothing
    EXPECT_EQ(saslprep("user", unassigned), "user");                // no transformation
    EXPECT_EQ(saslprep("USER", unassigned), "USER");                // case preserved
    EXPECT_EQ(saslprep("\xC2\xAA", unassigned), "a");               // NFKC
    EXPECT_EQ(saslprep("\xE2\x85\xA8", unassigned), "IX");          // NFKC, will match the first
    EXPECT_EQ(saslprep("\x07", unassigned), std::nullopt);          // prohibited
    EXPECT_EQ(saslprep("\xD8\xA7\x31", unassigned), std::nullopt);  // bidirectional check
  }
}

TEST(SaslPrep, MakesEverySpaceABlank) {  // RFC 3454 table C.1.2
  // U+200B is in the table too, but "commonly mapped to nothing" (B.1) comes first in libidn as in the RFC's order.
  for (const char* space :
       {"\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x89", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"}) {
    EXPECT_EQ(saslprep("a"s + space + "b", Unassigned::refused), "a b") << space;
  }
}

TEST(SaslPrep, RefusesEveryControlAndWhatIsNotUtf8) {
  for (int c = 0; c < 256; ++c) {
    const bool printable_ascii = c >= 0x20 && c < 0x7F;
    const std::string text = "a"s + static_cast<char>(c) + "b";
    EXPECT_EQ(saslprep(text, Unassigned::allowed).has_value(), printable_ascii) << c;
  }
  for (const char* text :
       {"\xC2\x85", "\xEE\x80\x80", "\xEF\xBF\xBD", "\xE2\x80\xAE", "\xF3\xA0\x80\x81", "\xED\xA0\x80",
        "\xC0\x80"}) {  // C1, private use, replacement, RLO, tag, surrogate, overlong
    EXPECT_EQ(saslprep(text, Unassigned::allowed), std::nullopt);
  }
}

TEST(SaslPrep, TakesUnassignedCodePointsInQueriesOnly) {
  const std::string face = "\xF0\x9F\x98\x80";  // U+1F600, Unicode 6.1
  EXPECT_EQ(saslprep(face, Unassigned::refused), std::nullopt);
  EXPECT_EQ(saslprep(face, Unassigned::allowed), face);
}

TEST(SaslPrep, LeavesAPasswordAsItIsWhereItCannotBePrepared) {
  EXPECT_EQ(prepare_password("I\xC2\xADX"), "IX");
  for (const std::string& password :
       {""s, "tab\there"s, "nul\0inside"s, "\xE4\xF6\xFC"s, "\xF0\x9F\x98\x80 \xE2\x85\xA8"s, "\xD8\xA7\x31"s,
        "\xC2\xAD"s /* nothing would be left */}) {
    EXPECT_EQ(prepare_password(password), password);
  }
  EXPECT_EQ(prepare_name("\xF0\x9F\x98\x80 \xE2\x85\xA8"), "\xF0\x9F\x98\x80 IX");
  EXPECT_EQ(prepare_name("\xE4"), "\xE4");
}

TEST(SaslPrep, TakesLongTexts) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "\xEF\xB7\xBA";  // one ligature becomes eighteen letters
  const auto prepared = saslprep(text, Unassigned::refused);
  ASSERT_TRUE(prepared);
  EXPECT_GT(prepared->size(), 18'000U);
}

}  // namespace
}  // namespace postern::sasl
