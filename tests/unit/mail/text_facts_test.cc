#include "mail/text_facts.h"

#include "mail/wrap.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::mail {
namespace {

TextFacts facts_of(std::string_view text, std::size_t piece) {
  TextFactsFinder finder;
  for (std::size_t at = 0; at < text.size(); at += piece) finder.feed(text.substr(at, piece));
  return finder.facts();
}

struct FactsRow {
  std::string text;
  TextFacts facts;
};

std::vector<FactsRow> facts_rows() {
  const std::string fits(kMaxLine, 'x');
  const std::string longer(kMaxLine + 1, 'x');
  return {
      {"", {}},
      {"\n", {}},
      {"Subject: x\n\nbody\n", {}},
      {"Subject: \xC3\xBC\n\nbody\n", {true, false, false}},
      {"Subject: x\n\n\xC3\xBC\n", {false, true, false}},
      {"Subject: \xFF\n\n\xFF", {true, true, false}},
      {"Subject: x\n \xC3\xBC", {true, false, false}},  // all of it is header
      {"\n\xC3\xBC\n", {false, true, false}},           // none of it is
      {"a: b\n\n\n\xC3\xBC\n\n", {false, true, false}},
      {"a: b\n\n" + fits + "\n" + fits + "\n" + fits, {}},
      {"a: b\n\n" + longer + "\n", {false, false, true}},
      {"a: b\n\n" + longer, {false, false, true}},
      {"a: b\n\nshort\n" + fits + "\nshort\n" + longer + "\nshort\n", {false, false, true}},
      {"a: " + longer + "\n\nbody\n", {false, false, true}},
      {"a: " + longer + "\n\n\xC3\xBC\n", {false, true, true}},
      {fits + "\n" + std::string(5000, '\n') + fits + "\n", {}},
      {std::string(70000, 'x') + "\xC3\xBC\n\n", {true, false, true}},
  };
}

TEST(TextFacts, AreTheSameHoweverTheTextIsCut) {
  for (const FactsRow& one : facts_rows()) {
    for (std::size_t piece = 1; piece <= one.text.size() + 1; piece = piece < 20 ? piece + 1 : piece * 2 + 1) {
      ASSERT_EQ(facts_of(one.text, piece), one.facts) << one.text.substr(0, 40) << " in pieces of " << piece;
    }
  }
}

TEST(TextFacts, EveryOctetAboveSevenBitsIsSeenAndInFieldsEveryControl) {
  for (unsigned octet = 1; octet < 256; ++octet) {
    for (std::size_t at = 0; at < 40; ++at) {
      std::string body(40, 'x');
      body[at] = static_cast<char>(octet);
      const bool high = octet > 0x7F;
      ASSERT_EQ(facts_of("a: b\n\n" + body, 64), (TextFacts{false, high, false})) << octet << " at " << at;
      if (octet != '\n') {
        const bool odd = high || (octet < ' ' && octet != '\t') || octet == 0x7F;
        ASSERT_EQ(facts_of("a: " + body + "\n\n", 64), (TextFacts{odd, false, false})) << octet << " at " << at;
      }
    }
  }
}

TEST(TextFacts, ALineIsLongFromOneOctetOverTheLimitOnWhateverStandsBeforeIt) {
  for (std::size_t before = 0; before < 1100; before += 7) {
    for (std::size_t length = kMaxLine - 2; length <= kMaxLine + 2; ++length) {
      const std::string text = std::string(before, '\n') + std::string(length, 'x') + "\nend";
      ASSERT_EQ(facts_of(text, text.size()).long_lines, length > kMaxLine) << before << ' ' << length;
      ASSERT_EQ(facts_of(text, 100).long_lines, length > kMaxLine) << before << ' ' << length;
    }
  }
}

}  // namespace
}  // namespace postern::mail
