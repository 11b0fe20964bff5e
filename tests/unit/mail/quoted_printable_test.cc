#include "mail/quoted_printable.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace postern::mail {
namespace {

/// RFC 2045 6.7, of what is written rightly.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text.at(i + 1) == '\n') {
      ++i;
    } else {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
  }
  return out;
}

void expect_good(const std::string& text) {
  const std::string written = quoted_printable(text);
  EXPECT_EQ(decoded(written), text);
  std::size_t column = 0;
  char before = 'x';
  for (const char c : written) {
    EXPECT_TRUE((c >= ' ' && c < 0x7F) || c == '\t' || c == '\n');
    if (c == '\n') {
      EXPECT_TRUE(before != ' ' && before != '\t') << written;
    }
    column = c == '\n' ? 0 : column + 1;
    EXPECT_LE(column, 76U);
    before = c;
  }
}

TEST(QuotedPrintable, EveryByteAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t before = 0; before < 80; ++before) {
      for (const std::string_view after : {"", "\n", "y", " \n", "\n\n"}) {
        expect_good(std::string(before, 'x') + static_cast<char>(byte) + std::string(after));
      }
    }
  }
}

TEST(QuotedPrintable, LongLinesOfAnything) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (auto left = random() % 2000; left > 0; --left)
      text += static_cast<char>(random() % (round % 2 == 0 ? 64 : 256));
    expect_good(text);
  }
}

TEST(QuotedPrintable, ATextPartSaysHowItIsEncoded) {
  EXPECT_EQ(text_part("plain = it\n"), "Content-Type: text/plain; charset=utf-8\n\nplain = it\n");
  EXPECT_EQ(text_part("gr\xC3\xBCn = it\n"),
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
            "gr=C3=BCn =3D it\n");
}

}  // namespace
}  // namespace postern::mail
