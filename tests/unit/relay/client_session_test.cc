// The exhaustive loops over one whole session: every chunk size, every failing operation, every cut.
#include "relay/client_session.h"
#include "support/run.h"
#include "support/scripted_stream.h"
#include "test_message.h"
#include "test_source.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

using test::ScriptedStream;

Smarthost starttls_host() {
  Smarthost host;
  host.host = "mx";
  host.tls = Tls::starttls;
  host.credentials = password_source("demo", "secret");
  host.helo = "me";
  return host;
}

constexpr ClientSession::Patience kMinute{Seconds(60), Seconds(60)};

constexpr std::string_view kEhlo = "250-mx\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n";

std::vector<ScriptedStream::Turn> script() {
  const std::string ehlo(kEhlo);
  std::vector<ScriptedStream::Turn> turns;
  turns.push_back({"", "220 mx\r\n"});
  turns.push_back({"EHLO me\r\n", ehlo});
  turns.push_back({"STARTTLS\r\n", "220 go\r\n"});
  turns.push_back({"EHLO me\r\n", ehlo});
  turns.push_back({"AUTH PLAIN AGRlbW8Ac2VjcmV0\r\n", "535 5.7.8 no\r\n"});
  turns.push_back({"AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n"});
  turns.push_back({"ZGVtbw==\r\n", "334 UGFzc3dvcmQ6\r\n"});
  turns.push_back({"c2VjcmV0\r\n", "235 ok\r\n"});
  turns.push_back({"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n",
                   "250 ok\r\n250 ok\r\n550-5.1.1 no\r\n550 5.1.1 such user\r\n354 go\r\n"});
  turns.push_back({"Subject: hi\r\n\r\n..dot\r\n.\r\n", "250-2.0.0 taken\r\n250 2.0.0 as 17\r\n"});
  turns.push_back({"QUIT\r\n", "221 bye\r\n"});
  return turns;
}

/// Everything the outside can see of one session.
struct Seen {
  ClientSession::Opened opened = ClientSession::Opened::failed;
  mail::DeliveryReport report;
  std::optional<mail::SiteTrouble> trouble;
  std::string written;
  std::string mismatch;
  std::size_t operations = 0;
  std::size_t operations_at_trouble = 0;
};

Task<Seen> play(std::vector<ScriptedStream::Turn> turns, ScriptedStream::Options options, std::size_t piece) {
  Seen seen;
  const Smarthost host = starttls_host();
  Learnt learnt{SiteNotes(nullptr, host)};
  AuthRound round;
  const std::vector<std::string> recipients = {"b@y", "c@y"};
  TestMessage message("a@x", recipients, "Subject: hi\n\n.dot\n");
  message.piece(piece);
  auto owned = std::make_unique<ScriptedStream>(std::move(turns), options);
  ScriptedStream& stream = *owned;
  ClientSession session(std::move(owned), "mx[192.0.2.1]:587", host, learnt);
  seen.opened = co_await session.open(round, kMinute);
  seen.trouble = session.trouble();
  if (seen.opened == ClientSession::Opened::ready) {
    seen.report = co_await session.send(message);
    seen.trouble = seen.report.site;
    session.identify(seen.report);
  }
  seen.operations_at_trouble = stream.operations();
  co_await session.quit(Seconds(5));
  seen.operations = stream.operations();
  seen.written = stream.written();
  seen.mismatch = stream.mismatch();
  co_return seen;
}

Seen played(std::vector<ScriptedStream::Turn> turns, const ScriptedStream::Options& options, std::size_t piece = 4096) {
  return test::run(play(std::move(turns), options, piece));
}

void expect_success(const Seen& seen) {
  EXPECT_EQ(seen.mismatch, "");
  ASSERT_EQ(seen.opened, ClientSession::Opened::ready);
  ASSERT_FALSE(seen.report.site);
  EXPECT_FALSE(seen.report.uncertain);
  ASSERT_TRUE(seen.report.recipients.at(0) && seen.report.recipients.at(1));
  EXPECT_EQ(seen.report.recipients[0]->verdict, mail::Verdict::delivered);
  EXPECT_EQ(seen.report.recipients[0]->text, "taken / as 17");
  EXPECT_EQ(seen.report.recipients[1]->verdict, mail::Verdict::failed);
  EXPECT_EQ(seen.report.recipients[1]->enhanced, "5.1.1");
  EXPECT_EQ(seen.report.mechanism, "LOGIN");
  EXPECT_EQ(seen.report.tls, "TLSv1.3 TEST");
}

