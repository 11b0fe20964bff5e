// What the dialogue takes fits into the spool's file: the one limit is where the message comes in.
#include "base/text.h"
#include "smtp/dialogue.h"
#include "spool/format.h"
#include "submission/envelope_completion.h"

#include <gtest/gtest.h>

#include <functional>
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

TEST(EnvelopeLimit, NobodyIsRefusedForTheRoomOfAnOriginalRecipientThatWeAdd) {
  Config config;
  config.hostname = config.domain = "example.net";
  for (const int recipients : {10, 40'000}) {
    mail::Envelope envelope;
    envelope.sender = "a@example.net";
    envelope.recipients.resize(static_cast<std::size_t>(recipients));
    int number = 0;
    for (mail::Recipient& one : envelope.recipients) one.address = "user" + std::to_string(number++) + "@localhost";
    envelope.recipients.back().orcpt = "rfc822;given@x";
    complete_envelope(envelope, config);
    EXPECT_EQ(envelope.recipients.size(), static_cast<std::size_t>(recipients));
    EXPECT_EQ(envelope.recipients.front().orcpt, recipients == 10 ? "rfc822;user0@localhost" : "");
    EXPECT_EQ(envelope.recipients.back().orcpt, "rfc822;given@x");
    envelope.id = *QueueId::parse("0123456789abcdef");
    EXPECT_TRUE(spool::envelope_text(envelope));
  }
}

/// A message to these sixty thousand, of whom each means an alias of a hundred.
std::size_t recipients_of_many(const Config& config, const std::function<std::string(int)>& recipient) {
  mail::Envelope envelope;
  envelope.recipients.resize(60'000);
  int number = 0;
  for (mail::Recipient& one : envelope.recipients) one.address = recipient(number++);
  complete_envelope(envelope, config);
  return envelope.recipients.size();
}

// Else the loop stands still for minutes: six million addresses are looked at.
TEST(CompleteEnvelope, AnAliasThatIsNamedAgainInAnySpellingIsNotExpandedAgain) {
  Config config;
  config.hostname = config.domain = "web1.example.net";
  for (int i = 0; i < 100; ++i) config.aliases["staff"].push_back("u" + std::to_string(i) + "@example.com");
  config.aliases["*"] = config.aliases["staff"];
  config.aliases["loop"] = {"staff", "circle"};
  config.aliases["circle"] = {"loop"};
  const auto in_cases = [](std::string text, unsigned bits) {
    for (char& c : text) {
      if (c < 'a' || c > 'z') continue;
      if ((bits & 1U) != 0) c = to_upper(c);
      bits >>= 1U;
    }
    return text;
  };
  const auto number = [](int i) { return std::to_string(i); };
  const std::function<std::string(int)> ways[] = {
      [](int) { return "staff"; },
      [&](int i) { return "staff@" + number(i) + ".localhost"; },
      [&](int i) {
        return "staff@[127." + number(i / 256 / 256) + "." + number(i / 256 % 256) + "." + number(i % 256) + "]";
      },
      [&](int i) { return in_cases("staff@localhost.localdomain", static_cast<unsigned>(i)); },
      [&](int i) { return in_cases("\"staff\"@web1.example.net.", static_cast<unsigned>(i)); },
      [&](int i) { return "nobody" + number(i); },
      [&](int i) { return "nobody" + number(i) + "@web1"; },
      [&](int i) { return "loop@" + number(i) + ".localhost"; },
      [&](int i) { return (i % 2 == 0 ? "circle@" : "loop@") + number(i) + ".localhost"; },
  };
  for (const auto& way : ways) {
    EXPECT_EQ(recipients_of_many(config, way), 100U) << way(7);
  }
}

}  // namespace
}  // namespace postern::submission
