#include "mail/bounce_text.h"

#include "base/text.h"
#include "mail/headers.h"
#include "mail/seven_bit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace postern::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kShortOriginal = "From: me@example.net\nSubject: hi\n\nbody line\n";

struct Fixture {
  Bounce bounce;
  Envelope envelope;

  Fixture() {
    bounce.id = *QueueId::parse("0123456789abcdef");
    bounce.hostname = "web1.example.net";
    bounce.domain = "example.net";
    bounce.now = *parse_rfc3339("2026-11-23T17:04:05Z");
    BouncedRecipient one;
    one.recipient.address = "bob@example.com";
    one.status = Status{Verdict::failed, 550, "5.1.1", "no such user"};
    one.host = "smtp.example.com[192.0.2.1]:465";
    bounce.recipients.push_back(one);
    envelope.sender = "me@example.net";
    envelope.accepted = *parse_rfc3339("2026-11-23T17:00:00Z");
    envelope.size = kShortOriginal.size();
  }

  [[nodiscard]] BounceText make(std::string_view original = kShortOriginal) const {
    return make_bounce(bounce, envelope, original);
  }
};

TEST(Bounce, HasTheHeaderOfAReport) {
  const BounceText report = Fixture().make();
  const HeaderBlock header = parse_headers(report.text);
  EXPECT_EQ(unfold(find(header, "From")->body), "MAILER-DAEMON@example.net (Mail Delivery System)");
  EXPECT_EQ(unfold(find(header, "To")->body), "me@example.net");
  EXPECT_EQ(unfold(find(header, "Date")->body), "Mon, 23 Nov 2026 17:04:05 +0000");
  EXPECT_EQ(unfold(find(header, "Message-ID")->body), "<0123456789abcdef@web1.example.net>");
  EXPECT_EQ(unfold(find(header, "Auto-Submitted")->body), "auto-replied");
  EXPECT_EQ(unfold(find(header, "MIME-Version")->body), "1.0");
  EXPECT_EQ(unfold(find(header, "Content-Type")->body),
            "multipart/report; report-type=delivery-status;\tboundary=\"=_0123456789abcdef\"");
  EXPECT_FALSE(report.smtputf8);
}

TEST(Bounce, TellsPeopleAndProgramsWhatHappened) {
  Fixture fixture;
  fixture.envelope.envid = "job+207";
  fixture.bounce.recipients[0].recipient.orcpt = "rfc822;bob+2Balerts@example.org";
  const std::string text = fixture.make().text;
  EXPECT_THAT(text, HasSubstr("<bob@example.com>, who gets the mail for <bob+alerts@example.org>\n    Why: there is no "
                              "mailbox with this address.\n"
                              "    The server smtp.example.com[192.0.2.1]:465 said: \"550 5.1.1 no such user\"\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: message/delivery-status\n\nOriginal-Envelope-Id: job 7\n"
                              "Reporting-MTA: dns; web1.example.net\n"));
  EXPECT_THAT(text, HasSubstr("\n\nOriginal-Recipient: rfc822; bob+alerts@example.org\n"
                              "Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\n"
                              "Remote-MTA: dns; smtp.example.com\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"));
  EXPECT_TRUE(text.ends_with("\n--=_0123456789abcdef--\n"));
}

TEST(Bounce, ReturnsWhatRetAsksFor) {
  for (const Return ret : {Return::unspecified, Return::headers, Return::full}) {
    for (const std::string_view original : {kShortOriginal, kShortOriginal.substr(0, kShortOriginal.size() - 1)}) {
      Fixture fixture;
      fixture.envelope.ret = ret;
      const std::string text = fixture.make(original).text;
      EXPECT_THAT(text, HasSubstr("Subject: hi\n"));
      const bool whole = ret != Return::headers && original.size() == kShortOriginal.size();
      EXPECT_EQ(text.find("body line") != std::string::npos, whole);
      EXPECT_EQ(text.find("message/rfc822") != std::string::npos, whole);
      EXPECT_EQ(text.find("text/rfc822-headers") != std::string::npos, !whole);
    }
  }
}

/// Lines that do not go on with the one before.
std::size_t beginnings(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (!text.substr(at + 1).starts_with(' ')) ++count;
  }
  return count;
}

