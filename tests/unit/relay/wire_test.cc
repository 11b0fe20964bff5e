// Deadlines: each step has its own, and all together have one (H57).
#include "relay/wire.h"

#include "support/run.h"
#include "support/scripted_stream.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

/// Remembers the deadlines it was given.
class WatchedStream final : public net::Stream {
 public:
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    const std::string_view reply = "250 ok\r\n";
    std::ranges::copy(reply, into.begin());
    co_return reply.size();
  }
  Task<Result<void>> write(std::string_view) override { co_return Result<void>(); }
  Task<Result<void>> start_tls() override { co_return Result<void>(); }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds deadline) override { deadlines.push_back(deadline); }
  void cancel() override {}

  std::vector<Milliseconds> deadlines;
};

TEST(Wire, GivesEachStepItsDeadline) {
  WatchedStream stream;
  Wire wire(stream);
  ASSERT_TRUE(test::run(wire.command("NOOP\r\n", Seconds(300))).has_value());
  EXPECT_EQ(stream.deadlines, std::vector<Milliseconds>(2, Seconds(300)));
}

TEST(Wire, H57_CutsDeadlinesToWhatIsAllowedAltogether) {
  WatchedStream stream;
  Wire wire(stream);
  wire.allow(Seconds(100));
  ASSERT_TRUE(test::run(wire.command("NOOP\r\n", Seconds(300))).has_value());
  ASSERT_TRUE(test::run(wire.start_tls(Seconds(300))).has_value());
  ASSERT_EQ(stream.deadlines.size(), 3U);
  for (const Milliseconds deadline : stream.deadlines) EXPECT_LE(deadline, Seconds(100));
  wire.allow(Seconds(-1));
  ASSERT_TRUE(test::run(wire.command("NOOP\r\n", Seconds(300))).has_value());
  EXPECT_EQ(stream.deadlines.back(), Milliseconds(0));
}

TEST(Wire, ReadsWhatWasSaidBeforeAWriteFailedButOnlyIfThePeerHungUp) {
  for (const Failure failure : {Failure::closed, Failure::io, Failure::timeout}) {
    std::vector<test::ScriptedStream::Turn> turns;
    turns.push_back({"", "552 too big\r\n"});
    test::ScriptedStream::Options options;
    options.fail_at = 1;
    options.failure = failure;
    test::ScriptedStream stream(turns, options);
    Wire wire(stream);
    const auto sent = test::run(wire.send("text", Seconds(1)));
    ASSERT_FALSE(sent.has_value());
    EXPECT_EQ(sent.error().failure, failure);
    const auto words = test::run(wire.last_words(Seconds(1)));
    EXPECT_EQ(words && words->code == 552, failure != Failure::timeout);
    EXPECT_TRUE(wire.broken());
    EXPECT_FALSE(test::run(wire.send("more", Seconds(1))).has_value());
  }
}

TEST(Wire, TracesCommandsAndRepliesButNeitherMessagesNorSecrets) {
  std::vector<test::ScriptedStream::Turn> turns;
  turns.push_back({"MAIL FROM:<a@x>\r\nDATA\r\n", "250-ok\r\n250 \x1b[1mfine\r\n354 go\r\n"});
  turns.push_back({"text\r\n.\r\n", "250 taken\r\n"});
  turns.push_back({"secret\r\n", "535 secret\r\n"});
  turns.push_back({"NOOP\r\n", "250 " + std::string(600, 'x') + "\r\n"});
  test::ScriptedStream stream(turns);
  Wire wire(stream);
  std::vector<std::string> lines;
  wire.trace_to([&lines](const std::string& line) { lines.push_back(line); });
  ASSERT_TRUE(test::run(wire.send("MAIL FROM:<a@x>\r\nDATA\r\n", Seconds(1))).has_value());
  ASSERT_TRUE(test::run(wire.reply(Seconds(1))).has_value());
  ASSERT_TRUE(test::run(wire.reply(Seconds(1))).has_value());
  ASSERT_TRUE(test::run(wire.send_text("text\r\n.\r\n", Seconds(1))).has_value());
  ASSERT_TRUE(test::run(wire.reply(Seconds(1))).has_value());
  ASSERT_TRUE(test::run(wire.secret_command("secret\r\n", "(response)", Seconds(1))).has_value());
  ASSERT_TRUE(test::run(wire.command("NOOP\r\n", Seconds(1))).has_value());
  const std::vector<std::string> expected = {"C: MAIL FROM:<a@x>",  "C: DATA",       "S: 250-ok",
                                             "S: 250 \\x1b[1mfine", "S: 354 go",     "C: (9 bytes of message)",
                                             "S: 250 taken",        "C: (response)", "C: NOOP"};
  ASSERT_EQ(lines.size(), expected.size() + 1);
  EXPECT_TRUE(std::ranges::equal(expected, std::span(lines).first(expected.size())));
  EXPECT_EQ(lines.back().size(), 512U);
  EXPECT_EQ(stream.mismatch(), "");
}

TEST(Wire, TracesNoReplyThatRepeatsASecretToTheEndOfTheSession) {
  std::vector<test::ScriptedStream::Turn> turns;
  turns.push_back({"NOOP\r\n", "250-hunt\r\n250-and\r\n250 er22\r\n"});
  turns.push_back({"NOOP\r\n", "250-2.0.0 hunt\r\n250 2.0.0 er22\r\n"});
  turns.push_back({"NOOP\r\n", "250 ok\r\n"});
  test::ScriptedStream stream(turns);
  Wire wire(stream);
  std::vector<std::string> lines;
  wire.trace_to([&lines](const std::string& line) { lines.push_back(line); });
  wire.secrets().learn("hunter22");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(test::run(wire.command("NOOP\r\n", Seconds(1))).has_value());
  const std::string hidden = "S: 250 " + std::string(Redactor::kRemark);
  const std::vector<std::string> expected = {"C: NOOP", "S: 250-hunt", "S: 250-and", "S: 250 er22",
                                             "C: NOOP", hidden,        "C: NOOP",    "S: 250 ok"};
  EXPECT_EQ(lines, expected);
}

}  // namespace
}  // namespace postern::relay
