// Plays the dialogues of tests/dialogues/client: text that somebody who knows SMTP but not C++ can check. The language
// is explained in tests/dialogues/client/README.txt.
#include "base/text.h"
#include "dialogue_stream.h"
#include "relay/site_memory.h"
#include "relay/smtp_relay.h"
#include "support/expected_log.h"
#include "support/run.h"
#include "support/tree.h"
#include "test_message.h"
#include "test_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

namespace postern::relay {
namespace {

struct Dialogue {
  std::string name;
  Smarthost smarthost;
  std::shared_ptr<VolatileMemory> memory = std::make_shared<VolatileMemory>();
  std::vector<std::string> warnings;
  std::vector<std::string> jobs;  // in order
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

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items;
  std::istringstream in(list);
  for (std::string item; std::getline(in, item, ',');) items.push_back(item);
  return items;
}

/// What is remembered from earlier runs, with the credentials as they are or, by changed, as they were.
void remember(Dialogue& dialogue, std::string_view line) {
  Words words = words_of(line);
  SiteNotes notes(dialogue.memory, dialogue.smarthost);
  Offer offer;
  offer.mechanisms = split(words["offered"]);
  offer.tls = words["tls"];
  notes.take(offer);
  if (!words.contains("mechanism")) return;
  boost::asio::io_context loop;
  auto credentials = test::run(loop, dialogue.smarthost.credentials->get(credentials::Source::Want::current));
  if (words.contains("changed")) credentials->password = Secret("another");
  notes.worked(words["mechanism"], *credentials);
}

Smarthost smarthost_of(std::string_view line) {
  Words words = words_of(line);
  Smarthost host;
  host.name = "main";
  host.host = "mx";
  host.port = 25;
  host.helo = "me";
  host.tls = words.contains("starttls") ? Tls::starttls : words.contains("implicit") ? Tls::implicit : Tls::none;
  host.allow_cleartext_auth = words.contains("cleartext");
  if (words.contains("refuse-downgrade")) host.auth_downgrade = Downgrade::refuse;
  host.mechanisms = split(words["mechanisms"]);
  host.own_sender = words["own-sender"];
  if (words.contains("messages")) host.messages_per_connection = std::stoul(words["messages"]);
  if (!words.contains("user")) return host;
  sasl::Credentials credentials;
  credentials.user = words["user"];
  if (words.contains("password")) credentials.password = Secret(words["password"]);
  std::vector<std::string> tokens = split(words["token"]);
  if (!tokens.empty()) credentials.token = Secret(tokens.front());
  credentials.client_certificate = words.contains("certificate");
  const auto source = std::make_shared<TestSource>(std::move(credentials));
  for (std::size_t i = 1; i < tokens.size(); ++i) source->tokens.push_back(tokens[i]);
  if (words.contains("unreadable")) source->unreadable = Error{Failure::not_found, "no such file: /etc/password"};
  if (words.contains("withdrawn")) source->unreadable = Error{Failure::rejected, "https://idp refused: invalid_grant"};
  if (words.contains("unrenewable")) source->unrenewable = Error{Failure::timeout, "https://idp: no answer"};
  if (words.contains("revoked")) source->unrenewable = Error{Failure::rejected, "https://idp: invalid_grant"};
  host.credentials = source;
  return host;
}

void read_line(Dialogue& dialogue, std::string_view line) {
  const std::size_t blank = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, blank);
  const std::string_view rest = line.substr(std::min(blank + 1, line.size()));
  if (line.empty() || word == "#") return;
  if (word == "smarthost") {
    dialogue.smarthost = smarthost_of(rest);
  } else if (word == "remembered") {
    remember(dialogue, rest);
  } else if (word == "warns") {
    dialogue.warnings.emplace_back(rest);
  } else if (word == "mail" || word == "check" || word == "explain" || word == "memory") {
    dialogue.jobs.emplace_back(line);
  } else if (word == "connect") {
    dialogue.connections.push_back(std::make_shared<Conversation>());
    dialogue.connections.back()->secure = dialogue.smarthost.tls == Tls::implicit;
    if (!rest.empty()) dialogue.connections.back()->tls = rest;
  } else if (word == "=") {
    dialogue.outcome.emplace_back(rest);
  } else {
    ASSERT_FALSE(dialogue.connections.empty()) << dialogue.name << ": " << line;
    Step step;
    if (word == "C:") step.bytes = unescape(rest) + "\r\n";
    if (word == "C~") step.bytes = unescape(rest);
    if (word == "S:") step.bytes = std::string(rest) + "\\r\\n";
    if (word == "S|") step.bytes = rest;
    if (word == "C:") step.kind = Step::Kind::expect;
    if (word == "C~") step.kind = Step::Kind::expect_beginning;
    if (word == "!tls-fails") step.bytes = "handshake";
    if (word.starts_with("!tls")) step.kind = Step::Kind::tls;
    if (word == "!hangs-up") step.kind = Step::Kind::hang_up;
    if (word == "!speaks") step.kind = Step::Kind::speak;
    if (word == "!timeout") step.kind = Step::Kind::fail;
    if (word == "!close") return;  // nothing follows on this connection: a read gives the end of the stream
    ASSERT_TRUE(!step.bytes.empty() || word == "C~" || word.starts_with("!")) << dialogue.name << ": " << line;
    dialogue.connections.back()->steps.push_back(std::move(step));
  }
}

std::vector<Dialogue> dialogues_of(const std::filesystem::path& path) {
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

constexpr std::string_view kLetter =
    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nh\xC3\xA9\n";

std::string text_of(const Words& words) {
  if (words.contains("text")) return unescape(words.at("text"));
  return words.contains("8bit") ? std::string(kLetter) : "hi\n";
}

TestMessage message_of(std::string_view line) {
  Words words = words_of(line);
  std::vector<std::string> recipients;
  std::istringstream to(words["to"]);
  for (std::string address; std::getline(to, address, ',');) recipients.push_back(address);
  TestMessage message(words["from"], recipients, text_of(words));
  mail::Envelope& envelope = message.change();
  if (words.contains("8bit")) envelope.body = mail::BodyType::eight_bit;
  envelope.smtputf8 = words.contains("utf8");
  envelope.envid = words["envid"];
  if (words.contains("ret")) envelope.ret = words["ret"] == "full" ? mail::Return::full : mail::Return::headers;
  if (words.contains("notify")) envelope.recipients[0].notify = mail::kNotifySuccess | mail::kNotifyFailure;
  envelope.recipients[0].orcpt = words["orcpt"];
  return message;
}

std::string facts_of(std::string_view whose, const mail::SiteTrouble& trouble) {
  std::string line = std::string(whose) + ' ' + std::string(mail::name(trouble.step));
  if (trouble.code != 0) line += ' ' + std::to_string(trouble.code);
  if (trouble.login_refused) line += " login-refused";
  if (trouble.login_spent) line += " login-spent";
  if (trouble.crowded) line += " crowded";
  if (trouble.in_transaction) line += " in-transaction";
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
    const std::string verdict(status->doubtful ? "doubtful" : mail::name(status->verdict));
    out.push_back(verdict + ' ' + address + ' ' + std::to_string(status->code) + ' ' + status->enhanced + " ~ " +
                  status->text);
  }
  if (!report.mechanism.empty()) out.push_back("via " + report.mechanism);
  if (report.uncertain) out.emplace_back("uncertain");
  if (report.site) out.push_back(facts_of("site", *report.site));
  if (report.sender) out.push_back(facts_of("sender", *report.sender));
}

std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void tell(const SiteMemory& memory, std::vector<std::string>& out) {
  out.push_back("memory mechanism=" + memory.mechanism + " tls=" + memory.tls + " offered=" + list(memory.offered));
}

std::string outcome_of(const mail::AuthAttempt& attempt) {
  using End = mail::AuthAttempt::End;
  if (attempt.end == End::accepted) return " ok";
  return attempt.end == End::refused ? " failed" : ' ' + std::string(mail::name(attempt.end));
}

void tell(const mail::CheckReport& report, std::vector<std::string>& out) {
  for (const mail::AuthAttempt& attempt : report.tried) {
    out.push_back("tried " + attempt.mechanism + outcome_of(attempt) + " ~ " + attempt.reply);
  }
  for (const mail::AuthSkip& skip : report.skipped) {
    if (skip.reason != "the server does not offer it") out.push_back("skipped " + skip.mechanism + " ~ " + skip.reason);
  }
  for (const std::string& sentence : report.weaker) out.push_back("weaker ~ " + sentence);
  if (!report.mechanism.empty()) out.push_back("via " + report.mechanism);
  if (report.trouble) out.push_back(facts_of("site", *report.trouble));
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
  const auto relay = make_relay(executor, dialogue.smarthost, dialogue.memory, connector, PoolLimits());
  std::vector<std::string> outcome;
  for (const std::string& job : dialogue.jobs) {
    if (job.starts_with("check")) {
      mail::CheckOptions options;
      options.verbose = job == "check trace";
      options.accept_weaker = job == "check accept-weaker";
      const auto report = co_await relay->check(options);
      for (const std::string& line : report.trace) outcome.push_back("trace " + line);
      if (job == "check order") outcome.push_back("order " + list(report.order) + " by " + report.credentials);
      tell(report, outcome);
      continue;
    }
    if (job == "explain") {
      const auto report = relay->explain();
      outcome.push_back("order " + list(report.order) + " by " + report.credentials);
      tell(report, outcome);
      continue;
    }
    if (job == "memory") {
      tell(SiteNotes(dialogue.memory, dialogue.smarthost).recall(), outcome);
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
  for (const auto& entry : std::filesystem::directory_iterator(test::tree("dialogues/client"))) {
    if (entry.path().filename() == "README.txt") continue;
    for (const Dialogue& dialogue : dialogues_of(entry.path())) {
      SCOPED_TRACE(dialogue.name);
      ++played;
      boost::asio::io_context loop;
      std::vector<std::unique_ptr<test::ExpectLog>> announced;
      for (const std::string& words : dialogue.warnings) announced.push_back(std::make_unique<test::ExpectLog>(words));
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
