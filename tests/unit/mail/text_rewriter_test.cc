#include "mail/text_rewriter.h"

#include "base/text.h"
#include "mail/text_survey.h"
#include "mail/wrap.h"

#include <gmock/gmock.h>
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

const std::string kLong(kMaxLine + 1, 'x');
const std::string kLongQuoted = [] {
  std::string quoted;
  for (std::size_t left = kMaxLine + 1; left > 76; left -= 75) quoted += std::string(75, 'x') + "=\n";
  return quoted + std::string((kMaxLine + 1) % 75, 'x');
}();
const std::string kHtml = "MIME-Version: 1.0\nContent-Type: text/html; charset=iso-8859-15\n";

/// A text, and what it is for a server with and without 8BITMIME; empty: the same.
struct RewrittenRow {
  std::string text;
  std::string eight_bit;
  std::string seven_bit;
};

void expect_rewritten(const std::vector<RewrittenRow>& rows) {
  for (const RewrittenRow& row : rows) {
    for (const bool eight_bit : {true, false}) {
      const TextRules& rules = eight_bit ? kEightBitServer : kSevenBitServer;
      const std::string& want = eight_bit ? row.eight_bit : row.seven_bit;
      EXPECT_EQ(rewritten(row.text, rules), want.empty() ? row.text : want);
      EXPECT_EQ(surveyed(row.text, rules).identity, want.empty()) << row.text;
    }
  }
}

std::string edited_and_sent(std::string_view text, const TextRules& rules, const EditFields& edit) {
  TextSurvey survey(rules, edit);
  survey.feed(text);
  TextRewriter rewriter(survey.finish(), rules, edit);
  std::string out;
  rewriter.feed(text, out);
  rewriter.finish(out);
  return out;
}

TEST(TextRewriter, WhatNeedsNoChangeStaysByteForByte) {
  const std::string fits(kMaxLine, 'x');
  expect_rewritten({
      {"", "", ""},
      {"A: b", "", ""},
      {"A: b\n\nx", "", ""},
      {"A: b\n\n" + fits + "\n" + fits, "", ""},
      {"Content-Transfer-Encoding: 8bit\n\nplain, as cron has it\n", "", ""},
      {"Content-Type: text/plain\nContent-Transfer-Encoding: binary\n\nx\n", "", ""},
      {"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\n--b\n\nx\n--b--\n", "", ""},
      {"Content-Transfer-Encoding: quoted-printable\n\n=C3=BC \n=\n", "", ""},
      {"\x1b[1m no header\n", "", ""},
  });
}

TEST(TextRewriter, EightBitTextSaysWhatItIs) {
  expect_rewritten({
      {"Subject: x\n\nabcdefg\xC3\xBC\n",
       "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
       "8bit\n\nabcdefg\xC3\xBC\n",
       "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
       "quoted-printable\n\nabcdefg=C3=BC\n"},
      {"Subject: x\n\nabcdefg\xFC\n",
       "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\nContent-Transfer-Encoding: "
       "8bit\n\nabcdefg\xFC\n",
       "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\nContent-Transfer-Encoding: "
       "quoted-printable\n\nabcdefg=FC\n"},
      // The charset that it says is kept, whatever it is.
      {kHtml + "\nabcdefg\xA4\n", kHtml + "Content-Transfer-Encoding: 8bit\n\nabcdefg\xA4\n",
       kHtml + "Content-Transfer-Encoding: quoted-printable\n\nabcdefg=A4\n"},
      {kHtml + "Content-Transfer-Encoding: 7bit\nX: y\n\nabcdefg\xA4\n",
       kHtml + "Content-Transfer-Encoding: 8bit\nX: y\n\nabcdefg\xA4\n",
       kHtml + "Content-Transfer-Encoding: quoted-printable\nX: y\n\nabcdefg=A4\n"},
      {kHtml + "Content-transfer-encoding: 8BIT\n\nabcdefg\xA4\n", "",
       kHtml + "Content-Transfer-Encoding: quoted-printable\n\nabcdefg=A4\n"},
      {kHtml + "Content-Transfer-Encoding: utf-8\n\nabcdefg\xA4\n",
       kHtml + "Content-Transfer-Encoding: 8bit\n\nabcdefg\xA4\n",
       kHtml + "Content-Transfer-Encoding: quoted-printable\n\nabcdefg=A4\n"},
      {"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nabcdefg\xC3\xBC\n",
       "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\nMIME-Version: "
       "1.0\n\nabcdefg\xC3\xBC\n",
       "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\nMIME-Version: 1.0\n\n"
       "abcdefg=C3=BC\n"},
      // A header without an end gets one, where something is added to it.
      {"\xFC no header at all",
       "MIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n"
       "Content-Transfer-Encoding: 8bit\n\n\xFC no header at all",
       "MIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n"
       "Content-Transfer-Encoding: quoted-printable\n\n=FC no header at all"},
      // An encoding said twice is said once.
      {"MIME-Version: 1.0\nContent-Type: x/y\nContent-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: "
       "8bit\n\nabcdef\xA4",
       "MIME-Version: 1.0\nContent-Type: x/y\nContent-Transfer-Encoding: 8bit\n\nabcdef\xA4",
       "MIME-Version: 1.0\nContent-Type: x/y\nContent-Transfer-Encoding: quoted-printable\n\nabcdef=A4"},
  });
}

