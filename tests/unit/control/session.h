// One request to the control server over a stream in memory.
#pragma once

#include "control/server.h"
#include "support/fake_clock.h"
#include "support/fake_queue.h"
#include "support/plain_stream.h"
#include "support/run.h"
#include "support/scripted_stream.h"

#include <gtest/gtest.h>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <cstdlib>
#include <functional>
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
  Recorded(std::string request, std::string& written, test::ScriptedStream::Options options,
           Milliseconds* deadline = nullptr, bool gone = false)
      : inner_({{"", std::move(request)}}, options), written_(written), deadline_(deadline), gone_(gone) {}
  void expires_after(Milliseconds duration) override {
    if (deadline_ != nullptr) *deadline_ = duration;
  }
  [[nodiscard]] bool abandoned() override { return gone_; }
  Task<Result<std::size_t>> read_some(std::span<char> into) override { co_return co_await inner_.read_some(into); }
  Task<Result<void>> write(std::string_view bytes) override {
    const Result<void> done = co_await inner_.write(bytes);
    if (done) written_ += bytes;
    co_return done;
  }

 private:
  test::ScriptedStream inner_;
  std::string& written_;
  Milliseconds* deadline_;
  bool gone_;
};

/// What becomes of every header on the way to a smarthost, but for one that is called "keeps".
inline const std::string kEdited = "From: \"root at web1\"\n <alerts@example.com>\nX-Original-From: root\n";

class FakeSmarthosts final : public Smarthosts {
 public:
  std::vector<std::string> sites{"smtp.example.com"};
  std::vector<mail::CheckReport> reports;
  std::size_t checks = 0;
  std::vector<std::string> logged_in;
  Result<void> login_result;
  std::function<void()> at_login = [] {};

  std::optional<WallTime> silent;  ///< of all sites

  [[nodiscard]] std::vector<std::string> names() const override { return sites; }
  [[nodiscard]] std::optional<WallTime> silent_since(const std::string&) const override { return silent; }
  [[nodiscard]] mail::CheckReport explain(const std::string& site) const override {
    mail::CheckReport report;
    for (const mail::CheckReport& one : reports) {
      if (one.site == site) report = one;
    }
    report.site = site;
    return report;
  }
  Task<mail::CheckReport> check(std::string site, mail::CheckOptions options) override {
    ++checks;
    mail::CheckReport report = explain(site);
    if (options.accept_weaker) report.mechanism = "CRAM-MD5";
    if (options.verbose) report.trace = {"C: EHLO web1.example.net", "S: 250 ok"};
    co_return report;
  }
  [[nodiscard]] SentAs sent_as(const std::string& site, const std::string& sender,
                               const std::string& fields) const override {
    return site == "keeps" ? SentAs{"keep", sender, fields}
                           : SentAs{"account", sender.empty() ? "" : "alerts@example.com", kEdited};
  }
  Task<Result<void>> login(std::string site, LoginFlow flow, LoginTalk talk) override {
    at_login();
    if (flow == LoginFlow::code) co_return co_await log_in_by_browser(std::move(site), std::move(talk));
    DevicePrompt shown;
    shown.url = "https://id.example.com/device";
    shown.complete_url = "https://id.example.com/device?code=ABCD-EFGH";
    shown.code = "ABCD-EFGH";
    shown.expires = Seconds(900);
    const Result<void> told = co_await talk.device(std::move(shown));
    if (!told) co_return told.error();
    logged_in.push_back(std::move(site));
    co_return login_result;
  }

  std::vector<std::string> pasted;  ///< to a login by a browser, which waits for two

 private:
  Task<Result<void>> log_in_by_browser(std::string site, LoginTalk talk) {
    BrowserPrompt shown;
    shown.url = "https://id.example.com/auth?state=s";
    shown.redirect = "http://127.0.0.1:40123/";
    shown.expires = Seconds(600);
    talk.on_pasted([this](const Secret& line) { pasted.emplace_back(line.reveal()); });
    for (int i = 0; i < 1000 && (i == 0 || pasted.size() < 2); ++i) {
      const Result<void> told = co_await talk.browser(shown);
      if (!told) co_return told.error();
      co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
    }
    const Result<void> told = co_await talk.tell("both are here");
    if (!told) co_return told.error();
    talk.on_pasted(nullptr);
    logged_in.push_back(std::move(site));
    co_return login_result;
  }
};

class Control : public testing::Test {
 protected:
  Control() {
    ::setenv("TZ", "UTC", 1);
    context = std::make_shared<Context>(Context{.queue = queue,
                                                .smarthosts = smarthosts,
                                                .clock = clock,
                                                .version = "1.2.3",
                                                .started = clock.wall() - Seconds(90),
                                                .hostname = "web1.example.net",
                                                .config_file = "/etc/postern/postern.yaml",
                                                .spool = "/var/spool/postern",
                                                .test_envelope = {},
                                                .test_message = {}});
    context->names = [] {
      mail::LocalNames names;
      names.aliases = {{"root", {"admin@example.com"}}};
      return names;
    };
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
    test::run(serve(std::make_unique<Recorded>(request, written, options, &deadline, client_gone), peer,
                    peer.uid.value_or(0), context));
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

  test::FakeClock clock;
  test::FakeQueue queue;
  FakeSmarthosts smarthosts;
  std::vector<std::string>& sites = smarthosts.sites;
  std::vector<mail::CheckReport>& reports = smarthosts.reports;
  std::shared_ptr<Context> context;
  Milliseconds deadline{};   ///< that was set last, of any connection
  bool client_gone = false;  ///< before its command begins
};

}  // namespace postern::control