TEST(Bounce, ServerTextCannotBreakOut) {
  Fixture plain;
  plain.bounce.recipients[0].status.enhanced.clear();  // as one that is no code
  const auto lines = beginnings(plain.make().text);
  for (int byte = 0; byte < 256; ++byte) {
    Fixture fixture;
    const std::string hostile =
        std::string("x") + static_cast<char>(byte) + "\n--=_0123456789abcdef\r\nBcc: evil@x\r\n\r\n";
    fixture.bounce.recipients[0].status.text = hostile;
    fixture.bounce.recipients[0].status.enhanced = hostile;
    fixture.bounce.recipients[0].host = hostile;
    fixture.bounce.recipients[0].recipient.address = "a" + hostile;
    fixture.bounce.hostname += hostile;
    fixture.bounce.domain += hostile;
    fixture.envelope.sender = "a" + hostile;
    fixture.envelope.envid = hostile;
    fixture.bounce.recipients[0].recipient.orcpt = hostile;
    const std::string text = fixture.make().text;
    EXPECT_EQ(beginnings(text), lines) << byte;
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c == '\n' || c == '\t' || !has_control({&c, 1}); }))
        << byte;
    EXPECT_EQ(count(parse_headers(text), "Bcc"), 0U);
  }
}

TEST(Bounce, PrintableTextIsNotEscapedTwice) {
  Fixture fixture;
  fixture.bounce.recipients[0].status.text = "odd \\x1b text";
  EXPECT_THAT(fixture.make().text, HasSubstr("smtp; 550 5.1.1 odd \\x1b text\n"));
}

TEST(Bounce, WhatExpiredTellsTheLastAnswerAsItWasReceived) {
  Fixture fixture;
  fixture.bounce.recipients[0].status = Status{Verdict::deferred, 451, "4.2.1", "come back tomorrow"};
  fixture.bounce.recipients[0].expired_after = "5d1h";
  const std::string text = fixture.make().text;
  EXPECT_THAT(text, HasSubstr("<bob@example.com>\n"
                              "    Why: it was tried again and again for 5 days 1 hour, and nobody took it.\n"
                              "    The server smtp.example.com[192.0.2.1]:465 said the last time: \"451 4.2.1\n"
                              "    come back tomorrow\"\n"
                              "    What to do: send the message again if it still matters.\n"));
  EXPECT_THAT(text, HasSubstr("Action: failed\nStatus: 4.4.7\nRemote-MTA: dns; smtp.example.com\n"
                              "Diagnostic-Code: smtp; 451 4.2.1 come back tomorrow\n"));
}

TEST(Bounce, TheSubjectIsShownAsPeopleKnowIt) {
  const std::string encoded = "Subject: =?utf-8?q?gr=C3=BCn?=\n =?utf-8?q?_an_alle?=\n\nbody\n";
  EXPECT_THAT(Fixture().make(encoded).text,
              HasSubstr(" with the subject\n\n    gr=C3=BCn an alle\n\ncould not be delivered "));
  const std::string hostile = "Subject: =?utf-8?b?Cg0tLT1fMDEyMw==?=\n\nbody\n";
  EXPECT_THAT(Fixture().make(hostile).text, HasSubstr(" with the subject\n\n    \\x0a\\x0d--=_0123\n\n"));
}

// RFC 5321 4.5.3.1.6: a strict server would refuse the report, and nobody would be told.
TEST(Bounce, NoLineIsTooLongAndAllIsAsciiWhateverTheMessageAndTheServerSay) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  const auto text = [&random](std::size_t most) {
    constexpr std::array<std::string_view, 8> kPieces{"x",    "word", " ", "\xC3\xBC", "\xF0\x9F\x93\xA7",
                                                      "\xFF", "\x1B", "+"};
    const std::size_t kinds = 1 + random() % kPieces.size();
    std::string made;
    for (std::size_t left = random() % most; made.size() < left;) made += kPieces.at(random() % kinds);
    return made;
  };
  for (int round = 0; round < 100; ++round) {
    Fixture fixture;
    BouncedRecipient& one = fixture.bounce.recipients[0];
    one.status.text = text(5000);
    one.status.code = round % 3 == 0 ? 0 : 550;
    one.host = text(600);
    one.recipient.address = text(1000);
    one.recipient.orcpt = (round % 2 == 0 ? "utf-8;" : "rfc822;") + text(1000);
    one.action = static_cast<Action>(round % 3);
    if (round % 5 == 0) one.expired_after = "5d";
    fixture.bounce.hostname = text(600);
    fixture.bounce.domain = text(600);
    fixture.envelope.envid = text(1000);
    fixture.envelope.sender = text(1000);
    std::string original = "Subject:";
    for (auto folds = random() % 50; folds > 0; --folds) original += " x" + text(900) + "\n";
    original += "X-Long: " + text(3000) + "\nTo: bob@example.com\n\n" + text(3000) + "\n";
    fixture.envelope.size = original.size();
    EXPECT_TRUE(is_seven_bit(fixture.make(original).text)) << round;
    const DigestItem item{fixture.envelope, text(5000), text(5000), fixture.bounce.recipients};
    EXPECT_TRUE(is_seven_bit(make_digest(fixture.bounce, text(1000), {item, item}).text)) << round;
  }
}

