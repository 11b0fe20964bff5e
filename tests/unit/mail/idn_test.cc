#include "mail/idn.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace postern::mail {
namespace {

TEST(IdnTest, LettersOfADomainBecomeALabels) {
  const std::array<std::pair<std::string, std::string>, 7> domains{{
      {"b\xC3\xBC"
       "cher.example",
       "xn--bcher-kva.example"},
      {"B\xC3\x9C"
       "CHER.example",
       "xn--bcher-kva.example"},
      {"bu\xCC\x88"
       "cher.example",
       "xn--bcher-kva.example"},
      {"stra\xC3\x9F"
       "e.example",
       "xn--strae-oqa.example"},
      {"mail.\xE4\xBE\x8B\xE3\x81\x88.\xE3\x83\x86\xE3\x82\xB9\xE3\x83\x88", "mail.xn--r8jz45g.xn--zckzah"},
      {"Example.ORG", "Example.ORG"},
      {"[192.0.2.1]", "[192.0.2.1]"},
  }};
  for (const auto& [written, expected] : domains) {
    const auto found = ascii_domain(written);
    ASSERT_TRUE(found) << written << ": " << found.error().text;
    EXPECT_EQ(*found, expected);
  }
}

TEST(IdnTest, WhatIsNoNameIsRefusedAndLeavesTheAddressAsItIs) {
  const std::array<std::string, 4> domains{"caf\xE9.example", "a\xE2\x80\x8E.example",
                                           std::string("\xC3\xA9\0.example", 11),
                                           std::string(70, 'a') + "\xC3\xA9.example"};
  for (const auto& domain : domains) {
    EXPECT_FALSE(ascii_domain(domain)) << domain;
    EXPECT_EQ(with_ascii_domain("bob@" + domain), "bob@" + domain);
    EXPECT_TRUE(needs_smtputf8("bob@" + domain));
  }
}

TEST(IdnTest, NoLetterBecomesASignThatEndsTheDomain) {
  // The wide forms of the signs of ASCII, the wide blank, and a number in parentheses.
  for (int wide = 0x01; wide <= 0x5E; ++wide) {
    const std::string letter{'\xEF', static_cast<char>(0xBC + (wide >= 0x40 ? 1 : 0)),
                             static_cast<char>(0x80 + wide % 0x40)};
    const auto found = ascii_domain("x" + letter + "y.example");
    if (!found) continue;
    EXPECT_EQ(found->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_."), std::string::npos) << *found;
  }
  for (const std::string letter : {"\xEF\xBC\x9E", "\xEF\xBC\x8C", "\xEF\xBC\xA0", "\xE3\x80\x80", "\xE2\x91\xB4"}) {
    EXPECT_FALSE(ascii_domain("x" + letter + ".example")) << letter;
  }
}

TEST(IdnTest, OnlyALocalPartInLettersNeedsSmtputf8) {
  EXPECT_FALSE(needs_smtputf8("bob@example.com"));
  EXPECT_FALSE(
      needs_smtputf8("bob@b\xC3\xBC"
                     "cher.example"));
  EXPECT_TRUE(needs_smtputf8("ren\xC3\xA9@example.com"));
  EXPECT_FALSE(needs_smtputf8("bob"));
  EXPECT_FALSE(needs_smtputf8(""));
  EXPECT_EQ(with_ascii_domain("ren\xC3\xA9@b\xC3\xBC"
                              "cher.example"),
            "ren\xC3\xA9@xn--bcher-kva.example");
}

TEST(IdnTest, OfManyDomainsInLettersSoManyOctetsAreReadAndEachOnce) {
  AsciiDomains domains;
  const auto in_letters = [](std::size_t number) {
    return "bob@\u00fc" + std::to_string(100'000 + number) + ".example";
  };
  const std::size_t fit = AsciiDomains::kMost / (in_letters(0).size() - 4);
  for (int again = 0; again < 3; ++again) {
    for (std::size_t i = 0; i < fit; ++i) {
      EXPECT_EQ(domains.in(in_letters(i)), with_ascii_domain(in_letters(i)));
      EXPECT_EQ(domains.in("ren\u00e9" + in_letters(i)), with_ascii_domain("ren\u00e9" + in_letters(i)));
    }
  }
  for (std::size_t i = fit; i < fit + 100; ++i) EXPECT_EQ(domains.in(in_letters(i)), in_letters(i));
  for (const std::string same : {"bob@Example.ORG", "bob", "", "bob@[192.0.2.1]"}) EXPECT_EQ(domains.in(same), same);
}

TEST(IdnTest, WhatIsNoNameStaysAmongManyToo) {
  AsciiDomains domains;
  for (int again = 0; again < 2; ++again) EXPECT_EQ(domains.in("bob@caf\xE9.example"), "bob@caf\xE9.example");
}

}  // namespace
}  // namespace postern::mail