TEST(TextRewriter, LongLinesAreEncodedInTheShorterWay) {
  const std::string quoted = kHtml + "Content-Transfer-Encoding: quoted-printable\n\n" + kLongQuoted + "\n";
  expect_rewritten({{kHtml + "\n" + kLong + "\n", quoted, quoted}});
  std::string cyrillic = kHtml + "\n";
  for (int i = 0; i < 300; ++i) cyrillic += "\xD0\xBF\xD1\x80";
  for (const TextRules& rules : {kEightBitServer, kSevenBitServer}) {
    const std::string out = rewritten(cyrillic, rules);
    EXPECT_THAT(out, testing::StartsWith(kHtml + "Content-Transfer-Encoding: base64\n\n0L/RgNC/"));
    EXPECT_THAT(out, testing::EndsWith("\n"));
    EXPECT_TRUE(is_ascii(out) && lines_fit(out));
  }
}

TEST(TextRewriter, TheShorterEncodingIsChosen) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 400; ++round) {
    std::string text;
    const auto odd = random() % 60;
    const auto width = 1 + random() % 200;
    for (std::size_t i = 0; i < 3000; ++i) {
      const char octet = random() % 100 < odd ? "=\xFC"[random() % 2] : 'x';
      text += i % width == 0 ? '\n' : octet;
    }
    text += "\xFC\n";
    const TextMeasure facts = [&text] {
      TextMeasure found;
      TextScan scan;
      scan.begin(false);
      scan.feed(text, found);
      return found;
    }();
    std::string quoted;
    std::string code;
    for (const auto& [action, out] : {std::pair{TextAction::quoted_printable, &quoted}, {TextAction::base64, &code}}) {
      const auto filter = make_text_filter(action);
      filter->feed(text, *out);
      filter->finish(true, *out);
    }
    const auto on_the_wire = [](const std::string& out) {
      return static_cast<double>(out.size()) + static_cast<double>(std::ranges::count(out, '\n'));
    };
    EXPECT_NEAR(static_cast<double>(facts.quoted_printable_size()), on_the_wire(quoted), on_the_wire(quoted) * 0.04);
    EXPECT_NEAR(static_cast<double>(facts.base64_size()), on_the_wire(code), on_the_wire(code) * 0.01);
  }
}

