// Random command sequences against the smallest model of RFC 5321 4.1.4: who may say what when.
#include "smtp/dialogue.h"

#include <gtest/gtest.h>

#include <random>

namespace postern::smtp {
namespace {

struct Model {
  bool greeted = false;
  bool needs_hello = false;
  bool mail = false;
  std::size_t recipients = 0;
  std::size_t limit = 3;

  [[nodiscard]] bool must_greet() const { return needs_hello && !greeted; }
  void reset() {
    mail = false;
    recipients = 0;
  }
};

struct Step {
  std::string_view line;
  int (*expect)(Model&);  // the code the model gives, and what the command does to it
};

int hello(Model& model) {
  model.greeted = true;
  model.reset();
  return 250;
}

int good_mail(Model& model) {
  if (model.must_greet() || model.mail) return 503;
  model.mail = true;
  return 250;
}

int bad_mail(Model& model, int code) { return model.must_greet() || model.mail ? 503 : code; }

int good_rcpt(Model& model) {
  if (!model.mail) return 503;
  if (model.recipients == model.limit) return 452;
  ++model.recipients;
  return 250;
}

constexpr Step kSteps[] = {
    {"EHLO me", hello},
    {"helo me", hello},
    {"EHLO", [](Model& model) { return model.needs_hello ? 501 : hello(model); }},
    {"MAIL FROM:<a@b>", good_mail},
    {"MAIL FROM:<>", good_mail},
    {"MAIL FROM:<a@b> SIZE=99999999", [](Model& model) { return bad_mail(model, 552); }},
    {"MAIL FROM:<a@b> X=1", [](Model& model) { return bad_mail(model, 555); }},
    {"MAIL FROM:<a b>", [](Model& model) { return bad_mail(model, 501); }},
    {"RCPT TO:<a@b>", good_rcpt},
    {"RCPT TO:<root>", good_rcpt},
    {"RCPT TO:<>", [](Model& model) { return model.mail ? 501 : 503; }},
    {"RCPT TO:<\xC3\xA4@b>", good_rcpt},
    {"RCPT TO:<\xC3@b>", [](Model& model) { return model.mail ? 501 : 503; }},
    {"DATA", [](Model& model) { return model.recipients > 0 ? 354 : 503; }},
    {"DATA x", [](Model& model) { return model.recipients > 0 ? 501 : 503; }},
    {"RSET",
     [](Model& model) {
       model.reset();
       return 250;
     }},
    {"NOOP", [](Model&) { return 250; }},
    {"VRFY a", [](Model&) { return 252; }},
    {"FOO", [](Model&) { return 500; }},
    {"", [](Model&) { return 500; }},
    {"AUTH PLAIN", [](Model&) { return 502; }},
    {"STARTTLS", [](Model&) { return 502; }},
};

TEST(Dialogue, S18_AcceptsWhatTheModelAcceptsInRandomOrder) {
  std::mt19937 random(20240817);
  std::size_t messages = 0;
  for (int sequence = 0; sequence < 20000; ++sequence) {
    DialogueConfig config;
    config.hostname = "mx";
    config.message_size = 1000;
    Model model;
    config.recipients = model.limit;
    config.needs_hello = model.needs_hello = sequence % 2 == 0;
    Dialogue dialogue(config);
    std::string said;
    for (int i = 0; i < 25; ++i) {
      const Step& step = kSteps[random() % std::size(kSteps)];
      said.append(step.line).append("\n");
      const Reaction reaction = dialogue.on_line(step.line);
      if (reaction.next == Next::close) break;  // its patience ended; counted elsewhere
      ASSERT_EQ(reaction.reply.substr(0, 3), std::to_string(step.expect(model))) << said;
      ASSERT_EQ(dialogue.envelope().recipients.size(), model.recipients) << said;
      if (reaction.next != Next::data) continue;
      ++messages;
      const bool stored = random() % 2 == 0;
      const Reaction end = stored ? dialogue.on_stored(QueueId()) : dialogue.on_refused({});
      said.append(stored ? "(stored)\n" : "(refused)\n");
      ASSERT_EQ(end.reply.substr(0, 3), stored ? "250" : "451");
      model.reset();
    }
  }
  EXPECT_GT(messages, 500U) << "the sequences must reach the data";
}

}  // namespace
}  // namespace postern::smtp
