#include "mail/mime_structure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rewriting.h"

namespace postern::mail {
namespace {

/// What the walker says, one line a call; pieces that follow each other are one.
class Notes : public MimeVisitor {
 public:
  std::string said;
  std::string text;  ///< all octets
  MimeEntity last;

  void header(const MimeEntity& entity, std::string_view fields, HeaderEnd end) override {
    constexpr std::array kKindNames{"leaf", "multipart", "message", "closed"};
    last = entity;
    note(std::string(kKindNames.at(static_cast<std::size_t>(entity.kind))) + " " + std::to_string(entity.index) + "<" +
             std::to_string(entity.parent) + (entity.is_message ? "m" : ""),
         fields);
    if (end == HeaderEnd::empty_line) text += '\n';
  }
  void content(std::string_view piece) override { note("content", piece); }
  void end_content(bool end_of_text) override { note(end_of_text ? "end of text" : "end", {}); }
  void frame(std::size_t owner, std::string_view piece) override { note("frame " + std::to_string(owner), piece); }

 private:
  void note(const std::string& what, std::string_view piece) {
    text += piece;
    if (what != what_ || piece.empty()) said += (said.empty() ? "" : "\n") + what + ":";
    what_ = piece.empty() ? std::string() : what;
    for (const char c : piece) said += c == '\n' ? '$' : c;
  }