TEST(TextRewriter, EachPartIsEncodedByItselfAndTheWholeSaysWhatItsPartsAre) {
  const std::string top = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n";
  const std::string parts =
      "\npre\n--b\n\nplain\n--b\nContent-Type: text/html; charset=koi8-r\n\nabcdefg\xC1\n--b\n"
      "Content-Type: message/rfc822\n\nSubject: x\n\nabcdefg\xC3\xBC\n\n--b--\npost\n";
  const std::string eight_bit =
      "\npre\n--b\n\nplain\n--b\nContent-Type: text/html; charset=koi8-r\nContent-Transfer-Encoding: 8bit\n\n"
      "abcdefg\xC1\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nSubject: x\nMIME-Version: "
      "1.0\n"
      "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nabcdefg\xC3\xBC\n\n--b--\npost\n";
  const std::string seven_bit =
      "\npre\n--b\n\nplain\n--b\nContent-Type: text/html; charset=koi8-r\nContent-Transfer-Encoding: "
      "quoted-printable\n\n"
      "abcdefg=C1\n--b\nContent-Type: message/rfc822\n\nSubject: x\nMIME-Version: 1.0\n"
      "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nabcdefg=C3=BC\n\n--b--\n"
      "post\n";
  const std::string says = "Content-Transfer-Encoding: ";
  expect_rewritten({
      {top + parts, top + says + "8bit\n" + eight_bit, top + seven_bit},
      {top + says + "7bit\n" + parts, top + says + "8bit\n" + eight_bit, top + says + "7bit\n" + seven_bit},
      {top + says + "8bit\n" + parts, top + says + "8bit\n" + eight_bit, top + says + "7bit\n" + seven_bit},
      {top + says + "binary\n" + parts, top + says + "8bit\n" + eight_bit, top + says + "7bit\n" + seven_bit},
  });
}

TEST(TextRewriter, PreambleAndEpilogueAreNoContentAndMadeToFit) {
  const std::string top = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n";
  const std::string broken = std::string(kMaxLine, 'x') + "\nx\n";
  expect_rewritten(
      {{top + "\npr\xE4\n--b\n\nx\n--b--\n\xE4\n",
        top + "Content-Transfer-Encoding: 8bit\n\npr\xE4\n--b\n\nx\n--b--\n\xE4\n",
        top + "\npr?\n--b\n\nx\n--b--\n?\n"},
       {top + "\n" + kLong + "\n--b\n\nx\n--b--\n" + kLong + "\n", top + "\n" + broken + "--b\n\nx\n--b--\n" + broken,
        top + "\n" + broken + "--b\n\nx\n--b--\n" + broken}});
}

TEST(TextRewriter, WhatIsEncodedAlreadyIsMended) {
  const std::string quoted = kHtml + "Content-Transfer-Encoding: Quoted-Printable\n\n";
  const std::string code = kHtml + "Content-Transfer-Encoding: Base64\n\n";
  const std::string a1200(1200, 'A');
  std::string broken;
  for (std::size_t left = a1200.size(); left > 0; left -= std::min<std::size_t>(left, 76)) {
    broken += std::string(std::min<std::size_t>(left, 76), 'A') + "\n";
  }
  expect_rewritten({{quoted + "=FC\xFC\n", quoted + "=FC=FC\n", quoted + "=FC=FC\n"},
                    {quoted + kLong + "\n", quoted + kLongQuoted + "\n", quoted + kLongQuoted + "\n"},
                    {code + a1200 + "\n", code + broken, code + broken},
                    {code + "QUFB\xFC\n", code + "QUFB\n", code + "QUFB\n"}});
}

