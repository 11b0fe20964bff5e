#include "mail/bounce_text.h"

#include "base/text.h"
#include "mail/headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace postern::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kOriginal = "From: me@example.net\nSubject: hi\n\nbody line\n";

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
    envelope.size = kOriginal.size();
  }

  [[nodiscard]] BounceText make(std::string_view original = kOriginal) const {
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
  EXPECT_EQ(report.body, BodyType::seven_bit);
  EXPECT_FALSE(report.smtputf8);
}

TEST(Bounce, TellsPeopleAndProgramsWhatHappened) {
  Fixture fixture;
  fixture.envelope.envid = "job+207";
  fixture.bounce.recipients[0].recipient.orcpt = "rfc822;bob+2Balerts@example.org";
  const std::string text = fixture.make().text;
  EXPECT_THAT(text, HasSubstr("<bob@example.com>\n    smtp.example.com[192.0.2.1]:465 said: 550 5.1.1 no such user\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: message/delivery-status\n\nOriginal-Envelope-Id: job 7\n"
                              "Reporting-MTA: dns; web1.example.net\n"));
  EXPECT_THAT(text, HasSubstr("\n\nOriginal-Recipient: rfc822; bob+alerts@example.org\n"
                              "Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\n"
                              "Remote-MTA: dns; smtp.example.com\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"));
  EXPECT_TRUE(text.ends_with("\n--=_0123456789abcdef--\n"));
}

TEST(Bounce, ReturnsWhatRetAsksFor) {
  for (const Return ret : {Return::unspecified, Return::headers, Return::full}) {
    for (const std::string_view original : {kOriginal, kOriginal.substr(0, kOriginal.size() - 1)}) {
      Fixture fixture;
      fixture.envelope.ret = ret;
      const std::string text = fixture.make(original).text;
      EXPECT_THAT(text, HasSubstr("Subject: hi\n"));
      const bool whole = ret != Return::headers && original.size() == kOriginal.size();
      EXPECT_EQ(text.find("body line") != std::string::npos, whole);
      EXPECT_EQ(text.find("message/rfc822") != std::string::npos, whole);
      EXPECT_EQ(text.find("text/rfc822-headers") != std::string::npos, !whole);
    }
  }
}

TEST(Bounce, ServerTextCannotBreakOut) {
  Fixture plain;
  plain.bounce.recipients[0].status.enhanced.clear();  // as one that is no code
  const auto lines = std::ranges::count(plain.make().text, '\n');
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
    EXPECT_EQ(std::ranges::count(text, '\n'), lines) << byte;
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

TEST(Bounce, OwnVerdictsHaveNoReplyCode) {
  Fixture fixture;
  fixture.bounce.recipients[0].status = Status{Verdict::deferred, 0, "4.4.7", "not delivered within 5 days"};
  fixture.bounce.recipients[0].host.clear();
  const std::string text = fixture.make().text;
  EXPECT_THAT(text, HasSubstr("<bob@example.com>\n    4.4.7 not delivered within 5 days\n"));
  EXPECT_THAT(text, HasSubstr("Status: 4.4.7\nDiagnostic-Code: X-Postern; not delivered within 5 days\n"));
  EXPECT_THAT(text, Not(HasSubstr("Remote-MTA")));
}

TEST(Bounce, TheStatusPartIsAsciiUnlessAnAddressIsNot) {
  Fixture fixture;
  fixture.bounce.recipients[0].status.text = "Benutzer unbekannt: gr\xC3\xBC\xC3\x9F";
  BounceText report = fixture.make();
  EXPECT_THAT(report.text, HasSubstr("smtp; 550 5.1.1 Benutzer unbekannt: gr????\n"));
  EXPECT_THAT(report.text, HasSubstr("charset=utf-8\nContent-Transfer-Encoding: 8bit\n"));
  EXPECT_EQ(report.body, BodyType::eight_bit);
  EXPECT_FALSE(report.smtputf8);

  fixture.bounce.recipients[0].recipient.address = "gr\xC3\xBC\xC3\x9F+x@example.com";
  report = fixture.make();
  EXPECT_FALSE(report.smtputf8) << "the smarthost that made us write this may lack SMTPUTF8";
  EXPECT_THAT(report.text, HasSubstr("Content-Type: message/delivery-status\n"));
  EXPECT_THAT(report.text, HasSubstr("Final-Recipient: utf-8; gr\\x{FC}\\x{DF}\\x{2B}x@example.com\n"));

  fixture.bounce.recipients[0].recipient.address = "gr\xC3\xBC\xC3\x9F@example.com";
  fixture.envelope.sender = "\xC3\xA4@example.net";
  report = fixture.make();
  EXPECT_TRUE(report.smtputf8);
  EXPECT_THAT(report.text, HasSubstr("message/global-delivery-status"));
  EXPECT_THAT(report.text, HasSubstr("Final-Recipient: utf-8; gr\xC3\xBC\xC3\x9F@example.com\n"));
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
