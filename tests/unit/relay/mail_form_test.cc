#include "relay/mail_form.h"

#include "test_message.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::relay {
namespace {

const mail::HostNames kNames{"web1.example.net", "example.net"};

SenderPolicy policy_of(SenderPolicyOptions::Policy policy) {
  SenderPolicyOptions options;
  options.policy = policy;
  options.address = "alerts@example.com";
  return {options, kNames};
}

const SenderPolicy kKeeps = policy_of(SenderPolicyOptions::Policy::keep);
const SenderPolicy kRewrites = policy_of(SenderPolicyOptions::Policy::account);

smtp::Capabilities server_with(bool smtputf8) {
  smtp::Capabilities server;
  server.smtputf8 = smtputf8;
  return server;
}

MailForm form_for(const TestMessage& message, bool smtputf8 = true) {
  return form_of(message, kKeeps, "", server_with(smtputf8));
}

TEST(MailForm, TheNullSenderStaysNullUnlessTheServerRefusesIt) {
  const TestMessage report("", {"b@y"}, "");
  const MailForm plain = form_of(report, kRewrites, "", server_with(false));
  EXPECT_EQ(plain.reverse_path, "");
  EXPECT_FALSE(plain.quiet);
  const MailForm stood_in = form_of(report, kRewrites, "alerts@example.com", server_with(false));
  EXPECT_EQ(stood_in.reverse_path, "alerts@example.com");
  EXPECT_TRUE(stood_in.quiet);
  const MailForm other = form_of(TestMessage("a@x", {"b@y"}, ""), kKeeps, "alerts@example.com", server_with(false));
  EXPECT_EQ(other.reverse_path, "a@x");
  EXPECT_FALSE(other.quiet);
}

TEST(MailForm, NoBareSenderLeaves) {
  EXPECT_EQ(form_for(TestMessage("root", {"b@y"}, "")).reverse_path, "root@example.net");
  EXPECT_EQ(form_of(TestMessage("root", {"b@y"}, ""), kRewrites, "", server_with(false)).reverse_path,
            "alerts@example.com");
}

TEST(MailForm, Utf8IsAskedForWhereAnAddressNeedsItAndTheServerOffersIt) {
  const std::string letters = "j\xC3\xBC@x";
  EXPECT_TRUE(form_for(TestMessage(letters, {"b@y"}, "")).utf8);
  EXPECT_FALSE(form_for(TestMessage(letters, {"b@y"}, ""), false).utf8);
  EXPECT_TRUE(form_for(TestMessage("a@x", {letters}, "")).utf8);
  EXPECT_FALSE(form_for(TestMessage("a@x", {"b@y", letters}, "")).utf8) << "the others go first, without it";
  EXPECT_FALSE(form_for(TestMessage("a@x", {"b@\xC3\xBC.example"}, "")).utf8) << "a domain goes as A-labels";
  TestMessage flagged("a@x", {"b@y"}, "");
  flagged.change().smtputf8 = true;
  EXPECT_FALSE(form_for(flagged).utf8) << "the client's word alone means nothing";
}

TEST(MailForm, FieldsAreEditedWhereThePolicyChangesSenders) {
  EXPECT_FALSE(terms_of(MailForm(), kKeeps, server_with(false), nullptr).edit);
  EXPECT_TRUE(terms_of(MailForm(), kRewrites, server_with(false), nullptr).edit);
}

TEST(MailForm, TheTextIsToBeAsTheServerTakesItInThisTransaction) {
  MailForm form;
  for (const bool eight_bit : {false, true}) {
    for (const bool utf8 : {false, true}) {
      smtp::Capabilities server = server_with(true);
      server.eight_bit_mime = eight_bit;
      form.utf8 = utf8;
      const mail::TextRules rules = terms_of(form, kKeeps, server, nullptr).rules;
      EXPECT_EQ(rules.eight_bit, eight_bit);
      EXPECT_EQ(rules.utf8, utf8);
      EXPECT_FALSE(rules.at_any_cost);
    }
  }
}

}  // namespace
}  // namespace postern::relay