TEST(ClientSession, H09_ReadsRepliesInPiecesOfEverySize) {
  for (std::size_t chunk = 1; chunk <= 120; ++chunk) {
    SCOPED_TRACE(chunk);
    ScriptedStream::Options options;
    options.chunk = chunk;
    expect_success(played(script(), options));
  }
}

TEST(ClientSession, SendsTheSameTextWhateverThePiecesOfTheMessage) {
  for (std::size_t piece = 1; piece <= 20; ++piece) {
    SCOPED_TRACE(piece);
    expect_success(played(script(), ScriptedStream::Options(), piece));
  }
}

TEST(ClientSession, NeedsOneWriteForTheEnvelopeAndOneForTheText) {
  const Seen whole = played(script(), ScriptedStream::Options());
  expect_success(whole);
  // greeting; EHLO, STARTTLS, EHLO, AUTH PLAIN, AUTH LOGIN and two answers, the group, the text, QUIT: a write and a
  // read each; and the handshake.
  EXPECT_EQ(whole.operations, 1U + 10U * 2U + 1U);
}

TEST(ClientSession, ReportsEveryFailingOperationAndSendsNothingAfterIt) {
  const Seen whole = played(script(), ScriptedStream::Options());
  for (const Failure failure : {Failure::timeout, Failure::closed, Failure::io}) {
    for (std::size_t at = 1; at <= whole.operations; ++at) {
      SCOPED_TRACE(std::string(name(failure)) + " at operation " + std::to_string(at));
      ScriptedStream::Options options;
      options.fail_at = at;
      options.failure = failure;
      const Seen seen = played(script(), options);
      EXPECT_TRUE(whole.written.starts_with(seen.written));
      if (at > whole.operations - 2) {  // QUIT
        EXPECT_FALSE(seen.report.site);
        continue;
      }
      EXPECT_TRUE(seen.trouble || seen.opened == ClientSession::Opened::reconnect);
      EXPECT_EQ(seen.operations, seen.operations_at_trouble);  // not even QUIT
      if (seen.trouble) {
        EXPECT_EQ(seen.trouble->failure, failure);
      }
      // A read after the text was written is the only place where nobody can know.
      EXPECT_EQ(seen.report.uncertain, at == whole.operations - 2);
      for (const auto& status : seen.report.recipients)
        EXPECT_TRUE(!status || status->verdict != mail::Verdict::delivered);
    }
  }
}

TEST(ClientSession, H08_SurvivesEveryCutOfTheServersBytes) {
  const auto turns = script();
  std::size_t total = 0;
  for (const auto& turn : turns) total += turn.say.size();
  const std::size_t quit = turns.back().say.size();
  for (std::size_t cut = 0; cut < total; ++cut) {
    SCOPED_TRACE(cut);
    auto shortened = turns;
    std::size_t left = cut;
    for (auto& turn : shortened) {
      turn.say.resize(std::min(left, turn.say.size()));
      left -= turn.say.size();
    }
    const Seen seen = played(shortened, ScriptedStream::Options());
    const bool done = cut >= total - quit;
    EXPECT_EQ(done, seen.opened == ClientSession::Opened::ready && !seen.report.site);
    if (!done) {
      EXPECT_EQ(seen.operations, seen.operations_at_trouble);
    }
    const bool text_sent = seen.written.find("\r\n.\r\n") != std::string::npos;
    EXPECT_EQ(seen.report.uncertain, text_sent && !done);
  }
}

mail::DeliveryReport send_unreadable(ClientSession& session, std::optional<mail::TextFacts> known) {
  TestMessage message("a@x", {"b@y", "c@y"}, "text\n");
  message.change().text = known;
  message.make_unreadable();
  return test::run(session.send(message));
}

