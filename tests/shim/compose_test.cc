#include "sendmail-shim/compose.h"

#include "base/text.h"
#include "mail/envelope.h"
#include "sendmail-shim/local.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::shim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kFixed = "From: f\nDate: 23 Nov 2026 17:04:05 +0000\nMessage-ID: <m@x>\nTo: somebody@x\n";
const std::string kWithoutTo = "From: f\nDate: 23 Nov 2026 17:04:05 +0000\nMessage-ID: <m@x>\n";

Surroundings surroundings() { return {"joe", "Joe User", "Mon, 23 Nov 2026 17:04:05 +0000"}; }

Options to(std::vector<std::string> recipients) {
  Options options;
  options.recipients = std::move(recipients);
  return options;
}

Options from_header() {
  Options options;
  options.source = Recipients::header_too;
  return options;
}

Outcome<Submission> compose_text(const std::string& text, const Options& options) {
  return compose(text, options, surroundings());
}

/// What the reader makes of the bytes in pieces of `size`, or the exit code in words.
std::string read(std::string_view bytes, DotLine dot, std::size_t size) {
  InputReader reader(dot);
  while (!bytes.empty()) {
    if (const auto exit = reader.feed(bytes.substr(0, size))) return "exit " + std::to_string(exit->code);
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  if (const auto exit = reader.finish()) return "exit " + std::to_string(exit->code);
  return reader.take();
}

TEST(InputReader, GivesTheSameAtEveryPieceSize) {
  struct Case {
    std::string bytes, dots_end, dots_are_text;
  };
  const std::vector<Case> cases = {
      {"", "", ""},
      {"a", "a\n", "a\n"},
      {"a\r\nb\n", "a\nb\n", "a\nb\n"},
      {"a\n.\nb\n", "a\n", "a\n.\nb\n"},
      {"a\r\n.\r\nb\r\n", "a\n", "a\n.\nb\n"},
      {"a\n.", "a\n", "a\n.\n"},
      {"..\n.x\n", "..\n.x\n", "..\n.x\n"},
      {"a\rb\n", "a b\n", "a b\n"},
      {"a\r\r\n", "a\n", "a\n"},
      {std::string("a\0b\n", 4), "ab\n", "ab\n"},
      {std::string("a: b\n\nx\0", 8), "a: b\n\nx\n", "a: b\n\nx\n"},
      {".\nmore\rstray\n", "", ".\nmore stray\n"},
      {"a\n.\r\r\nb\n", "a\n.\nb\n", "a\n.\nb\n"},
      {"a\n.\rb\n", "a\n. b\n", "a\n. b\n"},
      {std::string("a\n.\0\nb\n", 7), "a\n.\nb\n", "a\n.\nb\n"},
      {std::string("a\n\0.\nb\n", 7), "a\n.\nb\n", "a\n.\nb\n"},
      {"a\r.\nb\n", "a .\nb\n", "a .\nb\n"},
      {"a\n.\r", "a\n", "a\n.\n"},
      {"\xC3\xA4\xFF\n", "\xC3\xA4\xFF\n", "\xC3\xA4\xFF\n"},
  };
  for (const Case& one : cases) {
    for (std::size_t size = 1; size <= one.bytes.size() + 1; ++size) {
      EXPECT_EQ(read(one.bytes, DotLine::ends, size), one.dots_end) << one.bytes << " by " << size;
      EXPECT_EQ(read(one.bytes, DotLine::is_text, size), one.dots_are_text) << one.bytes << " by " << size;
    }
  }
}

TEST(InputReader, C23_RefusesNothingButAMessageThatIsTooLarge) {
  for (const auto& [dot, unit] :
       {std::pair{DotLine::is_text, "xxxxxxxxxxxxxxxx"}, {DotLine::ends, "X-Field: value\n"}}) {
    InputReader reader(dot);
    std::string piece;
    while (piece.size() < (1U << 20U)) piece += unit;
    std::size_t fed = 0;
    for (; fed + piece.size() <= kMessageBytes; fed += piece.size()) ASSERT_FALSE(reader.feed(piece)) << fed;
    const auto exit = reader.feed(piece);
    ASSERT_TRUE(exit);
    EXPECT_EQ(exit->code, EX_DATAERR);
  }
}

TEST(InputReader, CountsWhatItMends) {
  InputReader reader(DotLine::ends);
  EXPECT_FALSE(reader.feed(std::string_view("a\rb\0\r\r\n\r\n", 9)));
  EXPECT_FALSE(reader.finish());
  EXPECT_EQ(reader.mended(), (mail::Mended{.blanks = 1, .line_ends = 1, .nuls = 1}));
}

TEST(Compose, C10_AddsWhatIsMissingOnce) {
  const auto made = compose_text("Subject: x\n\nbody\n", to({"a@b"}));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->text,
            "Subject: x\nFrom: Joe User <joe>\nTo: undisclosed-recipients:;\nDate: Mon, 23 Nov 2026 17:04:05 "
            "+0000\n\nbody\n");
  EXPECT_EQ(made->sender, "joe");
  EXPECT_THAT(made->recipients, ElementsAre("a@b"));
  EXPECT_EQ(compose_text(kFixed + "\nbody\n", to({"a@b"}))->text, kFixed + "\nbody\n");
}

