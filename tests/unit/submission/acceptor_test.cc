// What an acceptor makes of the text and the envelope, whichever door they came through.
#include "submission/acceptor.h"

#include "support/fake_clock.h"
#include "support/fake_queue.h"
#include "support/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::submission {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

Task<void> take_all(Acceptor& acceptor, std::string text, std::size_t piece) {
  for (std::size_t at = 0; at < text.size(); at += piece)
    co_await acceptor.take(std::string_view(text).substr(at, piece));
  const Acceptor::Outcome outcome = co_await acceptor.finish(mail::BodyType::seven_bit);
  EXPECT_FALSE(outcome.refusal);
}

struct Desk {
  test::FakeQueue queue;
  test::FakeClock clock;
  Config config;

  Desk() {
    config.hostname = "mx.example.net";
    config.domain = "example.net";
  }

  test::FakeQueue::Stored accept(const std::string& text, const std::string& sender = "sensor@example.org",
                                 const std::vector<std::string>& recipients = {"a@example.com"},
                                 std::size_t piece = 1000) {
    Transaction transaction;
    transaction.envelope.sender = sender;
    for (const std::string& address : recipients) transaction.envelope.recipients.emplace_back().address = address;
    Acceptor acceptor(config, queue, clock, nullptr, std::move(transaction));
    test::run(take_all(acceptor, text, piece));
    return queue.stored.back();
  }
};

TEST(Acceptor, AddsFromFromTheReversePathAndWhatElseIsMissing) {
  Desk desk;
  const auto stored = desk.accept("Subject: temp high\n\nbody\n");
  EXPECT_THAT(stored.text, HasSubstr("\nSubject: temp high\nFrom: sensor@example.org\nTo: undisclosed-recipients:;\n"
                                     "Date: Mon, 23 Nov 2026 00:00:00 +0000\nMessage-ID: <" +
                                     stored.envelope.id.str() + "@mx.example.net>\n\nbody\n"));
  EXPECT_THAT(desk.accept("\n", "cron").text, HasSubstr("\nFrom: cron@example.net\n"));
  EXPECT_THAT(desk.accept("\n", "").text, HasSubstr("\nFrom: MAILER-DAEMON@example.net (Mail Delivery System)\n"));
}

TEST(Acceptor, PassesOnNeitherReturnPathNorLengths) {
  Desk desk;
  const std::string text =
      desk.accept("Return-Path: <b@x>\nContent-Length: 999\nDelivered-To: x@y\nTo: a@example.com\nFrom: r@x\n\nb\n")
          .text;
  EXPECT_THAT(text, Not(HasSubstr("Return-Path")));
  EXPECT_THAT(text, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(text, HasSubstr("\nDelivered-To: x@y\nTo: a@example.com\nFrom: r@x\nDate: "));
}

TEST(Acceptor, LinesOfAMailboxFileBeforeTheHeaderAreDroppedInPiecesOfAnySize) {
  const std::string header = "From: r@x\nTo: a@example.com\nSubject: x\n";
  const std::string line = "From joe@x  Mon Nov 23 17:04:05 2026\n";
  for (const std::string& before : {line, line + ">" + line}) {
    const std::string text = before + header + "\n" + line + "body\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      Desk desk;
      const std::string stored = desk.accept(text, "r@x", {"a@example.com"}, piece).text;
      ASSERT_THAT(stored, HasSubstr("+0000\n" + header + "Date: ")) << piece;
      ASSERT_THAT(stored, EndsWith(">\n\n" + line + "body\n")) << piece;
    }
  }
}

TEST(Acceptor, AByteOrderMarkBeforeTheHeaderIsDroppedInPiecesOfAnySize) {
  const std::string mark = "\xEF\xBB\xBF";
  const std::string fields = "From: r@x\nTo: a@example.com\n";
  for (const std::string& header : {"Subject: x\n" + fields, "Subject: " + std::string(1500, 'x') + "\n" + fields}) {
    const std::string text = "From joe@x  Mon Nov 23 17:04:05 2026\n" + mark + header + "\n" + mark + "body\n";
    for (std::size_t piece = 1; piece <= text.size(); piece += piece < 60 ? 1 : 61) {
      Desk desk;
      const std::string stored = desk.accept(text, "r@x", {"a@example.com"}, piece).text;
      ASSERT_THAT(stored, HasSubstr("+0000\n" + header + "Date: ")) << piece;
      ASSERT_THAT(stored, EndsWith(">\n\n" + mark + "body\n")) << piece;
    }
  }
}

TEST(Acceptor, TextThatOnlyBeginsLikeOneIsText) {
  Desk desk;
  for (const std::string text : {"From what I saw: the disk fails\n", "From joe\nTo: x\n\nbody\n",
                                 "\xEF\xBB\xBFNote: the disk fails\n", "\xEF\xBB\xBF\nTo: x\n"}) {
    EXPECT_THAT(desk.accept(text).text, EndsWith("mx.example.net>\n\n" + text));
  }
}

TEST(Acceptor, AnEmptyLineBeforeAllElseSaysThatThereIsNoHeader) {
  Desk desk;
  EXPECT_THAT(desk.accept("\nSubject: quoted\n\nbody\n").text,
              EndsWith("mx.example.net>\n\nSubject: quoted\n\nbody\n"));
}

TEST(Acceptor, AMailboxIsOneInLettersAndInAscii) {
  Desk desk;
  desk.config.hostname = "xn--grn-ioa.example";
  desk.config.aliases["root"] = {"admin@example.com"};
  const auto stored = desk.accept(
      "\n", "r@x",
      {"a@b\xC3\xBC\x63her.example", "a@xn--bcher-kva.example", "root@gr\xC3\xBCn.example", "j\xC3\xB6rg@example.com"});
  std::vector<std::string> addresses;
  for (const mail::Recipient& one : stored.envelope.recipients) addresses.push_back(one.address);
  EXPECT_THAT(addresses, ElementsAre("a@b\xC3\xBC\x63her.example", "admin@example.com", "j\xC3\xB6rg@example.com"));
  EXPECT_FALSE(stored.envelope.smtputf8);
}

}  // namespace
}  // namespace postern::submission
