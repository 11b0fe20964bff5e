// Plays the dialogues of tests/dialogues/client: text that somebody who knows SMTP but not C++ can check. The language
// is explained in tests/dialogues/client/README.txt.
#include "base/base64.h"
#include "base/text.h"
#include "relay/smtp_relay.h"
#include "support/run.h"
#include "test_message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

namespace postern::relay {
namespace {

struct Step {
  enum class Kind { say, expect, tls, fail, hang_up, speak };
  Kind kind = Kind::say;
  std::string bytes;
};

/// One connection of a dialogue. It is shared with the test, because the relay destroys its streams.
struct Conversation {
  std::vector<Step> steps;
  bool secure = false;
  std::string mismatch;

  std::size_t at = 0;
  std::string readable;
  std::string written;

  void complain(std::string text) {
    if (mismatch.empty()) mismatch = std::move(text);
  }

  void advance() {
    for (; at < steps.size(); ++at) {
      const Step& step = steps[at];
      if (step.kind != Step::Kind::say && step.kind != Step::Kind::expect) return;
      if (step.kind == Step::Kind::say) {
        readable += step.bytes;
        continue;
      }
      const std::string_view front = std::string_view(written).substr(0, step.bytes.size());
      if (!step.bytes.starts_with(front)) {
        complain("expected \"" + printable(step.bytes) + "\", was written \"" + printable(written) + "\"");
      }
      if (front.size() < step.bytes.size() || !mismatch.empty()) return;
      written.erase(0, step.bytes.size());
    }
  }

  void finish() {
    if (!written.empty()) complain("written beyond the script: \"" + printable(written) + "\"");
    if (at < steps.size()) complain("never reached: \"" + printable(steps[at].bytes) + "\"");
  }
};

class DialogueStream final : public net::Stream {
 public:
  explicit DialogueStream(std::shared_ptr<Conversation> talk) : talk_(std::move(talk)) {
    tls_.version = "TLSv1.3";
    tls_.cipher = "TEST";
    talk_->advance();
  }
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (talk_->readable.empty() && talk_->at < talk_->steps.size() &&
        talk_->steps[talk_->at].kind == Step::Kind::fail) {
      ++talk_->at;
      co_return Error{Failure::timeout, "timed out"};
    }
    const std::size_t count = std::min(into.size(), talk_->readable.size());
    std::copy_n(talk_->readable.begin(), count, into.begin());
    talk_->readable.erase(0, count);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (talk_->at < talk_->steps.size() && talk_->steps[talk_->at].kind == Step::Kind::hang_up) {
      ++talk_->at;
      talk_->advance();
      co_return Error{Failure::closed, "write: Broken pipe"};
    }
    talk_->written += bytes;
    talk_->advance();
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override {
    if (talk_->at >= talk_->steps.size() || talk_->steps[talk_->at].kind != Step::Kind::tls) {
      talk_->complain("TLS was started out of place");
      co_return Error{Failure::tls, "no TLS here"};
    }
    if (!talk_->steps[talk_->at++].bytes.empty()) co_return Error{Failure::tls, "handshake failed"};
    talk_->secure = true;
    talk_->advance();
    co_return Result<void>();
  }
  [[nodiscard]] bool readable() override {
    if (talk_->at < talk_->steps.size() && talk_->steps[talk_->at].kind == Step::Kind::speak) {
      ++talk_->at;
      talk_->advance();
    }
    return !talk_->readable.empty();
  }
  [[nodiscard]] bool secure() const override { return talk_->secure; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return talk_->secure ? &tls_ : nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override {}

 private:
  std::shared_ptr<Conversation> talk_;
  net::TlsInfo tls_;
};

struct Dialogue {
  std::string name;
  Smarthost smarthost;
  std::vector<std::string> jobs;  // "mail ..." and "check", in order
  std::vector<std::shared_ptr<Conversation>> connections;
  std::vector<std::string> outcome;
};

using Words = std::map<std::string, std::string>;

Words words_of(std::string_view line) {
  Words words;
  for (const std::string_view word : split_words(line)) {
    const std::size_t equals = word.find('=');
    words[std::string(word.substr(0, equals))] = equals == std::string_view::npos ? "" : word.substr(equals + 1);
  }
  return words;
}

/// \0 \r \n \xNN, and {text} for the base64 of text.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      const std::size_t end = text.find('}', i);
      out += base64_encode(unescape(text.substr(i + 1, end - i - 1)));
      i = end;
      continue;
    }
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case '0': out += '\0'; break;
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      case 'x':
        out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default: out += text[i];
    }
  }
  return out;
}