TEST(Compose, C18_C19_FindsTheEndOfTheHeader) {
  EXPECT_EQ(compose_text(kFixed, to({"a"}))->text, kFixed + "\n");
  EXPECT_EQ(compose_text(kFixed + "no field\n", to({"a"}))->text, kFixed + "\nno field\n");
  EXPECT_TRUE(compose_text("no field\n", to({"a"}))->text.ends_with("\n\nno field\n"));
  EXPECT_TRUE(compose_text("", to({"a"}))->text.ends_with("+0000\n\n"));
  EXPECT_EQ(compose_text("From joe Mon Nov 23\n" + kFixed + "\nb\n", to({"a"}))->text, kFixed + "\nb\n");
  EXPECT_EQ(compose_text("From root@web1 2026-11-30\n" + kFixed + "\nb\n", to({"a"}))->text, kFixed + "\nb\n");
  EXPECT_EQ(compose_text(">From joe Mon Nov 23\n" + kFixed + "\nb\n", to({"a"}))->text, kFixed + "\nb\n");
}

TEST(Compose, C23_TakesAHeaderOfAnySizeAndDropsBccFromIt) {
  const std::string filler = "X-Filler: " + std::string(900'000, 'x') + "\n";
  const auto made = compose_text(filler + kWithoutTo + "Bcc: a@b,\n c@d\n\nbody\n", from_header());
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_THAT(made->recipients, ElementsAre("a@b", "c@d"));
  EXPECT_TRUE(made->text == filler + kWithoutTo + "To: undisclosed-recipients:;\n\nbody\n");
}

TEST(Compose, C03_C04_C14_TakesRecipientsFromTheHeaderAndTheArguments) {
  Options options = from_header();
  options.recipients = {"arg@x, second@x"};
  const auto made = compose_text(
      kWithoutTo + "To: \"a, b\" <c@d>,\n (x (y) z) e@f, g: h@i, j@k;\nCC: c@D, l\nBcc: m@n,\n o@p\n\n", options);
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_THAT(made->recipients, ElementsAre("arg@x", "second@x", "c@d", "e@f", "h@i", "j@k", "l", "m@n", "o@p"));
  EXPECT_EQ(made->text.find("m@n"), std::string::npos);
  EXPECT_EQ(made->text.find("o@p"), std::string::npos);
}

TEST(Compose, WithoutTheOptionTheHeaderNamesNobody) {
  EXPECT_THAT(compose_text(kWithoutTo + "To: x@y\nBcc: z\n\n", to({"a@b"}))->recipients, ElementsAre("a@b"));
}

TEST(Compose, C13_FortyFoldedLinesAreOneField) {
  std::string field = "To: r0@x";
  for (int i = 1; i < 40; ++i) field += ",\n\tr" + std::to_string(i) + "@x";
  EXPECT_EQ(compose_text(kWithoutTo + field + "\n\n", from_header())->recipients.size(), 40U);
}

TEST(Compose, C16_AResentMessageGoesWhereItsNewestBlockSays) {
  const std::string text =
      "Resent-From: a\nResent-To: new@x\nResent-Cc: cc@x\nResent-Bcc: bcc@x\nResent-From: b\nResent-To: old@x\n" +
      kWithoutTo + "To: first@x\n\n";
  const auto made = compose_text(text, from_header());
  EXPECT_THAT(made->recipients, ElementsAre("new@x", "cc@x", "bcc@x"));
  EXPECT_EQ(made->text.find("bcc@x"), std::string::npos);
}

TEST(Compose, AResentMessageWhoseNewestBlockNamesNobodyGoesWhereToSays) {
  for (const std::string field : {"Resent-From: x@y", "Resent-Message-ID: <r@x>", "Resent-Date: x",
                                  "Resent-Sender: x@y", "Resent-From: x@y\nResent-Date: x", "Resent-Reply-To: x@y",
                                  "Resent-From: a\nResent-From: b", "resent-from: x@y", "Resent-X: y", "Resent-: y"}) {
    for (const std::string& header : {field + "\nTo: a@b.example\n", "To: a@b.example\n" + field + "\n"}) {
      const auto made = compose_text(header + kWithoutTo + "Cc: c@x\nBcc: d@x\n\n", from_header());
      ASSERT_TRUE(made) << header << made.error().text;
      EXPECT_THAT(made->recipients, ElementsAre("a@b.example", "c@x", "d@x")) << header;
    }
  }
  const auto older =
      compose_text("Resent-From: a\nResent-From: b\nResent-To: old@x\nResent-From: c\nResent-To: oldest@x\n" +
                       kWithoutTo + "To: first@x\n\n",
                   from_header());
  ASSERT_TRUE(older);
  EXPECT_THAT(older->recipients, ElementsAre("old@x"));
  const auto empty = compose_text("Resent-To:\nTo: a@b\n\n", from_header());
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().text, "no recipients: neither as arguments nor in Resent-To, Resent-Cc or Resent-Bcc");
}

