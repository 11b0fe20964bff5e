// What ends a session besides too many errors: commands and recipients that bring no message nearer, another protocol;
// and what a transaction may hold in memory.
#include "smtp/dialogue.h"
#include "smtp/limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace postern::smtp {
namespace {

Dialogue after_hello(DialogueConfig config = {}) {
  config.hostname = "mail.example.net";
  Dialogue dialogue(config);
  EXPECT_TRUE(dialogue.on_line("EHLO client.example").reply.starts_with("250"));
  return dialogue;
}

TEST(Dialogue, R09_ClosesAfterTooManyMailCommandsThatAreRefusedForNow) {
  Dialogue dialogue = after_hello();
  const auto full = [](std::uint64_t) { return std::optional(Refusal{452, "4.3.1", "no space left"}); };
  for (std::size_t i = 1; i < limits::kIdleCommands; ++i) {
    ASSERT_TRUE(dialogue.on_line("MAIL FROM:<a@b>", full).reply.starts_with("452")) << i;
  }
  EXPECT_EQ(dialogue.on_line("MAIL FROM:<a@b>", full).next, Next::close) << "EHLO counts, too";
}

TEST(Dialogue, R09_ClosesAfterMoreRefusedRecipientsThanAnyEnvelopeHas) {
  Dialogue dialogue = after_hello();
  ASSERT_TRUE(dialogue.on_line("MAIL FROM:<a@b>").reply.starts_with("250"));
  for (std::size_t i = 0; i < limits::kRefusedRecipients; ++i)
    ASSERT_EQ(dialogue.on_line("RCPT x").next, Next::command);
  const Reaction last = dialogue.on_line("RCPT x");
  EXPECT_EQ(last.next, Next::close);
  EXPECT_TRUE(last.reply.starts_with("421"));
}

TEST(Dialogue, AnotherProtocolEndsItInEveryStateAtOnce) {
  for (const std::string_view begin : {"GET / HTTP/1.1", "POST", "x y HTTP/2", "\x16\x03\x01"}) {
    for (const std::string_view state : {"", "MAIL FROM:<a@b>"}) {
      Dialogue dialogue = after_hello();
      if (!state.empty()) dialogue.on_line(state);
      const Reaction reaction = dialogue.on_line(begin);
      EXPECT_EQ(reaction.next, Next::close) << begin;
      EXPECT_TRUE(reaction.reply.starts_with("554 5.5.1 this is SMTP without TLS, and what came is ")) << begin;
      EXPECT_FALSE(dialogue.in_transaction()) << begin;
    }
  }
}

TEST(Dialogue, AsksForTheMemoryThatItsRecipientsTakeBeforeItHasThem) {
  for (const std::size_t most : {std::size_t{1000}, std::size_t{100'000}, std::size_t{1'000'000}}) {
    for (const std::string tail :
         {"@b>", "@a-domain-that-is-longer-than-a-text-without-memory-of-its-own.example.com>"}) {
      std::size_t asked = 0;
      DialogueConfig config;
      config.recipients = 0;
      config.memory = [&](std::size_t bytes) -> std::optional<Refusal> {
        asked = bytes;
        if (bytes <= most) return {};
        return Refusal{452, "4.3.1", "no memory"};
      };
      Dialogue dialogue = after_hello(config);
      ASSERT_TRUE(dialogue.on_line("MAIL FROM:<a@b>").reply.starts_with("250"));
      int taken = 0;
      while (dialogue.on_line("RCPT TO:<u" + std::to_string(taken) + tail).reply.starts_with("250")) {
        ++taken;
        ASSERT_EQ(dialogue.held(), asked);
      }
      std::size_t real = dialogue.envelope().recipients.capacity() * sizeof(mail::Recipient);
      for (const mail::Recipient& one : dialogue.envelope().recipients) {
        if (one.address.size() > 15) real += one.address.size();
      }
      EXPECT_LE(real, most);
      EXPECT_GE(dialogue.held(), real);
      EXPECT_EQ(dialogue.on_line("DATA").reply, "452 4.3.1 no memory\r\n") << "never to some of them";
      dialogue.on_line("RSET");
      EXPECT_EQ(dialogue.held(), 0U);
    }
  }
}

TEST(Dialogue, AClientThatCanSplitSendsTheRestInAnotherTransaction) {
  DialogueConfig config;
  config.memory = [](std::size_t bytes) -> std::optional<Refusal> {
    if (bytes < 3000) return {};
    return Refusal{452, "4.3.1", "no memory"};
  };
  Dialogue dialogue = after_hello(config);
  dialogue.on_line("MAIL FROM:<a@b>");
  while (dialogue.on_line("RCPT TO:<a@b>").reply.starts_with("250")) continue;
  EXPECT_EQ(dialogue.on_line("DATA").next, Next::data);
  const mail::Envelope taken = dialogue.take_envelope();
  EXPECT_GE(taken.recipients.size(), 16U);
  EXPECT_EQ(dialogue.held(), 0U);
  EXPECT_TRUE(dialogue.envelope().recipients.empty());
}

}  // namespace
}  // namespace postern::smtp