TEST(TextRewriter, SignedAndEncryptedPartsStayAndTheLogHearsWhatAServerMayDislike) {
  using testing::ElementsAre;
  struct Closed {
    std::string type;
    std::string name;
  };
  for (const Closed& one : {Closed{"multipart/signed; boundary=s", "a signed part"},
                            {"multipart/encrypted; boundary=s", "an encrypted part"},
                            {"application/pkcs7-mime", "an encrypted part"},
                            {"application/x-pkcs7-mime; smime-type=signed-data", "an encrypted part"},
                            {"message/partial", "a part of type message/partial or message/external-body"},
                            {"message/external-body", "a part of type message/partial or message/external-body"}}) {
    const std::string head =
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\n"
        "--b\nContent-Type: " +
        one.type + "\n\n--s\n\n";
    const std::string end = "\n--s--\n\n--b--\n";
    for (const TextRules& rules : {kEightBitServer, kSevenBitServer}) {
      const std::string with_long = head + kLong + end;
      EXPECT_EQ(rewritten(with_long, rules), with_long);
      EXPECT_THAT(surveyed(with_long, rules).doubts, ElementsAre(one.name + " with lines over 998 octets"));
      const std::string with_letters = head + "\xFC" + end;
      // The header of the part is not in what was signed: there it is said.
      const bool tells = rules.eight_bit && one.type.starts_with("multipart/");
      const std::string said = tells ? "\nContent-Transfer-Encoding: 8bit\n\n--s" : "\n\n--s";
      EXPECT_EQ(rewritten(with_letters, rules), head.substr(0, head.find("\n\n--s")) + said + "\n\n\xFC" + end);
      const TextPlan plan = surveyed(with_letters, rules);
      EXPECT_TRUE(plan.eight_bit_left);
      if (rules.eight_bit) {
        EXPECT_THAT(plan.doubts, ElementsAre());
      } else {
        EXPECT_THAT(plan.doubts, ElementsAre(one.name + " with 8-bit text"));
      }
    }
    EXPECT_THAT(surveyed(head + "x" + end, kSevenBitServer).doubts, ElementsAre());
    const std::string forced = rewritten(head + kLong + "\xFC" + end, kAtAnyCost);
    EXPECT_TRUE(is_ascii(forced) && lines_fit(forced)) << one.type;
  }
}

TEST(TextRewriter, AMultipartInNameAloneIsTextIfItHasToBeEncoded) {
  const std::string says = "Content-Transfer-Encoding: ";
  const std::string text = "\nb\xC3\xBC\n--b\nx\n";
  const std::string quoted = "\nb=C3=BC\n--b\nx\n";
  const std::string plain = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n";
  for (const std::string& type : {std::string("multipart/mixed"), std::string("multipart/mixed; boundary=never"),
                                  std::string("multipart/alternative; boundary=\"\"")}) {
    const std::string top = "A: b\nContent-Type: " + type + "\n";
    const std::string version = "MIME-Version: 1.0\n";
    expect_rewritten(
        {{top + version + "\nplain\n", "", ""},
         {top + text, top + version + says + "8bit\n" + text, "A: b\n" + plain + says + "quoted-printable\n" + quoted},
         {top + says + "binary\n\n\xFC", top + says + "8bit\n" + version + "\n\xFC",
          "A: b\n" + says + "quoted-printable\n" + version + "Content-Type: text/plain; charset=unknown-8bit\n\n=FC"},
         {top + version + "\n" + kLong + "\n",
          "A: b\n" + version + "Content-Type: text/plain; charset=utf-8\n" + says + "quoted-printable\n\n" +
              kLongQuoted + "\n",
          "A: b\n" + version + "Content-Type: text/plain; charset=utf-8\n" + says + "quoted-printable\n\n" +
              kLongQuoted + "\n"},
         {top + version + says + "quoted-printable\n\n=FC\xFC\n", top + version + says + "quoted-printable\n\n=FC=FC\n",
          top + version + says + "quoted-printable\n\n=FC=FC\n"}});
    // The same as a part: what is around it stays.
    const std::string head = version + "Content-Type: multipart/mixed; boundary=out\n\n--out\n";
    const std::string end = "\n--out\n\nx\n--out--\nepilogue\n";
    EXPECT_EQ(rewritten(head + "Content-Type: " + type + "\n" + text + end, kSevenBitServer),
              head + "Content-Type: text/plain; charset=utf-8\n" + says + "quoted-printable\n" + quoted + end);
    for (const std::string& nothing : {head + "Content-Type: " + type, head + "Content-Type: " + type + "\n\n"}) {
      EXPECT_EQ(rewritten(nothing, kSevenBitServer), nothing);
    }
  }
}