TEST(Compose, C05_C06_WithoutRecipientsItIsAUsageError) {
  for (const std::string header : {"", "To: undisclosed-recipients:;\n", "Subject: x\n"}) {
    EXPECT_EQ(compose_text(kWithoutTo + header + "\n", from_header()).error().code, EX_USAGE);
  }
  Options options = from_header();
  options.recipients = {"a@b"};
  EXPECT_THAT(compose_text(kWithoutTo + "To: undisclosed-recipients:;\n\n", options)->recipients, ElementsAre("a@b"));
}

TEST(Compose, WhatStandsBeforeAHeaderThatNamesTheRecipientsIsDropped) {
  const std::string header = "To: root\nFrom: f\nDate: 23 Nov 2026 17:04:05 +0000\nMessage-ID: <m@x>\n\n\nbody\n";
  for (const std::string front :
       {"", "\n", "\n\n\n", " \n", "\t\n\n", "\xEF\xBB\xBF", "\n\xEF\xBB\xBF", "\xEF\xBB\xBF\n", "From joe\n",
        "From root@web1 Mon, 30 Nov 2026 10:00:00 +0000\n>From \n", "\n\nFrom x\n\n",
        "From joe Mon Nov 23 17:04:05 2026\n", "\nFrom joe Mon Nov 23 17:04:05 2026\n"}) {
    const auto made = compose_text(front + header, from_header());
    ASSERT_TRUE(made) << front;
    EXPECT_THAT(made->recipients, ElementsAre("root"));
    EXPECT_EQ(made->text, header) << front;
  }
}

TEST(Compose, WithoutTheOptionAnEmptyLineSaysThatThereIsNoHeader) {
  const std::string text = "\nSubject: quoted\n\nbody\n";
  EXPECT_TRUE(compose_text(text, to({"root"}))->text.ends_with("\n" + text));
  const auto marked = compose_text("\xEF\xBB\xBF" + kFixed + "\nbody\n", to({"root"}));
  EXPECT_EQ(marked->text, kFixed + "\nbody\n");
}

TEST(Compose, SaysWhereTheHeaderEndsIfItNamesNobody) {
  struct Case {
    std::string text, words;
  };
  const std::vector<Case> cases = {
      {"  To: root\n\nbody\n", "the first line is no header field: \"  To: root\""},
      {"\n  To: root\n\nbody\n", "the first line is empty"},
      {"To root\nSubject: x\n\n", "the first line is no header field: \"To root\""},
      {"\xEF\xBB\xBF"
       "Note: root\n\n",
       "the first line is no header field: "},
      {"\nNote: root\n\n", "the first line is empty"},
      {"Subject: x\nhello\nTo: root\n\n", "the header ends before a line that is no field: \"hello\""},
  };
  for (const Case& one : cases) {
    const auto made = compose_text(one.text, from_header());
    ASSERT_FALSE(made) << one.text;
    EXPECT_EQ(made.error().code, EX_USAGE);
    EXPECT_THAT(made.error().text, HasSubstr(one.words));
  }
  for (const std::string text : {"", "\n", "\n\n", "Subject: x\n\nTo: root\n"}) {
    EXPECT_EQ(compose_text(text, from_header()).error().text,
              "no recipients: neither as arguments nor in To, Cc or Bcc");
  }
}