TEST(Bounce, WhatOtherServersMightNotTakeIsReturnedInAFormThatTheyDo) {
  Fixture fixture;
  const std::string original = "Subject: gr\xC3\xBCn\nX-Short: y\n\nb\xC3\xB6" + std::string(1000, 'x') + "\n";
  fixture.envelope.size = original.size();
  EXPECT_THAT(fixture.make(original).text,
              HasSubstr("Content-Type: message/rfc822\n\nSubject: =?utf-8?q?gr=C3=BCn?=\n"
                        "X-Short: y\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                        "Content-Transfer-Encoding: quoted-printable\n\n"
                        "b=C3=B6xxxxxx"));
  fixture.envelope.ret = Return::headers;
  EXPECT_THAT(fixture.make(original).text,
              HasSubstr("Content-Type: text/rfc822-headers\n\nSubject: =?utf-8?q?gr=C3=BCn?=\nX-Short: y\n\n--"));
}

TEST(Bounce, AnInternationalOriginalRecipientIsWrittenInAsciiAndNotLost) {
  for (const std::string orcpt : {"utf-8;gr\xC3\xBC+x@example.com", "utf-8;gr\\x{FC}+2Bx@example.com"}) {
    Fixture fixture;
    fixture.bounce.recipients[0].recipient.orcpt = orcpt;
    EXPECT_THAT(fixture.make().text, HasSubstr("Original-Recipient: utf-8; gr\\x{FC}+x@example.com\n")) << orcpt;
  }
}

TEST(Digest, EachMessageHasItsOwnReport) {
  const Fixture fixture;
  const DigestItem item{fixture.envelope, "hi", "<1@example.net>", fixture.bounce.recipients};
  const std::string text = make_digest(fixture.bounce, "ops@example.net", std::vector(12, item)).text;
  EXPECT_EQ(unfold(find(parse_headers(text), "To")->body), "ops@example.net");
  EXPECT_THAT(text, HasSubstr("\n12. The message that <me@example.net> sent\n")) << "there may be several";
  for (const std::string number : {"1", "12"}) {
    const std::string inner = "=_" + number + "_0123456789abcdef";
    EXPECT_THAT(text, HasSubstr("\n--=_0123456789abcdef\nContent-Type: multipart/report; "
                                "report-type=delivery-status;\n\tboundary=\"" +
                                inner + "\"\n"));
    EXPECT_THAT(text, HasSubstr("\n--" + inner + "\nContent-Type: message/delivery-status\n"));
    EXPECT_THAT(text, HasSubstr("\n--" + inner + "--\n"));
  }
}

TEST(Bounce, OneReasonIsSaidOnceHoweverManyItMet) {
  Fixture fixture;
  fixture.bounce.recipients.resize(1000, fixture.bounce.recipients.front());
  for (std::size_t i = 0; i < 1000; ++i) {
    fixture.bounce.recipients[i].recipient.address = "to" + std::to_string(i) + "@example.com";
  }
  const std::string text = fixture.make().text;
  EXPECT_THAT(text, HasSubstr("<to998@example.com>\n<to999@example.com>\n    Why: there is no mailbox "));
  EXPECT_EQ(text.find("Why: "), text.rfind("Why: "));
  EXPECT_THAT(text, HasSubstr("could not be delivered to these recipients, and "));
}

