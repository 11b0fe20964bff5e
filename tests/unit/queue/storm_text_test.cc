#include "queue/storm_text.h"

#include "base/base64.h"
#include "mail/headers.h"
#include "mail/mime_structure.h"
#include "mail/wrap.h"
#include "queue/likeness.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {
namespace {

const WallTime kNow = *parse_rfc3339("2026-11-30T03:00:00Z");

QueueId id_at(int second) { return QueueId::make(kNow - Seconds(600 - second), 7); }

StormText digest() {
  return StormText(StormDigest{QueueId::make(kNow, 9), "web1.example.net", kNow, std::chrono::minutes(60)});
}

std::string mail_of(std::string_view subject, std::string_view body) {
  return "Received: by web1\nFrom: root (Cron Daemon)\nTo: root\nMessage-ID: <x@web1>\nSubject: " +
         std::string(subject) + "\nAuto-Submitted: auto-generated\nX-Cron-Env: <A=b>\n\n" + std::string(body);
}

/// The contents of the parts, as they stand.
class Parts final : public mail::MimeVisitor {
 public:
  explicit Parts(std::string_view text) {
    mail::MimeWalker walker(true);
    walker.feed(text, *this);
    walker.finish(*this);
  }
  void header(const mail::MimeEntity& entity, std::string_view fields, mail::HeaderEnd) override {
    headers.emplace_back(fields);
    if (entity.closed != mail::Closed::no) broken = true;
  }
  void content(std::string_view piece) override { contents.back() += piece; }
  void end_content(bool) override { contents.emplace_back(); }
  void frame(std::size_t, std::string_view) override {}