Smarthost smarthost_of(std::string_view line) {
  Words words = words_of(line);
  Smarthost host;
  host.name = "main";
  host.host = "mx";
  host.port = 25;
  host.helo = "me";
  host.tls = words.contains("starttls") ? Tls::starttls : words.contains("implicit") ? Tls::implicit : Tls::none;
  host.user = words["user"];
  host.allow_cleartext_auth = words.contains("cleartext");
  const std::string password = words["password"];
  host.password = [password] { return Result<Secret>(Secret(password)); };
  return host;
}

void read_line(Dialogue& dialogue, std::string_view line) {
  const std::size_t blank = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, blank);
  const std::string_view rest = line.substr(std::min(blank + 1, line.size()));
  if (line.empty() || word == "#") return;
  if (word == "smarthost") {
    dialogue.smarthost = smarthost_of(rest);
  } else if (word == "mail" || word == "check") {
    dialogue.jobs.emplace_back(line);
  } else if (word == "connect") {
    dialogue.connections.push_back(std::make_shared<Conversation>());
    dialogue.connections.back()->secure = dialogue.smarthost.tls == Tls::implicit;
  } else if (word == "=") {
    dialogue.outcome.emplace_back(rest);
  } else {
    ASSERT_FALSE(dialogue.connections.empty()) << dialogue.name << ": " << line;
    Step step;
    if (word == "C:" || word == "S:") step.bytes = unescape(rest) + "\r\n";
    if (word == "S|") step.bytes = unescape(rest);
    if (word == "C:") step.kind = Step::Kind::expect;
    if (word == "!tls-fails") step.bytes = "handshake";
    if (word.starts_with("!tls")) step.kind = Step::Kind::tls;
    if (word == "!hangs-up") step.kind = Step::Kind::hang_up;
    if (word == "!speaks") step.kind = Step::Kind::speak;
    if (word == "!timeout") step.kind = Step::Kind::fail;
    if (word == "!close") return;  // nothing follows on this connection: a read gives the end of the stream
    ASSERT_TRUE(!step.bytes.empty() || word.starts_with("!")) << dialogue.name << ": " << line;
    dialogue.connections.back()->steps.push_back(std::move(step));
  }
}

std::vector<Dialogue> read_file(const std::filesystem::path& path) {
  std::vector<Dialogue> dialogues;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("### ")) {
      dialogues.emplace_back();
      dialogues.back().name = path.filename().string() + ": " + line.substr(4);
    } else if (!dialogues.empty()) {
      read_line(dialogues.back(), line);
    }
  }
  return dialogues;
}

TestMessage message_of(std::string_view line) {
  Words words = words_of(line);
  std::vector<std::string> recipients;
  std::istringstream to(words["to"]);
  for (std::string address; std::getline(to, address, ',');) recipients.push_back(address);
  TestMessage message(words["from"], recipients, words.contains("text") ? unescape(words["text"]) : "hi\n");
  mail::Envelope& envelope = message.change();
  if (words.contains("8bit")) envelope.body = mail::BodyType::eight_bit;
  envelope.smtputf8 = words.contains("utf8");
  envelope.envid = words["envid"];
  if (words.contains("ret")) envelope.ret = words["ret"] == "full" ? mail::Return::full : mail::Return::headers;
  if (words.contains("notify")) envelope.recipients[0].notify = mail::kNotifySuccess | mail::kNotifyFailure;
  envelope.recipients[0].orcpt = words["orcpt"];
  return message;
}

std::string facts_of(const mail::SiteTrouble& trouble) {
  std::string line = "site " + std::string(mail::name(trouble.step));
  if (trouble.code != 0) line += ' ' + std::to_string(trouble.code);
  if (trouble.login_refused) line += " login-refused";
  return line + " ~ " + trouble.text;
}