TEST(TextRewriter, WhatHasPartsSaysNoEncodingThatItCannotHave) {
  const std::string top = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: ";
  const std::string part = "\n\n--b\nContent-Type: text/plain; charset=utf-8\n";
  const std::string says = "Content-Transfer-Encoding: ";
  const std::string end = "\n--b--\n";
  for (const std::string& wrong : {std::string("base64"), std::string("Quoted-Printable"), std::string("binary")}) {
    expect_rewritten({{top + wrong + part + "\nx" + end, "", ""},
                      {top + wrong + part + "\n\xC3\xBC" + end, top + "8bit" + part + says + "8bit\n\n\xC3\xBC" + end,
                       top + "7bit" + part + says + "quoted-printable\n\n=C3=BC" + end}});
  }
}

TEST(TextRewriter, LinesOfBase64AroundAnEncryptedObjectAreBroken) {
  const std::string a1200(1200, 'A');
  for (const std::string& type :
       {std::string("application/pkcs7-mime; smime-type=enveloped-data"), std::string("application/x-pkcs7-mime")}) {
    const std::string top = "MIME-Version: 1.0\nContent-Type: " + type + "\nContent-Transfer-Encoding: base64\n\n";
    const std::string sent = rewritten(top + a1200 + "\n", kEightBitServer);
    EXPECT_TRUE(lines_fit(sent));
    std::string joined = sent.substr(top.size());
    std::erase(joined, '\n');
    EXPECT_EQ(joined, a1200);
    EXPECT_EQ(surveyed(top + a1200 + "\n", kEightBitServer).doubts.size(), 0U);
  }
}

TEST(TextRewriter, AnEncodingOfItsOwnGivesWayWhereItsTextCannotGo) {
  const std::string top = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: ";
  expect_rewritten({{top + "x-uuencode\n\nbegin 644 x\n", "", ""},
                    {top + "x-unknown\n\nb\xC3\xBC\n", "", top + "quoted-printable\n\nb=C3=BC\n"}});
}

TEST(TextRewriter, ReportsForProgramsAreNotEncoded) {
  const std::string top = "MIME-Version: 1.0\nContent-Type: message/delivery-status\n";
  const std::string says = "Content-Transfer-Encoding: 8bit\n";
  expect_rewritten({{top + "\nA: b\xC3\xBC\n", top + says + "\nA: b\xC3\xBC\n", top + "\nA: b??\n"}});
}

TEST(TextRewriter, ASignatureThatTheEditBreaksKeepsNothingAsItWas) {
  const std::string text = "DKIM-Signature: v=1\nFrom: J\xC3\xBC <a@x>\n\n" + kLong + "\n";
  const auto keeps = [](std::string_view fields) { return std::string(fields); };
  EXPECT_TRUE(edited_and_sent(text, kEightBitServer, keeps) == text);
  const auto changes = [](std::string_view fields) { return "X: \xC3\xBC\n" + std::string(fields); };
  const std::string sent = edited_and_sent(text, kEightBitServer, changes);
  EXPECT_TRUE(is_ascii(sent) && lines_fit(sent)) << sent;
  EXPECT_TRUE(sent.starts_with("X: =?utf-8?q?=C3=BC?=\nDKIM-Signature: v=1\nFrom: =?utf-8?q?J=C3=BC?= <a@x>\n"));
}

TEST(TextRewriter, AFromThatLosesItsAddressIsADoubt) {
  const std::string from = "From: j\xC3\xBC@x.example\n";
  EXPECT_THAT(surveyed(from + "\nx\n", kEightBitServer).doubts,
              testing::ElementsAre("a From whose address needs SMTPUTF8, which is not offered"));
  EXPECT_THAT(surveyed("From: J\xC3\xBC <a@x.example>\n\nx\n", kEightBitServer).doubts, testing::ElementsAre());
  const TextRules utf8{.eight_bit = true, .utf8 = true, .at_any_cost = false};
  EXPECT_THAT(surveyed(from + "\nx\n", utf8).doubts, testing::ElementsAre());
}

TEST(TextRewriter, BinaryIsNotSaidOfEightBitText) {
  const std::string says = kHtml + "Content-Transfer-Encoding: ";
  expect_rewritten({{says + "binary\n\nb\xFC\n", says + "8bit\n\nb\xFC\n", says + "quoted-printable\n\nb=FC\n"}});
}