  std::string what_;
};

Notes walked(std::string_view text, const std::vector<std::size_t>& cuts = {}, bool open_signed = false) {
  Notes notes;
  MimeWalker walker(open_signed);
  in_pieces(text, cuts, [&](std::string_view piece) { walker.feed(piece, notes); });
  walker.finish(notes);
  return notes;
}

struct WalkRow {
  std::string text;
  std::string said;
};

const std::vector<WalkRow>& walk_rows() {
  static const std::vector<WalkRow> kRows{
      {"", "leaf 0<0m:\nend of text:"},
      {"A: b", "leaf 0<0m:A: b\nend of text:"},
      {"A: b\n\nx\n\ny", "leaf 0<0m:A: b$\ncontent:x$$y\nend of text:"},
      {"no field\n", "leaf 0<0m:\ncontent:no field$\nend of text:"},
      {"A: b\n c\nno field\n", "leaf 0<0m:A: b$ c$\ncontent:no field$\nend of text:"},
      // A multipart: the line end before a delimiter is the delimiter's.
      {"Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\nx\n\n--b \nC: d\n\n--b--\t\npost\n--b\n",
       "multipart 0<0m:Content-Type: multipart/mixed; boundary=b$\nframe 0:pre$--b$\nleaf 1<0:\ncontent:x$\nend:\n"
       "frame 0:$--b $\nleaf 2<0:C: d$\nend:\nframe 0:--b--\t$post$--b$"},
      // What is nearly a delimiter.
      {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--bb\n--b-\n -b\n-\n--\n--b- -\n--b--x\nx--b\n--b--",
       "multipart 0<0m:Content-Type: multipart/mixed; boundary=b$\nframe 0:--b$\nleaf 1<0:\n"
       "content:--bb$--b-$ -b$-$--$--b- -$--b--x$x--b\nend:\nframe 0:$--b--"},
      // A delimiter of the outer one ends the inner one, and a header.
      {"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nA: "
       "b\n--a--\n",
       "multipart 0<0m:Content-Type: multipart/mixed; boundary=a$\nframe 0:--a$\n"
       "multipart 1<0:Content-Type: multipart/mixed; boundary=b$\nframe 1:--b$\nleaf 2<1:A: b$\nend:\nframe 0:--a--$"},
      // No empty line before the first delimiter.
      {"Content-Type: multipart/mixed; boundary=a\n--a\n\nx\n--a--\n",
       "multipart 0<0m:Content-Type: multipart/mixed; boundary=a$\nframe 0:--a$\nleaf 1<0:\ncontent:x\nend:\n"
       "frame 0:$--a--$"},
      // A message in a message, and a digest of them.
      {"Content-Type: message/rfc822\n\nA: b\n\nx\n",
       "message 0<0m:Content-Type: message/rfc822$\nleaf 1<0m:A: b$\ncontent:x$\nend of text:"},
      {"Content-Type: multipart/digest; boundary=a\n\n--a\n\nA: b\n\nx\n--a\nContent-Type: text/plain\n\ny\n--a--",
       "multipart 0<0m:Content-Type: multipart/digest; boundary=a$\nframe 0:--a$\nmessage 1<0:\nleaf 2<1m:A: b$\n"
       "content:x\nend:\nframe 0:$--a$\nleaf 3<0:Content-Type: text/plain$\ncontent:y\nend:\nframe 0:$--a--"},
      {"Content-Type: multipart/digest; boundary=a\n\n--a\n--a--",
       "multipart 0<0m:Content-Type: multipart/digest; boundary=a$\nframe 0:--a$\nmessage 1<0:\nleaf 2<1m:\nend:\n"
       "frame 0:--a--"},
      // An encoded message is one content.
      {"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTog\n",
       "leaf 0<0m:Content-Type: message/rfc822$Content-Transfer-Encoding: base64$\ncontent:QTog$\nend of text:"},
      // Signed, encrypted, in fragments, without a boundary.
      {"Content-Type: multipart/signed; boundary=a\n\n--a\n\nx\n--a--\n",
       "closed 0<0m:Content-Type: multipart/signed; boundary=a$\ncontent:--a$$x$--a--$\nend of text:"},
      {"Content-Type: application/pkcs7-mime\n\nx",
       "closed 0<0m:Content-Type: application/pkcs7-mime$\ncontent:x\nend of text:"},
      {"Content-Type: message/partial\n\nx", "closed 0<0m:Content-Type: message/partial$\ncontent:x\nend of text:"},
      {"Content-Type: multipart/mixed\n\nx", "closed 0<0m:Content-Type: multipart/mixed$\ncontent:x\nend of text:"},
      // Cut off: the last line end is that of the delimiter that is missing.
      {"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n",
       "multipart 0<0m:Content-Type: multipart/mixed; boundary=a$\nframe 0:--a$\nleaf 1<0:\ncontent:x\nend:\nframe "
       "0:$"},
  };
  return kRows;
}

TEST(MimeStructure, EveryEntityIsFound) {
  for (const WalkRow& row : walk_rows()) EXPECT_EQ(walked(row.text).said, row.said) << row.text;
}

TEST(MimeStructure, EveryCutGivesTheSame) {
  for (const WalkRow& row : walk_rows()) {
    for (std::size_t first = 0; first <= row.text.size(); ++first) {
      for (std::size_t second = first; second <= row.text.size(); ++second) {
        ASSERT_EQ(walked(row.text, {first, second}).said, row.said) << row.text << first << ' ' << second;
      }
    }
    std::vector<std::size_t> everywhere(row.text.size());
    for (std::size_t i = 0; i < everywhere.size(); ++i) everywhere[i] = i;
    EXPECT_EQ(walked(row.text, everywhere).said, row.said) << row.text;
  }
}

TEST(MimeStructure, EveryOctetIsToldOnceAndInOrder) {
  for (const WalkRow& row : walk_rows()) EXPECT_EQ(walked(row.text).text, row.text);
}

TEST(MimeStructure, SignedPartsAreOpenedIfAsked) {
  EXPECT_EQ(walked("Content-Type: multipart/signed; boundary=a\n\n--a\n\nx\n--a--\n", {}, true).last.index, 1U);
}

TEST(MimeStructure, WhatLiesTooDeepIsOneContent) {
  for (const bool multipart : {false, true}) {
    const auto nested = [multipart](std::size_t depth) {
      std::string text;
      for (std::size_t i = 0; i < depth; ++i) {
        const std::string boundary = "b" + std::to_string(i);
        text += multipart ? "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n"
                          : "Content-Type: message/rfc822\n\n";
      }
      return text + "A: b\n\nx";
    };
    EXPECT_EQ(walked(nested(kDeepestEntity)).last.kind, EntityKind::leaf);
    const Notes notes = walked(nested(kDeepestEntity + 2));
    EXPECT_EQ(notes.last.closed, Closed::too_deep);
    EXPECT_EQ(notes.last.index, kDeepestEntity);
    EXPECT_EQ(notes.text, nested(kDeepestEntity + 2));
  }
}

TEST(MimeStructure, PartsBeyondTheBoundAreToldAsOne) {
  std::string text = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (std::size_t i = 1; i < kMostEntities; ++i) text += "--b\n\n";
  EXPECT_EQ(walked(text).last.closed, Closed::no);
  for (int more = 0; more < 3; ++more) {
    text += "--b\n\n";
    const Notes notes = walked(text);
    EXPECT_EQ(notes.last.closed, Closed::too_many);
    EXPECT_EQ(notes.last.index, kMostEntities);
    EXPECT_EQ(notes.text, text);
  }
}

TEST(MimeStructure, AHeaderBeyondTheBoundIsContentHoweverItIsCut) {
  const std::string fields = "A: " + std::string(kLongestHeader - 5, 'x') + "\n";
  for (const std::string_view more : {"", "\n", "B\n", "B: c\n\nx", " c\n\nx", "--b\n\nx"}) {
    const std::string text = "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + fields + std::string(more);
    const Notes whole = walked(text);
    EXPECT_EQ(whole.text, text);
    const bool fits = more.empty() || more == "\n" || more.starts_with("--b");  // which begins another one
    EXPECT_EQ(whole.last.closed, fits ? Closed::no : Closed::long_header) << more;
    for (std::size_t back = 0; back < more.size() + 3; ++back) {
      EXPECT_EQ(walked(text, {100, text.size() - back}).said, whole.said) << more << back;
    }
  }
}

TEST(MimeStructure, TheLongestBoundaryIsFoundAndALongerOneIsNone) {
  for (const std::size_t size : {kLongestBoundary, kLongestBoundary + 1}) {
    const std::string boundary(size, 'b');
    const std::string text =
        "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n\nx\n--" + boundary + "--\n";
    EXPECT_EQ(walked(text).last.index, size == kLongestBoundary ? 1U : 0U);
    for (std::size_t cut = 0; cut < text.size(); ++cut) ASSERT_EQ(walked(text, {cut}).said, walked(text).said);
  }
}

TEST(MimeStructure, OfAnyTextEveryOctetIsToldOnceHoweverItIsCut) {
  constexpr std::array<std::string_view, 14> kPieces{"\n",
                                                     "\n\n",
                                                     "--b\n",
                                                     "--b--\n",
                                                     "--bb\n",
                                                     "-",
                                                     "--",
                                                     "x",
                                                     " ",
                                                     "\t",
                                                     "Content-Type: multipart/mixed; boundary=b\n",
                                                     "Content-Type: multipart/digest; boundary=\"bb\"\n",
                                                     "Content-Type: message/rfc822\n",
                                                     "A: b\n"};
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (auto left = random() % 40; left > 0; --left) text += kPieces.at(random() % kPieces.size());
    const Notes whole = walked(text);
    ASSERT_EQ(whole.text, text);
    std::vector<std::size_t> cuts;
    for (auto left = random() % 10; left > 0; --left) cuts.push_back(random() % (text.size() + 1));
    std::ranges::sort(cuts);
    ASSERT_EQ(walked(text, cuts).said, whole.said) << text;
  }
}

}  // namespace
}  // namespace postern::mail
