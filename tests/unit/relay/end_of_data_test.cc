// With what the final dot leaves (RFC 5321 4.1.1.4), for texts around every multiple of the block that is written.
#include "relay/transaction.h"

#include "support/run.h"
#include "test_message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::relay {
namespace {

/// Takes everything, and remembers each write.
class WritesStream final : public net::Stream {
 public:
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    std::ranges::copy(say_, into.begin());
    co_return say_.size();
  }
  Task<Result<void>> write(std::string_view bytes) override {
    say_ = bytes.starts_with("DATA") ? "354 go\r\n" : "250 2.0.0 ok\r\n";
    const bool command = bytes.starts_with("MAIL") || bytes.starts_with("RCPT") || bytes.starts_with("DATA");
    if (!command) text.emplace_back(bytes);
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override { co_return Result<void>(); }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override {}

  std::vector<std::string> text;

 private:
  std::string_view say_ = "250 2.0.0 ok\r\n";
};

std::vector<std::string> writes_of(const std::string& text, std::size_t piece) {
  WritesStream stream;
  Wire wire(stream);
  TransactionInput input;
  input.peer = "mx";
  const std::vector<std::string> recipients(1, "b@y");
  TestMessage message("a@x", recipients, text);
  message.piece(piece);
  const auto outcome = test::run(run_transaction(wire, input, message));
  EXPECT_TRUE(outcome.report.recipients.at(0) && outcome.report.recipients[0]->verdict == mail::Verdict::delivered);
  return stream.text;
}

std::string text_of(std::size_t size) {
  std::string text;
  while (text.size() + 64 <= size) text += std::string(63, 'x') + '\n';
  if (text.size() < size) text += std::string(size - text.size() - 1, 'y') + '\n';
  return text;
}

TEST(EndOfData, Fault20_LeavesWithTheLastOfTheText) {
  constexpr std::size_t kBlock = 64 * std::size_t{1024};
  for (const std::size_t piece : {std::size_t{4096}, kBlock, 4 * kBlock}) {
    for (std::size_t blocks = 1; blocks <= 2; ++blocks) {
      // A block of the wire holds 65 octets for 64 of the text, and a piece of the text is no block.
      for (const std::size_t about : {blocks * kBlock, blocks * kBlock * 64 / 65, blocks * piece}) {
        for (std::size_t size = about - 2; size <= about + 2; ++size) {
          SCOPED_TRACE(std::to_string(size) + " in pieces of " + std::to_string(piece));
          const std::string text = text_of(size);
          const auto writes = writes_of(text, piece);
          ASSERT_FALSE(writes.empty());
          EXPECT_TRUE(writes.back().ends_with("\r\n.\r\n"));
          EXPECT_GE(writes.back().size(), std::min<std::size_t>(2048, size)) << "a segment of the network";
          std::string all;
          for (const std::string& each : writes) all += each;
          EXPECT_EQ(all.size(), text.size() + text.size() / 64 + (text.size() % 64 == 0 ? 0 : 1) + 3);
          EXPECT_LE(writes.size(), 2 + all.size() / kBlock);
        }
      }
    }
  }
  EXPECT_EQ(writes_of("", 10), std::vector<std::string>(1, ".\r\n"));
}

}  // namespace
}  // namespace postern::relay
