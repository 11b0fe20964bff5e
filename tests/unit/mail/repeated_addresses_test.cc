#include "mail/repeated_addresses.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {
namespace {

Envelope own() {
  Envelope envelope;
  envelope.sender = "web@example.com";
  envelope.recipients.resize(2);
  envelope.recipients[0].address = "bob@example.net";
  envelope.recipients[1].address = "\"b o\"@example.net";
  return envelope;
}

TEST(RepeatedAddresses, OfOthersAreLeftOutInWhateverFormAServerRepeatsThem) {
  for (const std::string form :
       {"<carol@secret.example>", "carol@secret.example", "\"carol s\"@secret.example", "<\"carol> s\"@secret.example>",
        "to=carol@secret.example", "'carol@secret.example'", "(carol@secret.example)", "[carol@secret.example]",
        "<carol>", "smtp:carol@secret.example", "http://why.example/?id=carol%40secret.example&ip=192.0.2.1",
        "http://why.example/?s=mfrom;id=carol@secret.example;ip=192.0.2.1", "<carol@secret.example", "carol@",
        "\xC3\xA4 carol@secret.example", "carol+tag=x@secret.example.", "@hub.example:carol@secret.example"}) {
    for (const std::string& text :
         {"550 5.1.1 " + form + ": Recipient address rejected", form, "550 " + form, "no (" + form + ") here",
          "mx: the server refuses RCPT: \"550 " + form + "\"", form + ", " + form + "; " + form}) {
      const std::string shown = without_addresses_of_others(text, own());
      EXPECT_EQ(shown.find("carol"), std::string::npos) << shown;
      EXPECT_EQ(shown.find("secret"), std::string::npos) << shown;
    }
  }
}

TEST(RepeatedAddresses, OfTheMessageItselfStayAndSoDoAllOtherWords) {
  for (const std::string text :
       {"550 5.7.1 <web@example.com>: Sender address rejected", "550 Web@Example.COM: no",
        "no such user bob@example.net.", "550 <\"b o\"@example.net> \"quoted\" words, 50% of 40 [192.0.2.1]:25",
        "550 <> (null)", "a < b", "",
        "mx[192.0.2.1]:465: the server refuses MAIL: \"553 5.7.1 <web@example.com>: not owned\""}) {
    EXPECT_EQ(without_addresses_of_others(text, own()), text);
  }
  EXPECT_EQ(without_addresses_of_others("<web@example.com> by <x@y>, not z@y: no", own()),
            "<web@example.com> by <...>, not ... no");
}

TEST(RepeatedAddresses, EveryCutOfAnAnswerEnds) {
  const std::string_view text = "550 <\"a> b\\\" c\"@d> \"q x\"@y \"open <x@y> <\"";
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    for (std::size_t size = 0; begin + size <= text.size(); ++size) {
      const std::string same =
          replace_addresses(text.substr(begin, size), [](std::string_view address) { return std::string(address); });
      EXPECT_EQ(same, text.substr(begin, size));
    }
  }
}

std::string hostile(std::string_view part, std::size_t size) {
  std::string text;
  while (text.size() < size) text += part;
  return text;
}

/// Nor is any byte of it looked at more often because of those before it.
TEST(RepeatedAddresses, AHostileAnswerTakesNoLongerThanAnyOther) {
  constexpr std::size_t kHalf = 2048;
  const auto same = [](std::string_view address) { return std::string(address); };
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    for (const std::string& text :
         {hostile("<", kHalf) + hostile("\"\\", kHalf), hostile("<\"", 2 * kHalf), hostile("\"\\", 2 * kHalf),
          hostile("<\"\\", 2 * kHalf), hostile("<\">\"", 2 * kHalf), hostile("<", kHalf) + hostile("\">\"", kHalf),
          hostile(" \"", 2 * kHalf), hostile("<", 2 * kHalf), hostile(" \"\\", 2 * kHalf)}) {
      EXPECT_EQ(replace_addresses(text, same), text);
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace postern::mail
