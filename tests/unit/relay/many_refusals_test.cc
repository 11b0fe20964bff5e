// Messages with many refused recipients, at a server that counts errors as Postfix does (smtpd_hard_error_limit): each
// recipient has its verdict from one attempt, nobody has a message twice, and the server has no reason to hang up.
#include "relay/smtp_relay.h"
#include "support/plain_stream.h"
#include "support/run.h"
#include "support/seeds.h"
#include "test_message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace postern::relay {
namespace {

struct StrictServer {
  std::size_t errors_allowed = 20;
  std::size_t recipients_allowed = 1000;
  std::size_t messages_allowed = 1000;
  bool pipelining = true;

  std::size_t connections = 0;
  std::size_t thrown_out = 0;  ///< connections that it ended by 421
  std::map<std::string, int> delivered;
  std::vector<std::size_t> transactions;  ///< as the relay tells them, by message
};

/// Who is known begins with "k".
class CountingStream final : public test::PlainStream {
 public:
  explicit CountingStream(StrictServer& server) : server_(server) { ++server_.connections; }

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    const std::size_t count = std::min(into.size(), say_.size());
    std::copy_n(say_.begin(), count, into.begin());
    say_.erase(0, count);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (ended_ && say_.empty()) co_return Error{Failure::closed, "write: Broken pipe"};
    heard_ += bytes;
    for (std::size_t end = heard_.find("\r\n"); end != std::string::npos && !ended_; end = heard_.find("\r\n")) {
      obey(heard_.substr(0, end));
      heard_.erase(0, end + 2);
    }
    co_return Result<void>();
  }
  [[nodiscard]] bool readable() override { return !say_.empty() || ended_; }

 private:
  void refuse(const std::string& reply) {
    if (++errors_ <= server_.errors_allowed) return say(reply);
    ++server_.thrown_out;
    ended_ = true;
    say("421 4.7.0 too many errors");
  }
  void say(const std::string& reply) { say_ += reply + "\r\n"; }

  void obey(const std::string& line) {
    if (in_text_) {
      if (line != ".") return;
      in_text_ = mail_ = false;
      ++messages_;
      errors_ = 0;
      for (const std::string& address : accepted_) ++server_.delivered[address];
      return say("250 2.0.0 taken");
    }
    if (line.starts_with("EHLO")) return say(server_.pipelining ? "250-mx\r\n250 PIPELINING" : "250 mx");
    if (line.starts_with("MAIL")) {
      if (messages_ == server_.messages_allowed) return refuse("554 5.7.0 too many messages in this session");
      mail_ = true;
      accepted_.clear();
      return say("250 2.1.0 ok");
    }
    if (line.starts_with("RCPT")) return recipient(line.substr(9, line.size() - 10));
    if (line == "DATA") {
      if (!mail_ || accepted_.empty()) return refuse("503 5.5.1 RCPT first");
      in_text_ = true;
      return say("354 go");
    }
    if (line == "RSET") mail_ = false;
    say(line == "QUIT" ? "221 bye" : "250 2.0.0 ok");
  }

  void recipient(const std::string& address) {
    if (!mail_) return refuse("503 5.5.1 MAIL first");
    if (!address.starts_with("k")) return refuse("550 5.7.1 no");
    if (accepted_.size() == server_.recipients_allowed) return refuse("452 4.5.3 too many recipients");
    accepted_.push_back(address);
    say("250 2.1.5 ok");
  }

  StrictServer& server_;
  std::string say_ = "220 mx\r\n";
  std::string heard_;
  std::vector<std::string> accepted_;
  std::size_t errors_ = 0;
  std::size_t messages_ = 0;
  bool mail_ = false;
  bool in_text_ = false;
  bool ended_ = false;
};

Task<Result<net::Connected>> call(StrictServer* server) {
  net::Connected connected;
  connected.stream = std::make_unique<CountingStream>(*server);
  connected.peer = "mx";
  co_return connected;
}

/// 'k' for a recipient who is known, 'u' for one who is not.
using Kinds = std::string;