TEST(ClientSession, DefersAMessageThatCannotBeReadAndDropsTheConnectionIfItHasBegun) {
  auto turns = script();
  turns.resize(9);
  auto stream = std::make_unique<ScriptedStream>(std::move(turns));
  const Smarthost host = starttls_host();
  Learnt learnt{SiteNotes(nullptr, host)};
  AuthRound round;
  ClientSession session(std::move(stream), "mx", host, learnt);
  ASSERT_EQ(test::run(session.open(round, kMinute)), ClientSession::Opened::ready);
  // What is not known of its text is read before the server hears of it, and the rest after DATA.
  for (const bool begun : {false, true}) {
    const auto report = send_unreadable(session, begun ? std::optional(mail::TextFacts()) : std::nullopt);
    EXPECT_FALSE(report.site);
    ASSERT_TRUE(report.recipients.at(0));
    EXPECT_EQ(report.recipients[0]->verdict, mail::Verdict::deferred);
    EXPECT_EQ(report.recipients[0]->enhanced, "4.3.0");
    EXPECT_EQ(session.usable(), !begun);
  }
}

TEST(ClientSession, MakesNoCommandOfAnAddressWithALineBreak) {
  auto turns = script();
  turns.resize(8);
  auto owned = std::make_unique<ScriptedStream>(std::move(turns));
  ScriptedStream& stream = *owned;
  const Smarthost host = starttls_host();
  Learnt learnt{SiteNotes(nullptr, host)};
  AuthRound round;
  ClientSession session(std::move(owned), "mx", host, learnt);
  ASSERT_EQ(test::run(session.open(round, kMinute)), ClientSession::Opened::ready);
  const std::string before = stream.written();
  TestMessage message("a@x", {"b@y>\r\nRSET"}, "text\n");
  const auto report = test::run(session.send(message));
  EXPECT_EQ(report.recipients.at(0)->enhanced, "5.1.3");
  EXPECT_EQ(stream.written(), before);
}

TEST(ClientSession, SendsManyRecipientsInBoundedGroupsAndOnlyThePendingOnes) {
  std::vector<std::string> recipients;
  for (int i = 0; i < 3000; ++i) recipients.push_back("recipient" + std::to_string(i) + "@example.com");
  TestMessage message("a@x", recipients, "text\n");
  std::erase_if(message.change_pending(), [](std::size_t index) { return index % 2 == 1; });
  // The replies come group by group as the commands are seen.
  std::vector<ScriptedStream::Turn> turns;
  turns.push_back({"", "220 mx\r\n"});
  turns.push_back({"EHLO me\r\n", "250-mx\r\n250 PIPELINING\r\n"});
  turns.push_back({"MAIL FROM:<a@x>\r\n", "250 ok\r\n"});
  for (int i = 0; i < 3000; i += 2) {
    turns.push_back(
        {"RCPT TO:<recipient" + std::to_string(i) + "@example.com>\r\n", i == 10 ? "550 no\r\n" : "250 ok\r\n"});
  }
  turns.push_back({"DATA\r\n", "354 go\r\n"});
  turns.push_back({"text\r\n.\r\n", "250 ok\r\n"});
  auto owned = std::make_unique<ScriptedStream>(std::move(turns));
  ScriptedStream& stream = *owned;
  Smarthost host = starttls_host();
  host.tls = Tls::none;
  host.credentials.reset();
  Learnt learnt{SiteNotes(nullptr, host)};
  AuthRound round;
  ClientSession session(std::move(owned), "mx", host, learnt);
  ASSERT_EQ(test::run(session.open(round, kMinute)), ClientSession::Opened::ready);
  const auto report = test::run(session.send(message));
  EXPECT_EQ(stream.mismatch(), "");
  ASSERT_EQ(report.recipients.size(), 1500U);
  for (std::size_t i = 0; i < report.recipients.size(); ++i) {
    EXPECT_EQ(report.recipients[i]->verdict, i == 5 ? mail::Verdict::failed : mail::Verdict::delivered) << i;
  }
  EXPECT_TRUE(session.usable());
}

}  // namespace
}  // namespace postern::relay