TEST(TextRewriter, AMessageWithADkimSignatureStaysWhereTheServerTakesEightBitText) {
  const std::string head = "DKIM-Signature: v=1; a=rsa-sha256\nSubject: \xC3\xBC\n";
  const std::string text = head + "\n" + kLong + "\xC3\xBC\n";
  const TextPlan plan = surveyed(text, kEightBitServer);
  EXPECT_TRUE(plan.identity && plan.as_it_is && plan.eight_bit_left);
  EXPECT_EQ(rewritten(text, kEightBitServer), text);
  EXPECT_THAT(plan.doubts, testing::ElementsAre("raw 8-bit text in a header",
                                                "a text with a DKIM signature with lines over 998 octets"));
  const std::string mended = rewritten(text, kSevenBitServer);
  EXPECT_THAT(mended, testing::HasSubstr("Content-Transfer-Encoding: quoted-printable"));
  // Of a message that is forwarded in another one it is not asked.
  EXPECT_FALSE(surveyed("Content-Type: message/rfc822\n\n" + text, kEightBitServer).as_it_is);
}

TEST(TextRewriter, TheTopFieldsAreEditedOnceAndFirst) {
  int calls = 0;
  const auto edit = [&calls](std::string_view fields) {
    ++calls;
    return "X: y\n" + std::string(fields);
  };
  const auto run = [&edit](std::string_view text, const TextRules& rules) {
    TextRewriter rewriter(surveyed(text, rules), rules, edit);
    std::string out;
    for (const char& c : text) rewriter.feed({&c, 1}, out);
    rewriter.finish(out);
    return out;
  };
  EXPECT_EQ(run("A: b\n\nx", kEightBitServer), "X: y\nA: b\n\nx");
  EXPECT_EQ(run("A: b", kEightBitServer), "X: y\nA: b\n");
  EXPECT_EQ(run("", kEightBitServer), "X: y\n");
  EXPECT_EQ(run("no header", kEightBitServer), "X: y\n\nno header");
  EXPECT_EQ(run("DKIM-Signature: x\n\nabcdef\xFC\n", kEightBitServer), "X: y\nDKIM-Signature: x\n\nabcdef\xFC\n");
  EXPECT_EQ(run("A: b\n\nabcdef\xFC\n", kSevenBitServer),
            "X: y\nA: b\nMIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n"
            "Content-Transfer-Encoding: quoted-printable\n\nabcdef=FC\n");
  EXPECT_EQ(run("Content-Type: multipart/mixed; boundary=b\n\n--b\nA: b\n\n--b--", kEightBitServer),
            "X: y\nContent-Type: multipart/mixed; boundary=b\n\n--b\nA: b\n\n--b--");
  EXPECT_EQ(calls, 7);
}

TEST(TextRewriter, WhatIsTooMuchGoesAsItIs) {
  using testing::ElementsAre;
  std::string text = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (std::size_t i = 0; i < kMostEntities + 2; ++i) text += "--b\n\nx\n";
  EXPECT_TRUE(surveyed(text, kSevenBitServer).identity);
  const TextPlan plan = surveyed(text + "--b\n\n\xFC\n--b\n\n" + kLong + "\n", kSevenBitServer);
  EXPECT_LE(plan.parts.size(), kMostEntities + 1);
  EXPECT_THAT(plan.doubts,
              ElementsAre("one of too many parts with lines over 998 octets", "one of too many parts with 8-bit text"));
  EXPECT_TRUE(is_ascii(rewritten(text + "--b\nA: \xFC\n\n\xFC\n", kAtAnyCost)));

  const std::string header = "A: " + std::string(kLongestHeader, 'x') + "\n\n";
  EXPECT_EQ(rewritten(header + "\xFC", kSevenBitServer), header + "\xFC");
  EXPECT_THAT(surveyed(header + "\xFC", kSevenBitServer).doubts,
              ElementsAre("a part with too long a header with lines over 998 octets",
                          "a part with too long a header with 8-bit text"));
}

