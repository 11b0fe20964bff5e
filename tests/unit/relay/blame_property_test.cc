// Random sequences of messages to recipients of whom some want no mail of this sender, or are refused in words about
// relaying, the account or nothing at all, at a server that takes the account's mail, or takes none of it for a while.
// Whatever they are, and in which order:
//   one recipient's own refusal closes neither the sender nor the site;
//   while the account is refused everywhere nobody is given up;
//   once another address was taken, what a recipient of its domain refuses is that one's own at the first attempt.
#include "relay/smtp_relay.h"
#include "support/plain_stream.h"
#include "support/run.h"
#include "test_message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {
namespace {

/// What is said to a recipient, by the first letter of its address; 'k' is taken.
const std::map<char, std::string> kOwnWords = {{'b', "550 5.7.1 Sender is blocked"},
                                               {'n', "553 5.7.1 <a@x>: Sender address rejected: not allowed"},
                                               {'r', "554 5.7.1 Relay access denied"},
                                               {'u', "550 5.7.1 no"}};

struct Opinionated {
  bool owned = true;  ///< the account may use the sender
  bool pipelining = false;
};

class OpinionatedStream final : public test::PlainStream {
 public:
  explicit OpinionatedStream(Opinionated& server) : server_(server) {}

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    const std::size_t count = std::min(into.size(), say_.size());
    std::copy_n(say_.begin(), count, into.begin());
    say_.erase(0, count);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    heard_ += bytes;
    for (std::size_t end = heard_.find("\r\n"); end != std::string::npos; end = heard_.find("\r\n")) {
      say_ += answer(heard_.substr(0, end));
      heard_.erase(0, end + 2);
    }
    co_return Result<void>();
  }
  [[nodiscard]] bool readable() override { return !say_.empty(); }

 private:
  std::string answer(const std::string& line) {
    if (in_text_ && line != ".") return {};
    if (in_text_) {
      in_text_ = false;
      return "250 2.0.0 taken\r\n";
    }
    if (line.starts_with("EHLO")) return server_.pipelining ? "250-mx\r\n250 PIPELINING\r\n" : "250 mx\r\n";
    if (line.starts_with("MAIL")) accepted_ = 0;
    if (line == "DATA" && accepted_ == 0) return "503 5.5.1 RCPT first\r\n";
    if (line == "DATA") {
      in_text_ = true;
      return "354 go\r\n";
    }
    if (!line.starts_with("RCPT")) return line == "QUIT" ? "221 bye\r\n" : "250 2.0.0 ok\r\n";
    const auto words = kOwnWords.find(line.at(9));
    if (words != kOwnWords.end()) return words->second + "\r\n";
    if (!server_.owned) return "553 5.7.1 <a@x>: Sender address rejected: not owned by user\r\n";
    ++accepted_;
    return "250 2.1.5 ok\r\n";
  }

  Opinionated& server_;
  std::string say_ = "220 mx\r\n";
  std::string heard_;
  std::size_t accepted_ = 0;
  bool in_text_ = false;
};

Task<Result<net::Connected>> call_opinionated(Opinionated* server) {
  net::Connected connected;
  connected.stream = std::make_unique<OpinionatedStream>(*server);
  connected.peer = "mx";
  co_return connected;
}

std::string domain_of_address(const std::string& address) { return address.substr(address.find('@') + 1); }

/// What is known to be taken, by what the server said so far.
struct Known {
  std::set<std::string> domains;  ///< in which some address was
};

void judge_blame(const Opinionated& server, const std::vector<std::string>& to, const Known& known,
                 const mail::DeliveryReport& report) {
  std::set<std::string> domains;  // of those who refuse the sender
  for (const std::string& address : to) {
    if (address[0] == 'b' || address[0] == 'n') domains.insert(domain_of_address(address));
  }
  const bool sender_closed = report.sender && !report.sender->in_transaction;
  if (server.owned && sender_closed) {
    EXPECT_TRUE(domains.size() > 1 && known.domains.empty()) << "closed by one: " << report.sender->text;
  }
  const bool site_closed = report.site && !report.site->in_transaction;
  EXPECT_FALSE(server.owned && site_closed) << "closed by one: " << (site_closed ? report.site->text : "");
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto& status = report.recipients.at(i);
    const bool failed = status && status->verdict == mail::Verdict::failed;
    EXPECT_FALSE(failed && (to[i][0] == 'k' || !server.owned)) << to[i] << " was given up";
    // With one message for one recipient nothing else is in the way.
    const bool alone = to.size() == 1 && to[i][0] != 'k' && server.owned;
    EXPECT_TRUE(failed || !alone || !known.domains.contains(domain_of_address(to[i]))) << to[i] << " waits";
  }
}

Task<void> deliver_at_random(Executor executor, std::mt19937& random) {
  Opinionated server;
  server.pipelining = random() % 2 == 0;
  Smarthost host;
  host.host = "mx";
  host.tls = Tls::none;
  host.helo = "me";
  const auto relay = make_relay(executor, host, nullptr, [s = &server] { return call_opinionated(s); }, PoolLimits());
  const std::string_view kinds = "kkkbnru";
  Known known;
  for (unsigned number = 0; number < 40; ++number) {
    if (random() % 8 == 0) server.owned = random() % 2 == 0;
    std::vector<std::string> to;
    for (std::size_t count = 1 + random() % 3; count > 0; --count) {
      const char kind = kinds[random() % kinds.size()];
      to.push_back(kind + std::to_string(number) + std::to_string(count) + "@d" + std::to_string(random() % 3));
    }
    TestMessage message("a@x", to, "hi\n");
    const auto report = co_await relay->deliver(message);
    judge_blame(server, to, known, report);
    for (std::size_t i = 0; i < to.size(); ++i) {
      const bool taken = report.recipients[i] && report.recipients[i]->verdict == mail::Verdict::delivered;
      const bool good = server.owned && to[i][0] == 'k';
      EXPECT_TRUE(good || !taken) << to[i];
      // Of several some may not be asked any more: a connection has its number of refusals, which others have used up.
      EXPECT_TRUE(taken || !good || to.size() > 1) << to[i];
      // Two are remembered, the last ones.
      if (taken) known.domains = {domain_of_address(to[i])};
      if (taken) break;
    }
  }
  const Seconds grace{1};
  co_await relay->close(grace);
}

TEST(BlameProperty, NoRecipientClosesTheSenderOrTheSiteAndNobodyIsGivenUpForTheAccount) {
  std::mt19937 random(15);
  for (int round = 0; round < 50 && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(round);
    boost::asio::io_context loop;
    test::run(loop, deliver_at_random(loop.get_executor(), random));
  }
}

}  // namespace
}  // namespace postern::relay
