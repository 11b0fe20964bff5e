// What an acceptor makes of the text and the envelope, whichever door they came through.
#include "submission/acceptor.h"

#include "submission/envelope_completion.h"
#include "support/expected_log.h"
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
    complete_envelope(transaction.envelope, config);
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

TEST(Acceptor, LinesThatBeginAsThoseOfAMailboxFileGoBeforeAKnownFieldInPiecesOfAnySize) {
  const std::string header = "From: r@x\nTo: a@example.com\nSubject: x\n";
  for (const std::string before :
       {"From root@web1 Mon, 30 Nov 2026 10:00:00 +0000\n", "From root@web1 2026-11-30\nFrom bob x\n",
        "From joe@x  Mon Nov 23 17:04:05 2026\n>From \n",
        "\xEF\xBB\xBF"
        "From x\n"}) {
    const std::string text = before + header + "\nFrom now on\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      Desk desk;
      const std::string stored = desk.accept(text, "r@x", {"a@example.com"}, piece).text;
      ASSERT_THAT(stored, HasSubstr("+0000\n" + header + "Date: ")) << before << piece;
      ASSERT_THAT(stored, EndsWith(">\n\nFrom now on\n")) << before << piece;
    }
  }
  for (const std::string text : {"From now on the disk is full\n", "From a\nFrom b\nc\n", "From a\n\nSubject: x\n"}) {
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      Desk desk;
      ASSERT_THAT(desk.accept(text, "r@x", {"a@example.com"}, piece).text, EndsWith(">\n\n" + text)) << piece;
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
  for (const std::string text : {"From what I saw: the disk fails\n", "From joe\nDisk: x\n\nbody\n",
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

TEST(Acceptor, WhoeverAnAliasStoodForIsRememberedAsTheOriginalRecipient) {
  Desk desk;
  desk.config.aliases["root"] = {"admin@example.com", "ops@example.com"};
  const auto stored = desk.accept("\n", "r@x", {"root", "bob@example.com", "Admin@example.com"});
  std::vector<std::string> originals;
  for (const mail::Recipient& one : stored.envelope.recipients) originals.push_back(one.address + " " + one.orcpt);
  const std::string root = " rfc822;root@" + desk.config.domain;
  EXPECT_THAT(originals, ElementsAre("admin@example.com" + root, "ops@example.com" + root, "bob@example.com ",
                                     "Admin@example.com "));
}

TEST(Acceptor, TheLogTellsMessageIdAndUser) {
  Desk desk;
  desk.accept("Message-ID: <7@x>\n\nbody\n");
  EXPECT_TRUE(test::was_logged(" message_id=<7@x>"));
}

TEST(Acceptor, TheLogNamesTheFirstRecipientsAndWhomTheyWereGivenAs) {
  Desk desk;
  desk.config.aliases["root"] = {"admin@example.com", "ops@example.com"};
  desk.accept("\n", "r@x", {"root", "bob@example.com", "carol@example.com", "dave@example.com"});
  EXPECT_TRUE(test::was_logged(" to=\"admin@example.com,ops@example.com,bob@example.com and 2 more\" orig_to=root@" +
                               desk.config.domain + " recipients=5 "));
}

/// What came of it where it may be refused; `uid` handed it in.
Task<Acceptor::Outcome> try_all(Acceptor& acceptor, std::string text) {
  for (std::size_t at = 0; at < text.size(); at += 1000)
    co_await acceptor.take(std::string_view(text).substr(at, 1000));
  co_return co_await acceptor.finish(mail::BodyType::seven_bit);
}

struct RuledDesk : Desk {
  int asked = 0;
  bool answers = true;

  RuledDesk() {
    config.senders = {{{"alice"}, {}, {"web@example.com"}}};
    config.user = [this](std::uint32_t uid) { return name(this, uid); };
  }

  static Task<Result<User>> name(RuledDesk* desk, std::uint32_t uid) {
    ++desk->asked;
    if (!desk->answers) co_return Error{Failure::timeout, "no answer from the name service about uid 1000"};
    User user;
    user.name = uid == 1000 ? "alice" : "bob";
    co_return user;
  }

  Acceptor::Outcome offer(std::optional<std::uint32_t> uid, const std::string& sender, const std::string& text) {
    Transaction transaction;
    transaction.envelope.sender = sender;
    transaction.envelope.source.kind = uid ? mail::Source::Kind::local : mail::Source::Kind::smtp;
    transaction.envelope.source.uid = uid;
    transaction.user = uid;
    transaction.envelope.recipients.emplace_back().address = "a@example.com";
    complete_envelope(transaction.envelope, config);
    Acceptor acceptor(config, queue, clock, nullptr, std::move(transaction));
    return test::run(try_all(acceptor, text));
  }
};

TEST(Acceptor, KeepsUsersToTheSendersThatTheyMayUse) {
  RuledDesk desk;
  EXPECT_FALSE(desk.offer(1000, "alice", "Subject: x\n\nbody\n").refusal);
  EXPECT_FALSE(desk.offer(1000, "web@example.com", "From: Web <web@example.com>\n\nbody\n").refusal);
  EXPECT_FALSE(desk.offer(1000, "", "Subject: x\nFrom: alice\n\nbody\n").refusal);
  EXPECT_FALSE(desk.offer(1000, "", "Subject: x\n\nbody\n").refusal);
  EXPECT_FALSE(desk.offer(1001, "root", "From: root\n\nbody\n").refusal);
  EXPECT_EQ(desk.queue.stored.size(), 5);
  for (const std::string text : {"From: root\n\nbody\n", "From: root\n", "From: root"}) {
    const auto outcome = desk.offer(1000, "alice", text);
    ASSERT_TRUE(outcome.refusal) << text;
    EXPECT_THAT(outcome.refusal->text, HasSubstr("senders[0]"));
  }
  EXPECT_TRUE(desk.offer(1000, "root", "From: alice\n\nbody\n").refusal);
  EXPECT_EQ(desk.queue.stored.size(), 5);
}

TEST(Acceptor, LooksForNoNameWhereNoRuleNeedsIt) {
  RuledDesk desk;
  EXPECT_FALSE(desk.offer(0, "x@bank.example", "From: y@bank.example\n\nbody\n").refusal);
  EXPECT_FALSE(desk.offer({}, "x@bank.example", "From: y@bank.example\n\nbody\n").refusal);
  desk.config.senders.clear();
  EXPECT_FALSE(desk.offer(1000, "x@bank.example", "From: y@bank.example\n\nbody\n").refusal);
  EXPECT_EQ(desk.asked, 0);
}

TEST(Acceptor, AHeaderThatIsTooLongToBeSearchedIsNotFromWhoIsBound) {
  RuledDesk desk;
  const std::string field = "X-Filler: " + std::string(900, 'x') + "\n";
  std::string text = "From: alice\n";
  while (text.size() <= mail::kHeldHeader) text += field;
  const auto outcome = desk.offer(1000, "alice", text + "From: root\n\nbody\n");
  ASSERT_TRUE(outcome.refusal);
  EXPECT_THAT(outcome.refusal->text,
              HasSubstr("a header of more than 256 KiB is not searched for its From: senders[0]"));
  EXPECT_FALSE(desk.offer(1001, "bob", text + "From: root\n\nbody\n").refusal);
}

TEST(Acceptor, AsksTheSenderToComeBackWhileTheNameServiceIsAway) {
  RuledDesk desk;
  desk.answers = false;
  const auto outcome = desk.offer(1000, "alice", "From: alice\n\nbody\n");
  ASSERT_TRUE(outcome.refusal);
  EXPECT_EQ(outcome.refusal->code, 451);
  EXPECT_THAT(outcome.refusal->text, HasSubstr("no answer from the name service about uid 1000, which 'senders' in "
                                               "postern.yaml asks for; try again later"));
}

}  // namespace
}  // namespace postern::submission