TEST(Bounce, OfASubjectThatIsEmptyNothingIsSaid) {
  for (const std::string field : {"", "Subject:\n", "Subject: \n", "Subject: \n \t\n",
                                  "Subject: =?utf-8?q?"
                                  "?=\n"}) {
    const std::string text = Fixture().make("From: me@example.net\n" + field + "\nbody\n").text;
    EXPECT_THAT(text, HasSubstr("\nThe message that <me@example.net> sent\n"
                                "on Mon, 23 Nov 2026 at 17:00:00 UTC\ncould not be delivered to this recipient, "))
        << field;
  }
}

TEST(Bounce, TheOthersAreNamedAsNotSpokenOfWhereThereAreSome) {
  Fixture fixture;
  fixture.envelope.recipients.push_back(fixture.bounce.recipients[0].recipient);
  const auto others = HasSubstr("\nThis report says nothing of the other recipients of the message.\n");
  EXPECT_THAT(fixture.make().text, Not(others));
  fixture.envelope.recipients.push_back(fixture.bounce.recipients[0].recipient);
  EXPECT_THAT(fixture.make().text, others);
}

TEST(Bounce, TimesAreToldWithTheirZone) {
  const std::array<std::pair<int, std::string>, 4> zones{{{0, "23 Nov 2026 at 17:00:00 UTC"},
                                                          {60, "23 Nov 2026 at 18:00:00 (UTC+01:00)"},
                                                          {-570, "23 Nov 2026 at 07:30:00 (UTC-09:30)"},
                                                          {480, "24 Nov 2026 at 01:00:00 (UTC+08:00)"}}};
  for (const auto& [minutes, words] : zones) {
    Fixture fixture;
    fixture.bounce.utc_offset = std::chrono::minutes(minutes);
    EXPECT_THAT(fixture.make().text, HasSubstr(words)) << minutes;
  }
}

/// Each of the ends that a recipient can come to has a reason, and what failed for good has something to do.
TEST(Bounce, EveryAnswerHasAReasonAndEveryFailureSomethingToDo) {
  std::vector<std::string> codes{"", "nonsense"};
  for (const char* kind : {"2.", "4.", "5."}) {
    for (int subject = 0; subject < 10; ++subject) {
      for (int detail = 0; detail < 12; ++detail) {
        codes.push_back(kind + std::to_string(subject) + "." + std::to_string(detail));
      }
    }
  }
  for (const std::string& code : codes) {
    for (const int reply : {0, 450, 550}) {
      for (const Action action : {Action::failed, Action::delayed, Action::relayed}) {
        Fixture fixture;
        fixture.bounce.recipients[0].status = Status{Verdict::failed, reply, code, "no"};
        fixture.bounce.recipients[0].action = action;
        const std::string text = fixture.make().text;
        EXPECT_EQ(text.find("    Why: ") == std::string::npos, action == Action::relayed) << code;
        EXPECT_EQ(text.find("    Why: ."), std::string::npos) << code;
        const bool helped = text.find("\n    What to do: ") != std::string::npos;
        EXPECT_TRUE(helped || action != Action::failed) << code << " " << reply;
      }
    }
  }
}

TEST(Bounce, OwnVerdictsHaveNoReplyCode) {
  Fixture fixture;
  fixture.bounce.recipients[0].status = Status{Verdict::deferred, 0, "4.4.7", "not delivered within 5 days"};
  fixture.bounce.recipients[0].host.clear();
  const std::string text = fixture.make().text;
  EXPECT_THAT(text, HasSubstr("<bob@example.com>\n    Why: not delivered within 5 days.\n"));
  EXPECT_THAT(text, HasSubstr("Status: 4.4.7\nDiagnostic-Code: X-Postern; not delivered within 5 days\n"));
  EXPECT_THAT(text, Not(HasSubstr("Remote-MTA")));
}

TEST(Bounce, AnEnhancedCodeThatTheServerDidNotSayIsNotQuotedButGiven) {
  for (const Action action : {Action::failed, Action::delayed}) {
    Fixture fixture;
    const int kind = action == Action::failed ? 5 : 4;
    const std::string made_up = std::to_string(kind) + ".0.0";
    const std::string said = std::to_string(kind) + "50 as it is";
    fixture.bounce.recipients[0].status = Status{Verdict::failed, kind * 100 + 50, made_up, "as it is"};
    fixture.bounce.recipients[0].action = action;
    const std::string text = fixture.make().text;
    EXPECT_THAT(text, HasSubstr("\nStatus: " + made_up + "\n"));
    EXPECT_THAT(text, HasSubstr("\nDiagnostic-Code: smtp; " + said + "\n"));
    EXPECT_THAT(text, HasSubstr(" said: \"" + said + "\"\n"));
  }
}

