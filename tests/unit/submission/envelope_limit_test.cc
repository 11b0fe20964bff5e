// What the dialogue takes fits into the spool's file: the one limit is where the message comes in.
#include "smtp/dialogue.h"
#include "spool/format.h"
#include "submission/acceptor.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::submission {
namespace {

TEST(EnvelopeLimit, WhateverTheDialogueTakesCanBeStored) {
  Config config;
  config.hostname = "web1." + std::string(60, 'h') + ".example.net";
  config.domain = std::string(60, 'd') + ".example.net";
  const std::string notify = " NOTIFY=SUCCESS,FAILURE,DELAY";
  for (const std::string& tail : {std::string(">"), std::string("@example.com>" + notify),
                                  std::string("@example.com>" + notify + " ORCPT=rfc822;" + std::string(480, 'o'))}) {
    smtp::DialogueConfig dialogue_config;
    dialogue_config.recipients = 0;
    smtp::Dialogue dialogue(dialogue_config);
    dialogue.on_line("EHLO localhost");
    dialogue.on_line("MAIL FROM:<" + std::string(60, 's') + "@example.com> RET=HDRS ENVID=" + std::string(90, 'e'));
    for (int i = 0; dialogue.on_line("RCPT TO:<u" + std::to_string(i) + tail).reply.starts_with("250"); ++i) continue;
    mail::Envelope envelope = dialogue.envelope();
    ASSERT_GT(envelope.recipients.size(), 5000U);
    complete_envelope(envelope, config);
    envelope.id = *QueueId::parse("0123456789abcdef");
    const Result<std::string> text = spool::envelope_text(envelope);
    ASSERT_TRUE(text) << text.error().text;
    EXPECT_LE(text->size(), mail::kLongestEnvelope);
  }
}

// Else the loop stands still for minutes: six million addresses are looked at.
TEST(CompleteEnvelope, AnAliasThatIsNamedAgainIsNotExpandedAgain) {
  Config config;
  for (int i = 0; i < 100; ++i) config.aliases["staff"].push_back("u" + std::to_string(i) + "@example.com");
  mail::Envelope envelope;
  envelope.recipients.resize(60'000);
  for (mail::Recipient& recipient : envelope.recipients) recipient.address = "staff";
  complete_envelope(envelope, config);
  EXPECT_EQ(envelope.recipients.size(), 100U);
}

}  // namespace
}  // namespace postern::submission