TEST(Compose, OfAHeaderThatNobodyLookedAtItSaysNothing) {
  for (const std::string none : {"", " "}) {
    const auto made = compose_text("To: root\n\n", to({none}));
    ASSERT_FALSE(made) << none;
    EXPECT_EQ(made.error().code, EX_USAGE);
    EXPECT_EQ(made.error().text, "no recipients: the arguments name nobody; -t takes them from the header");
  }
}

TEST(Compose, C28_RefusesWhereNobodyCanBeReachedAndNamesWhatItWasGiven) {
  for (const std::string bad : {"A b", "\"a\r\nDATA\"@d", "a@b\nRCPT TO:<c@d>", ":include:/etc/shadow x", "\"a\vb\"@c",
                                "<>", "Bob <>", "@d", "a@b@c"}) {
    const auto made = compose_text(kFixed + "\n", to({bad}));
    ASSERT_FALSE(made) << bad;
    EXPECT_EQ(made.error().code, EX_DATAERR) << bad;
    EXPECT_FALSE(has_control(made.error().text)) << bad;
  }
  const auto made = compose_text(kWithoutTo + "To: Two words\nCc: <>\n\n", from_header());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, EX_DATAERR);
  EXPECT_THAT(made.error().text, HasSubstr("\"Two words\", \"<>\""));
}

TEST(Compose, ASlipCostsItselfAloneInArgumentsAndHeader) {
  for (const std::string bad : {"Two words", "<>", "\"a\n b\"@d", "Bob <>", "a\\b@x", "@x", "x@y@z", "b@x..y"}) {
    const auto header = compose_text(kWithoutTo + "To: ok@x, " + bad + "\nCc: also@x\n\n", from_header());
    ASSERT_TRUE(header) << bad;
    EXPECT_THAT(header->recipients, ElementsAre("ok@x", "also@x")) << bad;
    ASSERT_EQ(header->unread.size(), 1U) << bad;
    EXPECT_FALSE(has_control(header->unread.front()));
    ASSERT_EQ(warnings(*header).size(), 1U);
    EXPECT_THAT(warnings(*header).front(), HasSubstr(header->unread.front()));
    EXPECT_THAT(warnings(*header).front(), HasSubstr("the sender will be told, if reports are wanted"));
    const auto arguments = compose_text(kFixed + "\n", to({"ok@x", bad, "also@x"}));
    ASSERT_TRUE(arguments) << bad;
    EXPECT_THAT(arguments->recipients, ElementsAre("ok@x", "also@x")) << bad;
    EXPECT_EQ(arguments->unread.size(), 1U) << bad;
  }
  EXPECT_THAT(warnings(*compose_text(kFixed + "\n", to({"ok@x"}))), IsEmpty());
}

TEST(Compose, ALineEndInAnArgumentIsAComma) {
  for (const std::string list : {"a@b\nc@d", "a@b\r\nc@d\r\n", "\na@b,\nc@d\n\n", "a@b\n\n\tc@d", "a@b \n c@d",
                                 "a@b;\nc@d", "a@b\r\n\r\nc@d", "a@b,c@d\n", "'a@b'\n'c@d'", "a@b,\r\nc@d"}) {
    const auto made = compose_text(kFixed + "\n", to({list}));
    ASSERT_TRUE(made) << list;
    EXPECT_THAT(made->recipients, ElementsAre("a@b", "c@d")) << list;
    EXPECT_THAT(made->unread, IsEmpty()) << list;
  }
  const auto made = compose_text(kFixed + "\n", to({"root\nalice bob\nFull Name\na@b"}));
  ASSERT_TRUE(made);
  EXPECT_THAT(made->recipients, ElementsAre("root", "alice", "bob", "a@b"));
  EXPECT_THAT(made->unread, ElementsAre("Full Name"));
}

TEST(Compose, C28_BesideWhatLooksAsAnAttackALineEndMakesAnArgumentNobodys) {
  for (const std::string bad : {"a@b\nBcc: c@d", "a@b\r\nRCPT TO:<c@d>", "a@b,\x01c@d", "\"x\ny\" <c@d>", "a@b\rc@d",
                                "a@b\n<c@d>", "(a@b\nc@d)", "a@b\nc@d\vx", "Bob\n<a@b>", "a:\nc@d"}) {
    const auto made = compose_text(kFixed + "\n", to({"ok@x", bad}));
    ASSERT_TRUE(made);
    EXPECT_THAT(made->recipients, ElementsAre("ok@x")) << bad;
    EXPECT_EQ(made->unread.size(), 1U);
  }
  EXPECT_THAT(compose_text(kFixed + "\n", to({"a@b\n"}))->recipients, ElementsAre("a@b")) << "of $(command)";
}