/// RFC 3464 2.3.4.
TEST(Bounce, WhatIsDelayedHasATransientStatusWhateverTheServerSaid) {
  for (const char* code : {"5.7.1", "5.1.10", "5.0.0", "4.2.1", "4.0.0", "", "nonsense"}) {
    Fixture fixture;
    fixture.bounce.recipients[0].status = Status{Verdict::deferred, 554, code, "no", true};
    fixture.bounce.recipients[0].action = Action::delayed;
    const std::string text = fixture.make().text;
    const std::string given = code;
    const bool sound = given.starts_with('5') || given.starts_with('4');
    EXPECT_THAT(text, HasSubstr("\nAction: delayed\nStatus: 4." + (sound ? given.substr(2) : "0.0") + "\n")) << code;
    EXPECT_THAT(text, HasSubstr("\nDiagnostic-Code: smtp; " + to_text(fixture.bounce.recipients[0].status) + "\n"));
  }
}

TEST(Bounce, ANumericHostIsAnAddressLiteral) {
  const std::array<std::pair<std::string, std::string>, 8> cases{{
      {"smtp.example.com[192.0.2.1]:465", "smtp.example.com"},
      {"192.0.2.1[192.0.2.1]:25", "[192.0.2.1]"},
      {"2001:db8::25[2001:db8::25]:25", "[IPv6:2001:db8::25]"},
      {"2001:DB8:0::25[2001:db8::25]:25", "[IPv6:2001:db8::25]"},
      {"::ffff:192.0.2.1[::ffff:192.0.2.1]:25", "[IPv6:::ffff:192.0.2.1]"},
      {"fe80::1%eth0[fe80::1%eth0]:25", "[IPv6:fe80::1]"},
      {"[192.0.2.1][192.0.2.1]:25", "[192.0.2.1]"},
      {"192.0.2.1.example[192.0.2.1]:25", "192.0.2.1.example"},
  }};
  for (const auto& [host, name] : cases) {
    Fixture fixture;
    fixture.bounce.recipients[0].host = host;
    EXPECT_THAT(fixture.make().text, HasSubstr("\nRemote-MTA: dns; " + name + "\n")) << host;
  }
}

TEST(Bounce, AReportIsAsciiWhateverTheWordsAndTheAddresses) {
  Fixture fixture;
  fixture.bounce.recipients[0].status.text = "weg: gr\xC3\xBC\xC3\x9F";
  BounceText report = fixture.make();
  EXPECT_THAT(report.text, HasSubstr("smtp; 550 5.1.1 weg: gr????\n"));
  EXPECT_THAT(report.text, HasSubstr("charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n"));
  EXPECT_THAT(report.text, HasSubstr("=BC=C3=9F\"\n"));
  EXPECT_FALSE(report.smtputf8);

  fixture.bounce.recipients[0].recipient.address = "gr\xC3\xBC\xC3\x9F+x@example.com";
  report = fixture.make();
  EXPECT_FALSE(report.smtputf8) << "the smarthost that made us write this may lack SMTPUTF8";
  EXPECT_THAT(report.text, HasSubstr("Content-Type: message/delivery-status\n"));
  EXPECT_THAT(report.text, HasSubstr("Final-Recipient: utf-8; gr\\x{FC}\\x{DF}\\x{2B}x@example.com\n"));

  fixture.envelope.sender = "\xC3\xA4@example.net";
  report = fixture.make();
  EXPECT_TRUE(report.smtputf8) << "the address that it goes to";
  EXPECT_THAT(report.text, HasSubstr("\nTo: =?utf-8?q?=C3=A4=40example=2Enet?= :;\n"));
  EXPECT_TRUE(is_ascii(report.text));
}

TEST(Bounce, TheBoundaryIsNotInTheOriginal) {
  Fixture fixture;
  fixture.envelope.ret = Return::full;
  const std::string original = "A: b\n\n--=_0123456789abcdef--\n";
  fixture.envelope.size = original.size();
  const std::string text = fixture.make(original).text;
  EXPECT_THAT(text, HasSubstr("boundary=\"=_0123456789abcdef_\""));
  EXPECT_TRUE(text.ends_with("\n--=_0123456789abcdef_--\n"));
}

}  // namespace
}  // namespace postern::mail