std::string some_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces{"\n",
                                                "\n\n",
                                                "\n--b\n",
                                                "\n--b--\n",
                                                "\n--bb\n\n",
                                                "Content-Type: multipart/mixed; boundary=b\n\n",
                                                "Content-Type: multipart/digest; BOUNDARY=\"bb\"\n",
                                                "Content-Type: multipart/signed; boundary=b\n",
                                                "Content-Type: multipart/mixed\n",
                                                "Content-Type: multipart/related; boundary=never\n\n",
                                                "Content-Type: message/rfc822\n\n",
                                                "Content-Type: text/plain\n\n",
                                                "Content-Transfer-Encoding: base64\n\n",
                                                "Content-Transfer-Encoding: quoted-printable\n",
                                                "Content-Transfer-Encoding: 8bit\n",
                                                "Content-Transfer-Encoding: binary\n",
                                                "MIME-Version: 1.0\n",
                                                "A: b\n",
                                                "\xFF",
                                                "x",
                                                " ",
                                                "\t",
                                                "=",
                                                "=4",
                                                "\xC3\xBC",
                                                "\x1b",
                                                kLong};
  std::string text;
  for (auto left = random() % 40; left > 0; --left) text += kPieces.at(random() % kPieces.size());
  return text;
}

TEST(TextRewriter, AnyCuttingGivesTheSame) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 2000; ++round) {
    const std::string text = some_text(random);
    std::vector<std::size_t> cuts;
    for (auto left = random() % 10; left > 0; --left) cuts.push_back(random() % (text.size() + 1));
    std::ranges::sort(cuts);
    for (const TextRules& rules : {kEightBitServer, kSevenBitServer, kAtAnyCost}) {
      ASSERT_EQ(rewritten(text, rules, cuts), rewritten(text, rules)) << text;
      ASSERT_EQ(surveyed(text, rules, cuts).doubts, surveyed(text, rules).doubts) << text;
    }
  }
}

TEST(TextRewriter, EveryCutOfASmallMessageGivesTheSame) {
  const std::string text =
      "A: b\nContent-Type: multipart/mixed; boundary=\"b c\"\n\np\xFF\n--b c\n\nabcdef\xC3\xBC \n--b c \nContent-Type: "
      "message/rfc822\n\nSubject: x\n\n\xFF\xFF\xFF\xFF\n--b c\nContent-Transfer-Encoding: base64\n\nQUF\xFF\x42\n--b "
      "c--\n";
  for (const TextRules& rules : {kEightBitServer, kSevenBitServer, kAtAnyCost}) {
    const std::string whole = rewritten(text, rules);
    for (std::size_t first = 0; first <= text.size(); ++first) {
      ASSERT_EQ(rewritten(text, rules, {first}), whole);
      const std::size_t second = first + (text.size() - first) / 2;
      ASSERT_EQ(rewritten(text, rules, {first, second}), whole);
    }
  }
}

TEST(TextRewriter, WhatWasRewrittenIsAcceptedAndStaysAsItIs) {
  std::mt19937 random(2);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 3000; ++round) {
    const std::string text = some_text(random);
    for (const TextRules& rules : {kEightBitServer, kSevenBitServer, kAtAnyCost}) {
      const TextPlan plan = surveyed(text, rules);
      const std::string out = rewritten(text, rules);
      ASSERT_EQ(plan.identity, out == text) << text;
      // A Content-Type that was put in the place of one with raw octets takes these along: they were told all the same.
      const bool type_replaced =
          std::ranges::any_of(plan.parts, [](const PartPlan& part) { return part.type != AddedType::none; });
      ASSERT_TRUE(plan.eight_bit_left == !is_ascii(out) || (plan.eight_bit_left && type_replaced)) << text << "\n----\n"
                                                                                                   << out;
      const bool fits = lines_fit(out) && (rules.eight_bit || is_ascii(out));
      ASSERT_TRUE(fits || !plan.doubts.empty()) << text << "\n----\n" << out;
      ASSERT_TRUE(fits || !rules.at_any_cost) << text << "\n----\n" << out;
      ASSERT_EQ(rewritten(out, rules), out) << text;
    }
  }
}

}  // namespace
}  // namespace postern::mail