  std::vector<std::string> headers;
  std::vector<std::string> contents = std::vector<std::string>(1);
  bool broken = false;
};

TEST(StormText, TellsHowManyAndHasTheFirstAndTheLastWhole) {
  StormText text = digest();
  for (int i = 0; i < 57; ++i) {
    text.add(id_at(i), mail_of("Cron <root@web1> backup", "failed at 02:50:" + std::to_string(10 + i % 50) + "\n"));
  }
  EXPECT_EQ(text.count(), 57U);
  const std::string whole = text.write().value();
  const mail::HeaderBlock header = mail::parse_headers(whole);
  const auto field = [&](std::string_view name) { return mail::unfold(mail::find(header, name)->body); };
  EXPECT_EQ(field("Subject"), "[57 alike] Cron <root@web1> backup");
  EXPECT_EQ(field("From"), "root (Cron Daemon)");
  EXPECT_EQ(field("To"), "root");
  EXPECT_EQ(field("Auto-Submitted"), "auto-generated");
  EXPECT_EQ(field("Date"), "Mon, 30 Nov 2026 04:00:00 +0100");
  EXPECT_EQ(mail::count(header, "Message-ID"), 1U);
  EXPECT_EQ(mail::count(header, "Received"), 0U);
  const Parts parts(whole);
  EXPECT_FALSE(parts.broken);
  // Of the whole, of the words, and of two messages each with what is in it.
  ASSERT_EQ(parts.headers.size(), 6U);
  EXPECT_EQ(parts.contents[1], "failed at 02:50:10\n");
  EXPECT_EQ(parts.contents[2], "failed at 02:50:16\n");
  EXPECT_NE(parts.headers[3].find("X-Cron-Env: <A=b>"), std::string::npos);
  const std::string& words = parts.contents[0];
  EXPECT_NE(words.find("57 messages"), std::string::npos) << words;
  EXPECT_NE(words.find("web1.example.net"), std::string::npos);
  EXPECT_NE(words.find("First: Mon, 30 Nov 2026 03:50:00 +0100  " + id_at(0).str()), std::string::npos) << words;
  EXPECT_NE(words.find("Last:  Mon, 30 Nov 2026 03:50:56 +0100  " + id_at(56).str()), std::string::npos) << words;
  EXPECT_NE(words.find(id_at(1).str() + "\n    failed at 02:50:11\n"), std::string::npos) << words;
  EXPECT_EQ(words.find("Subjects"), std::string::npos);
  EXPECT_TRUE(mail::lines_fit(whole));
}

TEST(StormText, OfTwoHasNothingOfOthers) {
  StormText text = digest();
  text.add(id_at(1), mail_of("a", "x\n"));
  text.add(id_at(2), mail_of("a", "x\n"));
  EXPECT_EQ(text.write().value().find("The others"), std::string::npos);
}

TEST(StormText, ShowsTheSubjectsThatDiffer) {
  StormText text = digest();
  for (int i = 0; i < 100; ++i) text.add(id_at(i), mail_of("failed at 02:50:" + std::to_string(10 + i % 30), "x\n"));
  const std::string words = Parts(text.write().value()).contents[0];
  EXPECT_NE(words.find("    4 x  failed at 02:50:10\n"), std::string::npos) << words;
  EXPECT_NE(words.find(" x  others\n"), std::string::npos) << words;
}

TEST(StormText, IsBoundedWhateverIsInTheMessages) {
  StormText text = digest();
  std::string body;
  for (int i = 0; i < 5000; ++i) body += "line 02:50:" + std::to_string(10 + i % 50) + "\n";
  std::string other = body;
  for (char& c : other) c = c == '0' ? '1' : c;
  for (int i = 0; i < 500; ++i) text.add(id_at(i), mail_of("a", i % 2 == 0 ? body : other));
  const std::string words = Parts(text.write().value()).contents[0];
  EXPECT_LT(words.size(), StormText::kLinesOfAll + 500 * 80 + 2000);
  EXPECT_NE(words.find(id_at(498).str()), std::string::npos) << "each is named";
}

/// One more of it differs in a number of the run alone.
std::string encoded_mail(std::string_view encoding, const std::string& content) {
  return "From: root\nSubject: a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_" +
         std::to_string(std::hash<std::string>()(content)) + "\"\n\n--=_" +
         std::to_string(std::hash<std::string>()(content)) +
         "\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: " + std::string(encoding) + "\n\n" +
         content + "\n--=_" + std::to_string(std::hash<std::string>()(content)) + "--\n";
}

TEST(StormText, ShowsWhatPeopleReadWhereItIsEncoded) {
  const auto said = [](int run) {
    return "Guten Tag\nLauf " + std::string(static_cast<std::size_t>(run % 3), 'x') + std::to_string(run) +
           " ist gescheitert\nEnde\n";
  };
  StormText base64 = digest();
  StormText printable = digest();
  for (int i = 0; i < 4; ++i) {
    base64.add(id_at(i), encoded_mail("base64", base64_encode(said(i))));
    printable.add(id_at(i), encoded_mail("quoted-printable", "Guten Tag\nLauf =\n" + std::to_string(i) + "=21\nEnde"));
  }
  const std::string of_base64 = Parts(base64.write().value()).contents[0];
  EXPECT_NE(of_base64.find(id_at(1).str() + "\n    Lauf x1 ist gescheitert\n"), std::string::npos) << of_base64;
  EXPECT_NE(of_base64.find(id_at(2).str() + "\n    Lauf xx2 ist gescheitert\n"), std::string::npos) << of_base64;
  EXPECT_EQ(of_base64.find("--=_"), std::string::npos) << "delimiters are nothing that is said";
  const std::string of_printable = Parts(printable.write().value()).contents[0];
  EXPECT_NE(of_printable.find(id_at(1).str() + "\n    Lauf 1!\n"), std::string::npos) << of_printable;
}

TEST(StormText, HasNoMoreThanAReportReturns) {
  constexpr std::size_t kMost = 20'000;
  const auto write = [](std::size_t whole, std::size_t most) {
    StormText text(StormDigest{QueueId::make(kNow, 9), "web1.example.net", kNow, std::chrono::minutes(60), most});
    for (int i = 0; i < 100; ++i) {
      std::string body = "run " + std::to_string(i) + " " + std::string(400, 'x') + "\n";
      for (std::size_t line = 0; line < whole / 60; ++line) body += std::string(59, 'y') + "\n";
      text.add(id_at(i), mail_of("a", body));
    }
    return text.write();
  };
  const std::string all = write(0, UINT64_MAX).value();
  EXPECT_GT(all.size(), 2 * kMost);
  EXPECT_NE(all.find("run 98 "), std::string::npos);
  const std::string small = write(0, kMost).value();
  EXPECT_LE(small.size(), kMost);
  EXPECT_GT(small.size(), kMost - 1500) << "as much as there is room for";
  EXPECT_NE(small.find("as far as there is room"), std::string::npos);
  EXPECT_NE(small.find(id_at(98).str()), std::string::npos) << "each is named";
  EXPECT_EQ(Parts(small).headers.size(), 6U) << "the first and the last are whole";
  const std::string smaller = write(7'000, kMost).value();
  EXPECT_LE(smaller.size(), kMost);
  EXPECT_EQ(Parts(smaller).headers.size(), 4U) << "the last is not";
  EXPECT_NE(smaller.find("The first is below"), std::string::npos);
  EXPECT_NE(smaller.find(id_at(99).str() + "\n"), std::string::npos);
  // A report would not return the first of them: each is better by itself.
  EXPECT_FALSE(write(19'000, kMost));
  EXPECT_FALSE(write(30'000, kMost));
  EXPECT_FALSE(write(0, 0));
}

TEST(StormText, NamesNotEachWhereThereIsNoRoomForThat) {
  StormText text(StormDigest{QueueId::make(kNow, 9), "web1.example.net", kNow, std::chrono::minutes(60), 4096});
  for (int i = 0; i < 150; ++i) text.add(id_at(i), mail_of("a", "run " + std::to_string(i) + "\n"));
  const std::string whole = text.write().value();
  EXPECT_LE(whole.size(), 4096U);
  EXPECT_GT(whole.size(), 3500U) << "as many as there is room for";
  EXPECT_NE(whole.find("It got 150 messages"), std::string::npos) << whole;
  EXPECT_NE(whole.find("\nand "), std::string::npos) << whole;
  EXPECT_NE(whole.find(" more\n"), std::string::npos) << whole;
  EXPECT_NE(whole.find(id_at(1).str()), std::string::npos);
  EXPECT_NE(whole.find(id_at(149).str()), std::string::npos);
  EXPECT_EQ(whole.find(id_at(120).str()), std::string::npos);
}

/// The limit, how many there are, how large each is, and whether it grows where it is encoded.
TEST(StormText, IsNeverLargerThanItMayBe) {
  std::size_t made = 0;
  for (const std::size_t most : {0U, 500U, 4096U, 10'000U, 51'200U, 262'144U}) {
    for (const std::size_t count : {2U, 3U, 40U}) {
      for (const std::size_t eighths : {0U, 1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U}) {
        for (const std::string_view piece : {"line of the job that failed\n", "Gr\xc3\xb6\xc3\x9f\x65 \xc3\xa4\n"}) {
          std::string body;
          while (body.size() < most * eighths / 8) body += piece;
          StormText text(StormDigest{QueueId::make(kNow, 9), "web1.example.net", kNow, std::chrono::minutes(60), most});
          bool room = true;
          for (std::size_t i = 0; i < count; ++i) {
            const std::string one = mail_of("a", body + "run " + std::to_string(i) + "\n");
            room = room && leaves_room(one, most);
            text.add(id_at(static_cast<int>(i)), one);
          }
          const std::optional<std::string> whole = text.write();
          const auto where = [&] { return testing::PrintToString(std::array{most, count, eighths, piece.size()}); };
          ASSERT_TRUE(!whole || whole->size() <= most) << where();
          ASSERT_TRUE(whole || !room || most < 4096) << where();
          if (whole) ++made;
        }
      }
    }
  }
  EXPECT_GT(made, 60U);
}

TEST(StormText, CannotBeBrokenOutOf) {
  StormText text = digest();
  const std::string boundary = "=_" + QueueId::make(kNow, 9).str();
  const std::string evil =
      "--" + boundary + "--\n\n--" + boundary + "\nContent-Type: text/html\n\n<b>\n\xff\x1b[31m\r\n.\n";
  for (int i = 0; i < 4; ++i) {
    text.add(id_at(i),
             mail_of("=?UTF-8?Q?a=0ABcc:_x@example.com=0A=0Ab?= " + std::to_string(i), i == 0 ? "x\n" : evil));
  }
  const std::string whole = text.write().value();
  const mail::HeaderBlock header = mail::parse_headers(whole);
  EXPECT_EQ(mail::count(header, "Bcc"), 0U);
  EXPECT_EQ(header.fields.size(), 8U) << whole.substr(0, header.size);
  EXPECT_EQ(Parts(whole).headers.size(), 6U) << whole;
}

TEST(StormText, TakesMessagesWithoutAHeaderOrABody) {
  for (const std::string_view one : {"", "\n", "no header", "Subject: only\n", "\n\n\n", "Subject: \xff\xfe\n\n\xff"}) {
    StormText text = digest();
    for (int i = 0; i < 3; ++i) text.add(id_at(i), std::string(one));
    EXPECT_EQ(mail::count(mail::parse_headers(text.write().value()), "Subject"), 1U) << one;
  }
}

}  // namespace
}  // namespace postern::queue
