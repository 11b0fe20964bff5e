// An envelope that is completed by steps is the one that is completed at once.
#include "submission/envelope_completion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace postern::submission {
namespace {

Config with_an_alias() {
  Config made;
  made.hostname = made.domain = "web1.example.net";
  made.aliases["root"] = {"admin@example.com", "ops"};
  return made;
}

/// In letters, in A-labels and bare, some of them twice.
mail::Envelope many(std::size_t recipients) {
  mail::Envelope envelope;
  envelope.sender = "cron";
  for (std::size_t i = 0; i < recipients; ++i) {
    const std::string user = "u" + std::to_string(i / 4);
    const std::string addresses[] = {user + "@b\xC3\xBC\x63her.example", user + "@xn--BCHER-kva.example", user, "root"};
    envelope.recipients.emplace_back().address = addresses[i % 4];
  }
  return envelope;
}

std::string texts(const mail::Envelope& envelope) {
  std::string all = envelope.sender;
  for (const mail::Recipient& one : envelope.recipients)
    all.append("\n").append(one.address).append(" ").append(one.orcpt);
  return all;
}

TEST(EnvelopeCompletion, DoesAFewHundredRecipientsAtAStep) {
  const Config settings = with_an_alias();
  for (const std::size_t recipients : {0U, 1U, 199U, 200U, 201U, 1000U}) {
    mail::Envelope at_once = many(recipients);
    complete_envelope(at_once, settings);
    mail::Envelope envelope = many(recipients);
    EnvelopeCompletion completion(envelope, settings);
    std::size_t steps = 1;
    for (std::size_t done = 0; completion.step(); ++steps) {
      EXPECT_LE(envelope.recipients.size() - done, EnvelopeCompletion::kOfStep + 1) << "root is two";
      done = envelope.recipients.size();
    }
    EXPECT_EQ(steps, std::max<std::size_t>(1, (recipients + 199) / 200));
    EXPECT_EQ(texts(envelope), texts(at_once));
    EXPECT_TRUE(recipients < 1000 || envelope.recipients.size() == 502);
  }
}

TEST(EnvelopeCompletion, CountsTheMemoryOfAllThatIsThere) {
  const Config settings = with_an_alias();
  mail::Envelope envelope = many(10'000);
  std::size_t given = 0;
  for (const mail::Recipient& one : envelope.recipients) given += held_by(one);
  EnvelopeCompletion completion(envelope, settings);
  EXPECT_GE(completion.held(), given);
  while (completion.step()) EXPECT_GE(completion.held(), given);
  std::size_t made = 0;
  for (const mail::Recipient& one : envelope.recipients) made += held_by(one);
  EXPECT_GE(completion.held(), made);
  EXPECT_LE(completion.held(), 3 * given);
}

TEST(EnvelopeCompletion, LosesNobodyWhereItIsGivenUp) {
  const Config settings = with_an_alias();
  mail::Envelope envelope = many(1000);
  EnvelopeCompletion completion(envelope, settings);
  EXPECT_TRUE(completion.step());
  completion.give_up();
  EXPECT_EQ(envelope.recipients.size(), 102U + 800U);
  EXPECT_EQ(envelope.recipients.back().address, "root");
}

}  // namespace
}  // namespace postern::submission
