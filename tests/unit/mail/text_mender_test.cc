#include "mail/text_mender.h"

#include "support/mended_text.h"

#include <gtest/gtest.h>

#include <random>

namespace postern::mail {
namespace {

using test::MendedText;

MendedText mend(std::string_view raw, std::size_t piece, bool finish = true) {
  TextMender mender;
  MendedText result;
  while (!raw.empty()) {
    mender.feed(raw.substr(0, piece), result.text);
    raw.remove_prefix(std::min(piece, raw.size()));
  }
  if (finish) mender.finish(result.text);
  result.mended = mender.mended();
  return result;
}

std::string mended(std::string_view raw) { return mend(raw, raw.size() + 1).text; }

TEST(TextMender, TakesALineEndOfAnyNumberOfCRs) {
  EXPECT_EQ(mended("a\nb\r\nc\r\r\nd\r\r\r\ne"), "a\nb\nc\nd\ne\n");
  EXPECT_EQ(mended("Subject: x\r\r\n\r\r\nbody\r\r\n"), "Subject: x\n\nbody\n");
}

TEST(TextMender, MakesABlankOfAnotherCR) {
  EXPECT_EQ(mended(" 50%\r 100%\r\nERROR\n"), " 50%  100%\nERROR\n");
  EXPECT_EQ(mended("\ra\r\rb\n\r\n"), " a  b\n\n");
}

TEST(TextMender, C22_LeavesANULOutBeforeItJudgesAnythingElse) {
  using namespace std::string_view_literals;
  EXPECT_EQ(mended("a\0b\0\0\n\0"sv), "ab\n");
  EXPECT_EQ(mended("a\r\0\nb\0\r\0\r\n"sv), "a\nb\n");
  EXPECT_EQ(mended("S\0u\0b\0j\0:\0 \0x\0\r\0\n\0"sv), "Subj: x\n") << "UTF-16 of ASCII";
  EXPECT_EQ(mended("\0\0"sv), "");
}

TEST(TextMender, EndsAnOpenLineAtTheEnd) {
  EXPECT_EQ(mended(""), "");
  EXPECT_EQ(mended("a"), "a\n");
  EXPECT_EQ(mended("a\r"), "a\n");
  EXPECT_EQ(mended("a\r\r"), "a\n");
  EXPECT_EQ(mended("\r"), "\n");
  EXPECT_EQ(mended("a\n\r"), "a\n\n");
}

TEST(TextMender, CountsWhatItMends) {
  using namespace std::string_view_literals;
  const Mended counted = mend("a\rb\r\rc\r\r\n\0\r\n\r\r\r\n\0"sv, 100).mended;
  EXPECT_EQ(counted, (Mended{.blanks = 3, .line_ends = 2, .nuls = 2}));
  EXPECT_TRUE(counted.any());
  EXPECT_FALSE(mend("a\r\nb\n", 100).mended.any());
}

// Every text of up to seven of the bytes that matter, whole and in two pieces at every place.
TEST(TextMender, AgreesWithTheReferenceOnEveryShortTextAndSplit) {
  for (std::size_t length = 0; length <= 7; ++length) {
    const test::Texts texts{std::string_view("\r\nx\0", 4), length};
    for (std::size_t number = 0; number < texts.count(); ++number) {
      const std::string raw = texts[number];
      const MendedText open = test::mended_text(raw + "\n");
      TextMender mender;
      std::string text;
      const std::size_t cut = number % (length + 1);
      mender.feed(std::string_view(raw).substr(0, cut), text);
      mender.feed(std::string_view(raw).substr(cut), text);
      mender.feed("\n", text);
      ASSERT_EQ(text, open.text) << testing::PrintToString(raw) << cut;
      ASSERT_EQ(mender.mended(), open.mended) << testing::PrintToString(raw) << cut;
      const MendedText whole = test::mended_whole(raw);
      for (std::size_t piece = 1; piece <= length + 1; ++piece) {
        const MendedText got = mend(raw, piece);
        ASSERT_EQ(got.text, whole.text) << testing::PrintToString(raw) << piece;
      }
    }
  }
}

TEST(TextMender, LeavesNoCRAndNoNULAndNeedsNoSecondTime) {
  std::mt19937 random(11);
  constexpr std::string_view kBytes("\r\n\r.xy\x80\0", 8);
  for (int round = 0; round < 2000; ++round) {
    std::string raw;
    for (int i = 0; i < 80; ++i) raw += kBytes[random() % kBytes.size()];
    const std::string text = mended(raw);
    ASSERT_EQ(text.find_first_of(std::string_view("\r\0", 2)), std::string::npos);
    ASSERT_EQ(mended(text), text);
    for (std::size_t piece = 1; piece < raw.size(); ++piece) ASSERT_EQ(mend(raw, piece).text, text) << piece;
  }
}

TEST(TextMender, WritingCRLFForLFOnceMoreChangesNothing) {
  for (std::size_t length = 0; length <= 7; ++length) {
    const test::Texts texts{"\r\nx", length};
    for (std::size_t number = 0; number < texts.count(); ++number) {
      std::string translated;
      for (const char c : texts[number]) translated += c == '\n' ? std::string("\r\n") : std::string(1, c);
      ASSERT_EQ(mended(translated), mended(texts[number])) << testing::PrintToString(texts[number]);
    }
  }
}

// Whoever writes nothing but CRs makes the mender hold no more for it.
TEST(TextMender, HoldsABoundedNumberOfCRs) {
  for (const std::size_t run :
       {TextMender::kMostHeld - 1, TextMender::kMostHeld, TextMender::kMostHeld + 1, 5 * TextMender::kMostHeld}) {
    for (const std::string_view end : {"\n", "x\n", ""}) {
      const std::string raw = std::string(run, '\r') + std::string(end);
      for (std::size_t piece = 1; piece <= raw.size(); piece = piece * 2 + 1) {
        ASSERT_EQ(mend(raw, piece).text, test::mended_whole(raw).text) << run << " by " << piece;
      }
    }
  }
  TextMender mender;
  std::string text;
  const std::string many(1000, '\r');
  for (int i = 0; i < 100; ++i) {
    mender.feed(many, text);
    ASSERT_EQ(text.size(), 1000U * static_cast<unsigned>(i + 1) - TextMender::kMostHeld);
  }
}

}  // namespace
}  // namespace postern::mail