void tell(const mail::Message& message, const mail::DeliveryReport& report, std::vector<std::string>& out) {
  for (std::size_t i = 0; i < message.pending().size(); ++i) {
    const std::string& address = message.envelope().recipients[message.pending()[i]].address;
    const auto& status = report.recipients.at(i);
    if (!status) {
      out.push_back("unanswered " + address);
      continue;
    }
    out.push_back(std::string(mail::name(status->verdict)) + ' ' + address + ' ' + std::to_string(status->code) + ' ' +
                  status->enhanced + " ~ " + status->text);
  }
  if (!report.mechanism.empty()) out.push_back("via " + report.mechanism);
  if (report.uncertain) out.emplace_back("uncertain");
  if (report.site) out.push_back(facts_of(*report.site));
}

void tell(const mail::CheckReport& report, std::vector<std::string>& out) {
  for (const mail::AuthAttempt& attempt : report.tried) {
    out.push_back("tried " + attempt.mechanism + (attempt.succeeded ? " ok" : " failed") + " ~ " + attempt.reply);
  }
  for (const mail::AuthSkip& skip : report.skipped) out.push_back("skipped " + skip.mechanism + " ~ " + skip.reason);
  if (!report.mechanism.empty()) out.push_back("via " + report.mechanism);
  if (report.trouble) out.push_back(facts_of(*report.trouble));
}

Task<Result<net::Connected>> next_connection(const Dialogue* dialogue, std::size_t* next) {
  if (*next == dialogue->connections.size()) co_return Error{Failure::refused, "no further connection in the script"};
  net::Connected connected;
  connected.stream = std::make_unique<DialogueStream>(dialogue->connections[(*next)++]);
  connected.peer = "mx[192.0.2.1]:25";
  co_return connected;
}

Task<std::vector<std::string>> play(Executor executor, const Dialogue& dialogue, std::size_t& connections) {
  const Connector connector = [d = &dialogue, n = &connections] { return next_connection(d, n); };
  const auto relay = make_relay(executor, dialogue.smarthost, connector, PoolLimits());
  std::vector<std::string> outcome;
  for (const std::string& job : dialogue.jobs) {
    if (job == "check") {
      const auto report = co_await relay->check();
      tell(report, outcome);
      continue;
    }
    TestMessage message = message_of(job);
    const auto report = co_await relay->deliver(message);
    tell(message, report, outcome);
  }
  co_await relay->close(Seconds{1});
  co_return outcome;
}

/// "facts" must be equal; "facts ~ words" must have the same facts and the words somewhere in the text.
bool agrees(std::string_view expected, std::string_view actual) {
  const std::size_t mark = expected.find(" ~ ");
  const std::size_t text = actual.find(" ~ ");
  if (expected.substr(0, mark) != actual.substr(0, text)) return false;
  return mark == std::string_view::npos || actual.find(expected.substr(mark + 3), text) != std::string_view::npos;
}

TEST(ClientDialogues, GoAsWrittenInTheTexts) {
  std::size_t played = 0;
  for (const auto& entry : std::filesystem::directory_iterator(POSTERN_TEST_DIR "/dialogues/client")) {
    if (entry.path().filename() == "README.txt") continue;
    for (const Dialogue& dialogue : read_file(entry.path())) {
      SCOPED_TRACE(dialogue.name);
      ++played;
      boost::asio::io_context loop;
      std::size_t connections = 0;
      const auto outcome = test::run(loop, play(loop.get_executor(), dialogue, connections));
      EXPECT_EQ(connections, dialogue.connections.size());
      for (const auto& talk : dialogue.connections) {
        talk->finish();
        EXPECT_EQ(talk->mismatch, "");
      }
      std::ostringstream all;
      for (const std::string& line : outcome) all << "= " << line << '\n';
      const bool same = std::ranges::equal(dialogue.outcome, outcome, agrees);
      EXPECT_TRUE(same) << "the outcome was:\n" << all.str();
      EXPECT_FALSE(dialogue.outcome.empty());
    }
  }
  EXPECT_GT(played, 40U);
}

}  // namespace
}  // namespace postern::relay
