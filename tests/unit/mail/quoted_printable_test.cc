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

TEST(QuotedPrintable, HoweverItIsCutItIsTheSame) {
  const std::string text = "a \n=\xFF" + std::string(80, 'x') + " \t\n\n" + std::string(76, 'y') + "\n" +
                           std::string(75, 'z') + "\xC3\xBC\t";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    std::string out;
    QuotedPrintableEncoder encoder;
    encoder.feed(std::string_view(text).substr(0, cut), out);
    encoder.feed(std::string_view(text).substr(cut), out);
    encoder.finish(out);
    EXPECT_EQ(out, quoted_printable(text));
  }
}

std::string mended_quoted(std::string_view text, std::size_t cut = 0) {
  std::string out;
  QuotedPrintableMender mender;
  mender.feed(text.substr(0, cut), out);
  mender.feed(text.substr(cut), out);
  mender.finish(out);
  return out;
}

TEST(QuotedPrintable, WhatIsNotQuiteSoIsMendedToWhatDecodesToTheSame) {
  const std::string x70(70, 'x');
  const std::string x80(80, 'x');
  struct Row {
    std::string text;
    std::string mended;
  };
  for (const Row& row : {
           Row{"", ""},
           Row{"a=3D=\nb \n=C3=bc\t", "a=3D=\nb \n=C3=bc\t"},
           Row{"\xC3\xBC\n", "=C3=BC\n"},
           Row{std::string("\0\r", 2), "=00=0D"},
           Row{x80, std::string(75, 'x') + "=\nxxxxx"},
           Row{x70 + "aaaa=C3=BC", x70 + "aaaa=\n=C3=BC"},
           // Blanks at the end of a line are nothing: no soft line end makes something of them.
           Row{std::string(75, 'x') + "   \n", std::string(75, 'x') + "   \n"},
           Row{std::string(75, 'x') + "   y\n", std::string(75, 'x') + "=\n   y\n"},
           // An "=" that begins no escape stays, and nothing comes between it and what follows.
           Row{std::string(74, 'x') + "=zz\n", std::string(74, 'x') + "=z=\nz\n"},
           Row{"= \n==\n=a\n=", "= \n==\n=a\n="},
           Row{"=\xFF=a\xFF", "=3D=FF=a=FF"},
       }) {
    for (std::size_t cut = 0; cut <= row.text.size(); ++cut) EXPECT_EQ(mended_quoted(row.text, cut), row.mended);
    EXPECT_EQ(mended_quoted(row.mended), row.mended);
  }
}

TEST(QuotedPrintable, SignsThatBeginNothingDoNotMakeALongLine) {
  for (const std::string sign : {"=", "=a", "= ", "=a ", "=\t="}) {
    std::string text;
    while (text.size() < 3000) text += sign;
    std::size_t column = 0;
    for (const char c : mended_quoted(text)) {
      column = c == '\n' ? 0 : column + 1;
      ASSERT_LE(column, 2 * 76U + 8U) << sign;  // a run of blanks may be as long as a line
    }
  }
}

TEST(QuotedPrintable, LongLinesAreMendedToShortOnes) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (auto left = random() % 3000; left > 0; --left) {
      const auto kind = random() % 20;
      text += kind == 0 ? "=C3" : kind == 1 ? " " : kind == 2 ? "\xFC" : kind == 3 && random() % 9 == 0 ? "\n" : "x";
    }
    std::string escaped;
    for (const char c : text) escaped += c == '\xFC' ? "=FC" : std::string(1, c);
    const std::string out = mended_quoted(text, random() % (text.size() + 1));
    EXPECT_EQ(decoded(out), decoded(escaped));
    std::size_t column = 0;
    for (const char c : out) {
      column = c == '\n' ? 0 : column + 1;
      EXPECT_LE(column, 76U + 8U);  // but for blanks at the end
    }
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
