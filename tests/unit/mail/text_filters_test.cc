#include "mail/text_filters.h"

#include "base/base64.h"
#include "base/text.h"
#include "mail/wrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace postern::mail {
namespace {

constexpr std::array kActions{TextAction::quoted_printable, TextAction::base64, TextAction::mend_quoted_printable,
                              TextAction::mend_base64, TextAction::force};

std::string filtered(TextAction action, std::string_view text, std::size_t piece, bool end_of_text = true) {
  std::string out;
  const auto filter = make_text_filter(action);
  for (std::size_t at = 0; at < text.size(); at += piece) filter->feed(text.substr(at, piece), out);
  filter->finish(end_of_text, out);
  return out;
}

TEST(TextFilters, WhatStaysHasNoFilter) { EXPECT_EQ(make_text_filter(TextAction::keep), nullptr); }

TEST(TextFilters, AnyCuttingGivesTheSame) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 50; ++round) {
    std::string text;
    for (auto left = random() % 2000; left > 0; --left) {
      const bool odd = random() % 8 == 0;
      text += odd ? "= \t\n\xFF\r"[random() % 6] : static_cast<char>(0x20U + random() % 90);
    }
    for (const TextAction action : kActions) {
      for (std::size_t piece = 1; piece < 120; piece += 1 + piece / 8) {
        ASSERT_EQ(filtered(action, text, piece), filtered(action, text, text.size() + 1));
      }
    }
  }
}

TEST(TextFilters, WhatTheyWriteIsShortLinesOfAscii) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 50; ++round) {
    std::string text;
    for (auto left = random() % 3000; left > 0; --left) text += static_cast<char>(random() % 256);
    for (const TextAction action : kActions) {
      const std::string out = filtered(action, text, text.size() + 1);
      EXPECT_TRUE(is_ascii(out) && lines_fit(out) && out.find('\0') == std::string::npos);
    }
  }
}

TEST(TextFilters, Base64IsOfTheTextWithTheLineEndsOfTheWire) {
  for (const std::string end : {"", "\n"}) {
    for (std::size_t size = 0; size < 200; ++size) {
      for (const bool end_of_text : {false, true}) {
        const std::string text = size == 0 ? end : "a\n" + std::string(size, 'x') + end;
        std::string wire = size == 0 ? std::string() : "a\r\n" + std::string(size, 'x');
        if (!text.empty() && (end == "\n" || end_of_text)) wire += "\r\n";
        std::string out = filtered(TextAction::base64, text, 7, end_of_text);
        EXPECT_TRUE(!end_of_text || out.empty() || out.ends_with('\n'));
        for (std::size_t at = 76; at < out.size(); at += 77) EXPECT_EQ(out[at], '\n');
        std::erase(out, '\n');
        EXPECT_EQ(base64_decode(out), wire);
      }
    }
  }
}

TEST(TextFilters, Base64ThatIsDamagedLosesWhatIsPassedOverOnly) {
  const std::string code(200, 'A');
  EXPECT_EQ(filtered(TextAction::mend_base64, code + "\xFF\r\n\xC3=\n-- \nlist\n", 9),
            std::string(76, 'A') + "\n" + std::string(76, 'A') + "\n" + std::string(48, 'A') + "\n=\n-- \nlist\n");
}

TEST(TextFilters, ByForceLinesThatFitStay) {
  const std::string line(kMaxLine, 'x');
  EXPECT_EQ(filtered(TextAction::force, line + "\n" + line, 100), line + "\n" + line);
  EXPECT_EQ(filtered(TextAction::force, line + "\xFFx\n", 100), line + "\n?x\n");
  EXPECT_EQ(forced_fields("A: \xFF\nB: " + line + "\n"), "A: ?\nB: " + line.substr(3) + "\n xxx\n");
}

}  // namespace
}  // namespace postern::mail