TEST(Compose, BoundsWhatItKeepsOfManySlips) {
  std::string header = "To: ok@x";
  for (int i = 0; i < 500; ++i) header += ", Two words";
  const auto made = compose_text(kWithoutTo + header + "\nCc: Two words, Two words\n\n", from_header());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->unread.size(), mail::kMostUnread);
  EXPECT_EQ(made->unread.size() + made->more_unread, 502U);
}

TEST(Compose, ASenderThatIsNoAddressIsReplacedByTheCaller) {
  Options options = to({"a@x"});
  options.unread_sender = "two words";
  const auto made = compose_text(kFixed + "\n", options);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->sender, "joe");
  EXPECT_EQ(made->unread_sender, "two words");
  ASSERT_EQ(warnings(*made).size(), 1U);
  EXPECT_THAT(warnings(*made).front(), HasSubstr("two words"));
}

TEST(Compose, C32_C33_OddButValidAddressesAreOrdinary) {
  EXPECT_THAT(
      compose_text(kFixed + "\n", to({"|/bin/sh", "/etc/passwd", "`id`", "${run{id}}", "-oXfile@x"}))->recipients,
      ElementsAre("|/bin/sh", "/etc/passwd", "`id`", "${run{id}}", "-oXfile@x"));
}

TEST(Compose, TheAddedFromNamesTheSender) {
  Options options = to({"a"});
  options.sender = "alerts@example.com";
  EXPECT_THAT(compose_text("\n", options)->text, HasSubstr("From: alerts@example.com\n"));
  options.full_name = "CronDaemon";
  EXPECT_THAT(compose_text("\n", options)->text, HasSubstr("From: CronDaemon <alerts@example.com>\n"));
  options.sender = "";
  EXPECT_THAT(compose_text("\n", options)->text, HasSubstr("From: CronDaemon <joe>\n"));
  EXPECT_EQ(compose_text("\n", options)->sender, "");
  EXPECT_EQ(compose_text(kFixed + "\n", options)->text, kFixed + "\n");
}

TEST(Compose, ManyRecipientsAreFast) {
  std::vector<std::string> many;
  for (int i = 0; i < 200'000; ++i) many.push_back("r" + std::to_string(i % 100'000) + "@x");
  EXPECT_EQ(compose_text(kFixed + "\n", to(many))->recipients.size(), 100'000U);
}

TEST(Compose, RecipientsBeyondWhatAnEnvelopeHoldsAreRefusedBeforeTheyAreRead) {
  const std::string field = "To: " + std::string((std::size_t{4} << 20U) + 1, ',') + "\nSubject: x\n\n";
  const auto refused = compose_text(field, from_header());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EX_DATAERR);
  EXPECT_THAT(refused.error().text, HasSubstr("send it in parts"));
  EXPECT_TRUE(compose_text("To: a@x" + std::string(std::size_t{3} << 20U, ',') + "\n\n", from_header()))
      << "separators alone";
}

TEST(FindAccount, ReadsTheFirstLineOfTheUid) {
  const std::string passwd =
      "root:x:0:0:root:/root:/bin/bash\nbad line\njoe:x:1000:1000:& User,Room "
      "1,,:/home/joe:/bin/sh\nalso:x:1000:1:Other:/:/\nbad name:x:7:7::/:/\n";
  EXPECT_EQ(find_account(passwd, 0, "").login, "root");
  EXPECT_EQ(find_account(passwd, 1000, "").login, "joe");
  EXPECT_EQ(find_account(passwd, 1000, "").full_name, "Joe User");
  EXPECT_EQ(find_account(passwd, 7, "").login, "uid7");
  EXPECT_EQ(find_account(passwd, 4711, "dyn").login, "dyn");
  EXPECT_EQ(find_account(passwd, 4711, "a@b").login, "uid4711");
  EXPECT_EQ(find_account(passwd, 4711, "a\nb").login, "uid4711");
  EXPECT_EQ(find_account("", 5, "").login, "uid5");
}

}  // namespace
}  // namespace postern::shim