Task<void> deliver(Executor executor, StrictServer& server, std::vector<Kinds> messages) {
  Smarthost host;
  host.host = "mx";
  host.tls = Tls::none;
  host.helo = "me";
  const auto relay = make_relay(executor, host, nullptr, [s = &server] { return call(s); }, PoolLimits());
  std::size_t number = 0;
  bool any_taken = false;
  for (const Kinds& kinds : messages) {
    std::vector<std::string> addresses;
    for (const char kind : kinds) addresses.push_back(kind + std::to_string(++number) + "@y");
    TestMessage message("a@x", addresses, "hi\n");
    const auto report = co_await relay->deliver(message);
    EXPECT_FALSE(report.site) << report.site->text;
    server.transactions.push_back(report.transactions);
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const auto& status = report.recipients.at(i);
      EXPECT_TRUE(status) << addresses[i];
      if (!status) continue;
      any_taken = any_taken || status->verdict == mail::Verdict::delivered;
      if (kinds[i] == 'k') {
        EXPECT_EQ(status->verdict, mail::Verdict::delivered) << addresses[i] << mail::to_text(*status);
        EXPECT_EQ(server.delivered[addresses[i]], 1) << addresses[i];
      } else {
        EXPECT_NE(status->verdict, mail::Verdict::delivered) << addresses[i];
      }
    }
  }
  const Seconds grace{1};
  co_await relay->close(grace);
}

void run(StrictServer& server, std::vector<Kinds> messages) {
  boost::asio::io_context loop;
  test::run(loop, deliver(loop.get_executor(), server, std::move(messages)));
}

TEST(ManyRefusals, OfEachNumberGiveTheServerNoReasonToHangUp) {
  for (const bool pipelining : {true, false}) {
    for (std::size_t refused = 0; refused <= 60; ++refused) {
      SCOPED_TRACE(refused);
      StrictServer server;
      server.pipelining = pipelining;
      run(server, {"k", Kinds(refused, 'u') + "k", "k" + Kinds(refused, 'u'), "k"});
      EXPECT_EQ(server.thrown_out, 0U);
    }
  }
}

TEST(ManyRefusals, EachTransactionOfAMessageIsToldOf) {
  StrictServer server;
  server.recipients_allowed = 3;
  run(server, {"k", Kinds(30, 'k'), Kinds(7, 'k')});
  EXPECT_EQ(server.transactions, (std::vector<std::size_t>{1, 10, 3}));
}

TEST(ManyRefusals, OfADozenMessagesLeaveTheSiteToTheNextOne) {
  StrictServer server;
  std::vector<Kinds> messages(12, Kinds(30, 'u'));
  messages.emplace_back("k");
  run(server, messages);
  EXPECT_EQ(server.thrown_out, 0U);
  EXPECT_LE(server.connections, 12U * 5U);
}

TEST(ManyRefusals, AreNoTroubleOfASiteThatEndsConnectionsEarlier) {
  for (const std::size_t allowed : {1U, 2U, 3U, 5U, 8U, 10U}) {
    for (std::size_t refused = 1; refused <= 9; ++refused) {
      SCOPED_TRACE(std::to_string(allowed) + " allowed, " + std::to_string(refused) + " refused");
      StrictServer server;
      server.errors_allowed = allowed;
      run(server, {"k", Kinds(refused, 'u') + "k", "k"});
    }
  }
}

TEST(ManyRefusals, AndLimitsOfTheServerInAnyMixtureCostNobodyTheMessage) {
  std::mt19937 random(15);
  const auto up_to = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
  for (unsigned round = 0; round < test::seeds(75, 300); ++round) {
    StrictServer server;
    server.pipelining = up_to(1) == 0;
    server.recipients_allowed = 2 + up_to(20);
    server.messages_allowed = 1 + up_to(4);
    std::vector<Kinds> messages(1 + up_to(5));
    std::string all;
    for (Kinds& kinds : messages) {
      const std::size_t size = 1 + up_to(40);
      const std::size_t known = up_to(100);
      while (kinds.size() < size) kinds += up_to(99) < known ? 'k' : 'u';
      all += kinds + ' ';
    }
    SCOPED_TRACE(all + std::to_string(server.recipients_allowed) + " recipients, " +
                 std::to_string(server.messages_allowed) + " messages" + (server.pipelining ? "" : ", one by one"));
    run(server, messages);
    EXPECT_EQ(server.thrown_out, 0U);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace postern::relay
