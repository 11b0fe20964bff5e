#include "submission/test_message.h"

#include "mail/headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::submission {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Config config() {
  Config made;
  made.hostname = "web1.example.net";
  made.domain = "example.net";
  made.aliases = {{"root", {"admin@example.com", "ops"}}};
  return made;
}

net::Peer peer() {
  net::Peer made;
  made.uid = 1000;
  made.pid = 42;
  return made;
}

TEST(TestMessage, IsTheCallersOwnMailToWhomTheAliasesName) {
  const mail::Envelope envelope = test_envelope(config(), "", "root", peer());
  EXPECT_EQ(envelope.source.kind, mail::Source::Kind::local);
  EXPECT_EQ(envelope.source.uid, 1000U);
  EXPECT_EQ(envelope.source.pid, 42);
  ASSERT_EQ(envelope.recipients.size(), 2U);
  EXPECT_EQ(envelope.recipients[0].address, "admin@example.com");
  EXPECT_EQ(envelope.recipients[1].address, "ops@example.net");
  EXPECT_EQ(envelope.recipients[1].orcpt, "rfc822;root@example.net");
}

TEST(TestMessage, ComesFromRootAsCronsMailDoesUnlessAnotherIsNamed) {
  EXPECT_EQ(test_envelope(config(), "", "bob", peer()).sender, "root@example.net");
  EXPECT_EQ(test_envelope(config(), "www-data", "bob", peer()).sender, "www-data@example.net");
  EXPECT_EQ(test_envelope(config(), "anna@corp.example", "bob", peer()).sender, "anna@corp.example");
}

TEST(TestMessage, HasACompleteHeaderThatNamesEveryRecipient) {
  mail::Envelope envelope = test_envelope(config(), "", "root", peer());
  envelope.id = QueueId::make(WallTime(Seconds(1'790'000'000)), 7);
  envelope.accepted = WallTime(Seconds(1'790'000'000));
  const std::string text = test_message(config(), envelope);
  EXPECT_THAT(text, StartsWith("Received: by web1.example.net (Postern, send-test) id " + envelope.id.str() + "; "));
  const mail::HeaderBlock header = mail::parse_headers(text);
  for (const std::string_view name : {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"}) {
    EXPECT_EQ(mail::count(header, name), 1U) << name;
  }
  EXPECT_THAT(text, HasSubstr("\nTo: <admin@example.com>,\n <ops@example.net>\n"));
  EXPECT_THAT(text, HasSubstr("\nFrom: root@example.net (Postern send-test)\n"));
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_THAT(text.substr(header.size), StartsWith("\nThis message was sent by \"postern send-test\""));
}

}  // namespace
}  // namespace postern::submission
