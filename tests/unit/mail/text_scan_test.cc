#include "mail/text_scan.h"

#include "base/text.h"
#include "mail/wrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "rewriting.h"

namespace postern::mail {
namespace {

TextMeasure scanned(std::string_view text, const std::vector<std::size_t>& cuts = {}, bool ask_utf8 = true) {
  TextMeasure facts;
  TextScan scan;
  scan.begin(ask_utf8);
  in_pieces(text, cuts, [&](std::string_view piece) { scan.feed(piece, facts); });
  scan.finish(facts);
  return facts;
}

void expect_true_facts(const std::string& text, const std::vector<std::size_t>& cuts) {
  const TextMeasure facts = scanned(text, cuts);
  EXPECT_EQ(facts.eight_bit, !is_ascii(text));
  EXPECT_EQ(facts.long_line, !lines_fit(text));
  EXPECT_EQ(facts.odd, text.find('\r') != std::string::npos || text.find('\0') != std::string::npos);
  EXPECT_EQ(facts.utf8, is_utf8(text)) << hex(text);
  EXPECT_EQ(facts.octets, text.size());
  EXPECT_EQ(facts.lines, static_cast<std::size_t>(std::ranges::count(text, '\n')));
  const auto eight_bit = std::ranges::count_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  EXPECT_EQ(facts.escapes, static_cast<std::size_t>(eight_bit + std::ranges::count(text, '=')));
}

TEST(TextScan, EveryOctetAtEveryPlaceOfAWord) {
  for (int octet = 0; octet < 256; ++octet) {
    for (std::size_t before = 0; before < 17; ++before) {
      for (std::size_t after = 0; after < 9; ++after) {
        expect_true_facts(std::string(before, 'x') + static_cast<char>(octet) + std::string(after, 'y'), {before});
      }
    }
  }
}

TEST(TextScan, LinesAreMeasuredHoweverTheyAreCut) {
  for (const std::size_t length : {kMaxLine - 1, kMaxLine, kMaxLine + 1}) {
    for (const std::size_t before : {0U, 1U, 50U}) {
      const std::string text =
          std::string(before, 'a') + "\n" + std::string(length, 'x') + "\n" + std::string(length, 'y');
      for (std::size_t cut = 0; cut <= text.size(); ++cut) expect_true_facts(text, {cut});
    }
  }
}

TEST(TextScan, ALongLineOfOnePartIsNoneOfTheNext) {
  for (const std::size_t piece : {1U, 17U, 500U, 2000U}) {
    TextMeasure one;
    TextMeasure next;
    TextScan scan;
    scan.begin(false);
    const std::string line = std::string(1500, 'x') + "\n";
    for (std::size_t at = 0; at < line.size(); at += piece) scan.feed(std::string_view(line).substr(at, piece), one);
    scan.feed(std::string(kMaxLine, 'y') + "\n", next);
    EXPECT_TRUE(one.long_line);
    EXPECT_FALSE(next.long_line) << piece;
  }
}

TEST(TextScan, Utf8IsSeenHoweverItIsCut) {
  for (const std::string& text :
       {std::string("x\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80x"), std::string("\xC3"), std::string("\xE2\x82"),
        std::string("\xF0\x9F\x98"), std::string("\xBC\xC3"), std::string("\xC0\x80"), std::string("\xED\xA0\x80"),
        std::string("\xC3\nx"), std::string("\xFF\xC3\xBC")}) {
    for (std::size_t first = 0; first <= text.size(); ++first) {
      for (std::size_t second = first; second <= text.size(); ++second) expect_true_facts(text, {first, second});
    }
  }
}

TEST(TextScan, LargeTextsAreCountedToo) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 20; ++round) {
    std::string text(20000 + random() % 10, round % 2 == 0 ? '=' : '\n');
    for (int i = 0; i < 1000; ++i) text[random() % text.size()] = static_cast<char>(random() % 256);
    expect_true_facts(text, {random() % text.size()});
  }
}

}  // namespace
}  // namespace postern::mail
