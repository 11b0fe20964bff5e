// One request to the control server over a stream in memory.
#pragma once

#include "control/server.h"
#include "support/fake_clock.h"
#include "support/fake_queue.h"
#include "support/plain_stream.h"
#include "support/run.h"
#include "support/scripted_stream.h"

#include <gtest/gtest.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace postern::control {

inline constexpr uid_t kRoot = 0;
inline constexpr uid_t kAlice = 4001;
inline constexpr uid_t kBob = 4002;

/// A stream that notes what was written where the test can see it after the server has dropped the stream.
class Recorded final : public test::PlainStream {
 public:
  Recorded(std::string request, std::string& written, test::ScriptedStream::Options options)
      : inner_({{"", std::move(request)}}, options), written_(written) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override { co_return co_await inner_.read_some(into); }
  Task<Result<void>> write(std::string_view bytes) override {
    const Result<void> done = co_await inner_.write(bytes);
    if (done) written_ += bytes;
    co_return done;
  }

 private:
  test::ScriptedStream inner_;
  std::string& written_;
};

class Control : public testing::Test {
 protected:
  Control() {
    ::setenv("TZ", "UTC", 1);
    context = std::make_shared<Context>(Context{queue,
                                                clock,
                                                "1.2.3",
                                                clock.wall() - Seconds(90),
                                                "web1.example.net",
                                                "/etc/postern/postern.yaml",
                                                "/var/spool/postern",
                                                {},
                                                {},
                                                {},
                                                {},
                                                {},
                                                {},
                                                {}});
    context->sites = [this] { return sites; };
    context->check = [this](std::string site, mail::CheckOptions options) { return check(std::move(site), options); };
    context->explain = [this](const std::string& site) { return known(site); };
    context->sent_as = [](const std::string& site, const std::string& sender, const std::string& fields) {
      return site == "keeps" ? SentAs{"keep", sender, fields}
                             : SentAs{"account", sender.empty() ? "" : "alerts@example.com", edited};
    };
    context->login = [this](std::string site, Prompt prompt) { return login(std::move(site), std::move(prompt)); };
    context->test_envelope = [](const std::string& sender, const std::string& recipient, const net::Peer&) {
      mail::Envelope envelope;
      envelope.sender = sender;
      envelope.recipients.push_back({recipient, 0, ""});
      return envelope;
    };
    context->test_message = [](const mail::Envelope&) { return std::string("Subject: test\n\nhello\n"); };
  }

  std::string ask(const std::string& request, uid_t uid = kRoot, test::ScriptedStream::Options options = {}) {
    std::string written;
    net::Peer peer;
    peer.uid = uid;
    test::run(serve(std::make_unique<Recorded>(request, written, options), peer, peer.uid.value_or(0), context));
    return written;
  }

  std::vector<boost::json::object> ask_json(const std::string& request, uid_t uid = kRoot) {
    std::vector<boost::json::object> lines;
    const std::string answer = ask(request + "\n", uid);
    std::string_view rest = answer;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      EXPECT_NE(end, std::string::npos) << answer;
      lines.push_back(boost::json::parse(boost::json::string_view(rest.data(), end)).as_object());
      rest.remove_prefix(end + 1);
    }
    EXPECT_FALSE(lines.empty());
    return lines;
  }

  /// The exit code of the last line.
  int exit_of(const std::string& request, uid_t uid = kRoot) {
    return static_cast<int>(ask_json(request, uid).back().at("exit").as_int64());
  }

  static QueueId id(unsigned number) {
    const auto at = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + Seconds(number);
    return QueueId::make(at, number);
  }

  queue::Entry& add(unsigned number, uid_t owner, queue::State state = queue::State::waiting) {
    queue::Entry entry;
    entry.id = id(number);
    entry.state = state;
    entry.size = 1000 + number;
    entry.accepted = entry.id.accepted();
    entry.sender = "root@web1.example.net";
    entry.source.kind = mail::Source::Kind::local;
    entry.source.uid = owner;
    entry.recipients.push_back({"admin@example.com", std::nullopt});
    entry.reason = "smtp.example.com: connection refused";
    queue.entries.push_back(entry);
    return queue.entries.back();
  }

  static std::string request(const std::string& command, unsigned number) {
    return R"({"command":")" + command + R"(","id":")" + id(number).str() + "\"}";
  }

  /// What becomes of every header on the way to a smarthost.
  static inline const std::string edited = "From: \"root at web1\"\n <alerts@example.com>\nX-Original-From: root\n";

  test::FakeClock clock;
  test::FakeQueue queue;
  std::vector<std::string> sites{"smtp.example.com"};
  std::vector<mail::CheckReport> reports;
  std::vector<std::string> logged_in;
  Result<void> login_result;
  std::shared_ptr<Context> context;

 private:
  mail::CheckReport known(const std::string& site) const {
    mail::CheckReport report;
    for (const mail::CheckReport& one : reports) {
      if (one.site == site) report = one;
    }
    report.site = site;
    return report;
  }
  Task<mail::CheckReport> check(std::string site, mail::CheckOptions options) {
    mail::CheckReport report = known(site);
    if (options.accept_weaker) report.mechanism = "CRAM-MD5";
    if (options.verbose) report.trace = {"C: EHLO web1.example.net", "S: 250 ok"};
    co_return report;
  }
  Task<Result<void>> login(std::string site, Prompt prompt) {
    DevicePrompt shown;
    shown.url = "https://id.example.com/device";
    shown.complete_url = "https://id.example.com/device?code=ABCD-EFGH";
    shown.code = "ABCD-EFGH";
    shown.expires = Seconds(900);
    const Result<void> told = co_await prompt(std::move(shown));
    if (!told) co_return told.error();
    logged_in.push_back(std::move(site));
    co_return login_result;
  }
};

}  // namespace postern::control
