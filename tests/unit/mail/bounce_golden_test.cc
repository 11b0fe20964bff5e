// Reports as senders get them, byte for byte: tests/golden/bounces. With POSTERN_WRITE_GOLDEN in the environment the
// files are written anew; look at the difference before committing it.
#include "mail/bounce_text.h"
#include "support/tree.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace postern::mail {
namespace {

constexpr std::string_view kOriginal =
    "From: Alice <alice@example.net>\nTo: bob@example.com\nSubject: the quarterly figures\nMessage-ID: "
    "<1@example.net>\n"
    "\nDear Bob,\n\nhere they are.\n";

void expect_golden(const std::string& name, const BounceText& report) {
  const std::string path = test::tree("golden/bounces/") + name;
  if (std::getenv("POSTERN_WRITE_GOLDEN") != nullptr) std::ofstream(path) << report.text;
  std::stringstream file;
  file << std::ifstream(path).rdbuf();
  EXPECT_EQ(report.text, file.str()) << name;
}

BouncedRecipient one(std::string address, Status status, Action action = Action::failed) {
  BouncedRecipient made;
  made.recipient.address = std::move(address);
  made.status = std::move(status);
  if (made.status.code != 0) made.host = "smtp.example.com[192.0.2.1]:465";
  made.action = action;
  return made;
}

BouncedRecipient unknown_user() { return one("bob@example.com", {Verdict::failed, 550, "5.1.1", "no such user"}); }

struct Report {
  std::string name;
  std::vector<BouncedRecipient> recipients;
  Return ret = Return::unspecified;
  std::uint64_t return_size = 51200;
  std::string original{kOriginal};
};

std::string with_subject(const std::string& lines) {
  return "From: Alice <alice@example.net>\nTo: bob@example.com\n" + lines + "\nhere they are\n";
}

Bounce bounce_of(const Report& each) {
  Bounce bounce;
  bounce.id = *QueueId::parse("0123456789abcdef");
  bounce.hostname = "web1.example.net";
  bounce.domain = "example.net";
  bounce.now = *parse_rfc3339("2026-11-23T17:04:05Z");
  bounce.retry_until = *parse_rfc3339("2026-11-28T17:00:00Z");
  bounce.recipients = each.recipients;
  bounce.return_size = each.return_size;
  return bounce;
}

Envelope envelope_of(const Report& each) {
  Envelope envelope;
  envelope.id = *QueueId::parse("fedcba9876543210");
  envelope.sender = "alice@example.net";
  envelope.accepted = *parse_rfc3339("2026-11-23T17:00:00Z");
  envelope.envid = "job+207";
  envelope.ret = each.ret;
  envelope.size = each.original.size();
  return envelope;
}

std::vector<Report> reports() {
  BouncedRecipient original = unknown_user();
  original.recipient.orcpt = "rfc822;bob+2Balerts@example.org";
  const Status late{Verdict::deferred, 451, "4.2.1", "come back tomorrow"};
  BouncedRecipient expired = one("bob@example.com", late);
  expired.expired_after = "5d";
  const Status taken{Verdict::delivered, 250, "2.0.0", "Ok: queued as 12345"};
  const Status unknown{Verdict::failed, 550, "5.1.1", "no such user"};
  BouncedRecipient unread =
      one("", {Verdict::failed, 0, "5.1.3", "this cannot be read as an address, and so nobody got a copy for it"});
  unread.unread = "Web Team (sales";
  BouncedRecipient uncertain =
      one("bob@example.com", {Verdict::deferred, 0, "4.4.2",
                              "delivery uncertain: the connection was lost before the answer to the end of data"});
  uncertain.expired_after = "1d12h";
  std::string long_subject = "Subject: the quarterly figures";
  for (int line = 0; line < 8; ++line) long_subject += "\n and all that goes with them, year by year";
  return {
      {"failed", {original}},
      {"failed-headers", {original}, Return::headers},
      {"failed-large", {unknown_user()}, Return::full, 10},
      {"failed-no-smtputf8",
       {one("b\xC3\xBC"
            "ro@example.com",
            {Verdict::failed, 0, "5.6.7", "the message needs SMTPUTF8, which the smarthost does not offer"})}},
      {"expired", {expired}},
      {"delayed", {one("bob@example.com", late, Action::delayed)}, Return::full},
      {"relayed", {one("bob@example.com", taken, Action::relayed)}, Return::full},
      {"many",
       {one("bob@example.com", unknown), one("carol@example.com", {Verdict::failed, 552, "5.2.2", "over quota"}),
        one("dave@example.com", unknown), one("erin@example.com", {Verdict::failed, 554, "", "no"}),
        one("frank@example.com", {Verdict::failed, 550, "5.7.1", "Relaying denied"})}},
      {"unread", {unread, unknown_user()}},
      {"uncertain", {uncertain}},
      {"doubtful",
       {one("bob@example.com", {Verdict::deferred, 550, "5.7.1", "this looks like spam", true}, Action::delayed)}},
      {"no-subject", {unknown_user()}, Return::unspecified, 51200, with_subject("Subject: \n")},
      {"long-subject", {unknown_user()}, Return::unspecified, 51200, with_subject(long_subject + "\n")},
      {"8-bit-subject", {unknown_user()}, Return::unspecified, 51200, with_subject("Subject: gr\xC3\xBCne \xE4pfel\n")},
      {"mixed",
       {one("carol@example.com", taken, Action::relayed), unknown_user(),
        one("dave@example.com", late, Action::delayed)}},
  };
}

TEST(GoldenBounce, H60_EveryKindOfReportIsAsItWas) {
  for (const Report& each : reports()) {
    const BounceText report = make_bounce(bounce_of(each), envelope_of(each), each.original);
    expect_golden(each.name, report);
    EXPECT_FALSE(report.smtputf8) << "so that it passes a smarthost that lacks it";
  }
}

TEST(GoldenBounce, ADigestIsAsItWas) {
  const Report first{"", {unknown_user()}};
  const Report second{"",
                      {one("b\xC3\xBC"
                           "ro@example.com",
                           {Verdict::failed, 552, "5.2.2", "mailbox full"})}};
  const std::vector<DigestItem> items = {
      {envelope_of(first), "the quarterly figures", "<1@example.net>", first.recipients},
      {envelope_of(second), "", "", second.recipients},
  };
  const BounceText digest = make_digest(bounce_of(first), "alice@example.net", items);
  expect_golden("digest", digest);
  EXPECT_FALSE(digest.smtputf8);
}

}  // namespace
}  // namespace postern::mail
