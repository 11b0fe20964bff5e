#include "mail/seven_bit.h"

#include "base/text.h"
#include "mail/wrap.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace postern::mail {
namespace {

TEST(SevenBit, WhatIsSoStaysByteForByte) {
  for (const std::string text : {"", "no header\n", "\nbody", "Subject: hi\n\nbody\n", "A: b\n c\n\nx =3D y \n",
                                 "Content-Transfer-Encoding: 8bit\n\nplain\n", "Subject: hi"}) {
    EXPECT_TRUE(is_seven_bit(text));
    EXPECT_EQ(seven_bit_message(text), text);
  }
  const std::string long_line(kMaxLine, 'x');
  EXPECT_TRUE(is_seven_bit(long_line));
  for (const std::string& text : {long_line + "x", std::string("\0", 1), std::string("\r"), std::string("\x80")}) {
    EXPECT_FALSE(is_seven_bit(text));
    EXPECT_TRUE(is_seven_bit(seven_bit_message(text)));
  }
}

TEST(SevenBit, AHeaderIsGivenAloneAndEachOfItsLinesEnds) {
  EXPECT_EQ(seven_bit_header("A: b\n c\nD: \xC3\xBC"), "A: b\n c\nD: =?utf-8?q?=C3=BC?=\n");
  EXPECT_EQ(seven_bit_header("A: b\n\nbody"), "A: b\n");
  EXPECT_EQ(seven_bit_header(""), "");
}

TEST(SevenBit, TheHeaderHasEncodedWordsAndTheTextIsQuoted) {
  EXPECT_EQ(seven_bit_message(
                "From: J\xC3\xBCrgen <j@example.net>\nSubject: gr\xC3\xBCn,\n gr\xC3\xBCn\n\ngr\xC3\xBCn = a\n"),
            "From: =?utf-8?q?J=C3=BCrgen?= <j@example.net>\nSubject: =?utf-8?q?gr=C3=BCn=2C_gr=C3=BCn?=\n"
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: quoted-printable\n\ngr=C3=BCn =3D a\n");
  EXPECT_EQ(seven_bit_message("MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n"
                              "Content-Transfer-Encoding: 8bit\nX: y\n\n\xFC\n"),
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n"
            "Content-Transfer-Encoding: quoted-printable\nX: y\n\n=FC\n");
  EXPECT_EQ(seven_bit_message("Subject: x\n\n\xFC\n"),
            "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n"
            "Content-Transfer-Encoding: quoted-printable\n\n=FC\n");
}

TEST(SevenBit, OfManyPartsEachIsEncodedByItself) {
  EXPECT_EQ(seven_bit_message("Content-Type: multipart/mixed; boundary=\"b b\"\nContent-Transfer-Encoding: 8bit\n\n"
                              "before \xFF\n--b b\n\nplain\n\n--b b \nContent-Type: text/html; charset=utf-8\n\n"
                              "\xC3\xBC\n--b bx\n--b b\nContent-Type: message/rfc822\n\nSubject: \xC3\xBC\n\nx\n"
                              "--b b--\nafter \xFF\n--b b\n"),
            "Content-Type: multipart/mixed; boundary=\"b b\"\nContent-Transfer-Encoding: 7bit\nMIME-Version: 1.0\n\n"
            "before ?\n--b b\n\nplain\n\n--b b \nContent-Type: text/html; charset=utf-8\n"
            "Content-Transfer-Encoding: quoted-printable\n\n=C3=BC\n--b bx\n--b b\nContent-Type: message/rfc822\n\n"
            "Subject: =?utf-8?q?=C3=BC?=\n\nx\n--b b--\nafter ?\n--b b\n");
}

TEST(SevenBit, WhatIsEncodedAndDamagedIsMendedToWhatDecodesToTheSame) {
  const std::string long_line(1000, 'x');
  struct Row {
    std::string text;
    std::string copy;
  };
  for (const Row& row : {
           Row{"Content-Transfer-Encoding: base64\n\nab\xFF=\n",
               "Content-Transfer-Encoding: base64\nMIME-Version: 1.0\n\nab=\n"},
           Row{"Content-Transfer-Encoding: quoted-printable\n\nab\xFF=\n",
               "Content-Transfer-Encoding: quoted-printable\nMIME-Version: 1.0\n\nab=FF=\n"},
           Row{"Content-Transfer-Encoding: x-uuencode\n\nab\xFF=\n",
               "Content-Transfer-Encoding: quoted-printable\nMIME-Version: 1.0\n"
               "Content-Type: text/plain; charset=unknown-8bit\n\nab=FF=3D\n"},
           Row{"Content-Type: message/delivery-status\n\n" + long_line,
               "Content-Type: message/delivery-status\nMIME-Version: 1.0\n\n" + std::string(kMaxLine, 'x') + "\nxx"},
           Row{"Content-Type: multipart/mixed\n\n\xFF\n",
               "MIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n"
               "Content-Transfer-Encoding: quoted-printable\n\n=FF\n"},
       }) {
    EXPECT_EQ(seven_bit_message(row.text), row.copy);
  }
}

TEST(SevenBit, SignedPartsAreEncodedLikeOthers) {
  EXPECT_EQ(seven_bit_message("MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b\n\n--b\n"
                              "Content-Type: text/plain; charset=utf-8\n\nabcdef\xC3\xBC\n--b--\n"),
            "MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b\n\n--b\n"
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
            "abcdef=C3=BC\n--b--\n");
}

TEST(SevenBit, WhateverTheMessageIsTheCopyPassesEveryServer) {
  constexpr std::array<std::string_view, 22> kPieces{"\n",
                                                     "\n\n",
                                                     "--b\n",
                                                     "--b--\n",
                                                     "--bb\n",
                                                     "Content-Type: multipart/mixed; boundary=b\n",
                                                     "Content-Type: multipart/digest; BOUNDARY=\"bb\"\n",
                                                     "Content-Type: message/rfc822\n",
                                                     "Content-Type: text/plain\n",
                                                     "Content-Transfer-Encoding: base64\n",
                                                     "Content-Transfer-Encoding: 8bit\n",
                                                     "Subject: \xC3\xBC\n",
                                                     "\xFF",
                                                     "x",
                                                     " ",
                                                     "\t",
                                                     "\r",
                                                     "Content-Type: multipart/\xFF; boundary=\"\n",
                                                     ":\n",
                                                     "From: \"\xC3\xBC\" <a@b>\n",
                                                     "=",
                                                     "\xC3\xBC"};
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto left = random() % 60; left > 0; --left) {
      text += kPieces.at(random() % kPieces.size());
      if (random() % 50 == 0) text += std::string(random() % 3000, 'y');
      if (random() % 50 == 0) text += '\0';
    }
    const std::string copy = seven_bit_message(text);
    EXPECT_TRUE(is_seven_bit(copy)) << text;
    EXPECT_TRUE(is_seven_bit(seven_bit_header(text))) << text;
    EXPECT_EQ(seven_bit_message(copy), copy);
  }
}

TEST(SevenBit, DepthIsBounded) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "Content-Type: message/rfc822\n\n";
  EXPECT_TRUE(is_seven_bit(seven_bit_message(text + "\xFF")));
}

}  // namespace
}  // namespace postern::mail
