// Every step of the protocol, every fault of a server at that step, and the one right outcome of each. The principle is
// in the table's words: trouble before the server has judged the message is the site's, not the message's; after the
// final dot only a clear answer counts; after QUIT nothing counts.
#include "faulty_server.h"
#include "relay/site_memory.h"
#include "relay/smtp_relay.h"
#include "smtp/limits.h"
#include "support/expected_log.h"
#include "support/run.h"
#include "test_message.h"
#include "test_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace postern::relay {
namespace {

using testing::AnyOf;

// Columns: 4xx 5xx 421, FIN, RST, bytes that are no reply, a line without end, a reply without end, silence, one byte
// in four seconds, a well-formed reply that does not belong there, two replies, a code that changes within the reply,
// an end of TLS (close_notify), a TLS alert (or bytes in clear text: to the client of a stream they are the same
// failure).
//
// At rset the message before was refused for every recipient; a connection that fails there had served its time, and
// the message goes by another one. A reply too many there is taken for that to MAIL, and met later.
//
//   site    trouble of the smarthost: nothing is charged to the message, and nothing more is said on this connection
//   login   the same, and the login was refused: the site pauses
//   maybe   the same after MAIL was accepted: it may be this message's doing, and closes no site by itself
//   defer   every recipient is tried again                 doubt   the same, refused for good in words nobody knows
//   defer1  one recipient is tried again, the others done  fail1   one recipient has failed, the others are done
//   unsure  as maybe, and perhaps it took the message
//   done    everybody has the message
//   -       cannot happen
constexpr std::string_view kMatrix = R"(
#         4xx    5xx   421  fin    rst    garbage long   endless stall  drip   wrong  extra  changes notify alert
connect   -      -     -    -      site   -       -      -       site   -      -      -      -       -      -
greeting  site   site  site site   site   site    site   site    site   site   site   site   site    -      -
ehlo      site   site  site site   site   site    site   site    site   site   site   site   site    -      -
starttls  site   site  site site   site   site    site   site    site   site   site   site   site    -      -
handshake site   site  site site   site   site    site   site    site   site   site   site   site    site   site
inside    site   site  site site   site   site    site   site    site   site   site   site   site    site   site
auth      site   login site site   site   site    site   site    site   site   site   site   site    site   site
challenge site   login site site   site   site    site   site    site   site   site   site   site    site   site
login     site   login site site   site   site    site   site    site   site   site   site   site    site   site
mail      defer  doubt site site   site   site    site   site    site   site   site   maybe  site    site   site
rcpt      defer1 fail1 maybe maybe maybe  maybe   maybe  maybe   maybe  maybe  maybe  maybe  maybe   maybe  maybe
data      defer  doubt maybe maybe maybe  maybe   maybe  maybe   maybe  maybe  maybe  maybe  maybe   maybe  maybe
text      defer  defer maybe maybe maybe  maybe   maybe  maybe   maybe  maybe  maybe  maybe  maybe   maybe  maybe
dot       defer  doubt maybe unsure unsure unsure unsure unsure  unsure unsure unsure unsure unsure  unsure unsure
rset      done   done  done done   done   done    done   done    done   done   done   maybe  done    done   done
quit      done   done  done done   done   done    done   done    done   done   done   done   done    done   done
)";

struct Cell {
  std::string step;
  std::string fault;
  std::string outcome;
  FaultyServer::Plan plan;
};

std::vector<Cell> cells() {
  std::vector<Cell> cells;
  std::istringstream lines{std::string(kMatrix)};
  std::vector<std::string> faults;
  std::string line;
  std::size_t step = 0;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string name;
    if (!(words >> name)) continue;
    std::string word;
    if (name == "#") {
      while (words >> word) faults.push_back(word);
      continue;
    }
    for (std::size_t fault = 0; words >> word; ++fault) {
      Cell cell{name, faults.at(fault), word, {}};
      cell.plan.at = static_cast<At>(step);
      cell.plan.fault = static_cast<Fault>(fault);
      cells.push_back(cell);
    }
    ++step;
  }
  return cells;
}

struct Play {
  FaultyServer::Plan plan;
  std::shared_ptr<Witness> witness = std::make_shared<Witness>();
  std::size_t connections = 0;
};

/// The first connection goes wrong as planned, those after it are well: the fault happens once.
Task<Result<net::Connected>> connection_of(Play* play) {
  ++play->connections;
  const bool fault = play->plan.at == At::connect && !std::exchange(play->witness->done, true);
  if (fault) {
    const bool stall = play->plan.fault == Fault::stall;
    co_return Error{stall ? Failure::timeout : Failure::refused, "mx: scripted"};
  }
  net::Connected connected;
  connected.stream = std::make_unique<FaultyServer>(play->plan, play->witness);
  connected.peer = "mx[192.0.2.1]:587";
  co_return connected;
}

struct Outcome {
  std::string refused;  ///< of the message before, where there is one
  std::string word;
  std::optional<mail::SiteTrouble> trouble;
  std::optional<mail::Step> doubted_at;
  std::string next;  ///< of the message after it
};

/// The table's word; anything else describes what came instead.
std::string word_for(const mail::DeliveryReport& report, std::size_t special) {
  std::string words;
  for (const auto& status : report.recipients) words += status ? std::string(mail::name(status->verdict)) + ' ' : "- ";
  if (report.site) {
    if (words.find_first_not_of("- ") != std::string::npos) return "site trouble, and " + words;
    if (report.uncertain) return report.site->in_transaction ? "unsure" : "unsure, and the site's trouble";
    if (report.site->in_transaction) return "maybe";
    return report.site->login_refused ? "login" : "site";
  }
  if (report.uncertain) return "unsure without trouble";
  const auto all = [&](const char* verdict) {
    return words == verdict + std::string(" ") + verdict + " " + verdict + " ";
  };
  if (all("delivered")) return "done";
  const auto doubtful = [](const auto& status) { return status && status->doubtful; };
  if (std::ranges::all_of(report.recipients, doubtful)) return "doubt";
  if (std::ranges::any_of(report.recipients, doubtful)) return "doubt of some: " + words;
  if (all("deferred")) return "defer";
  if (all("failed")) return "fail";
  for (const mail::Verdict verdict : {mail::Verdict::deferred, mail::Verdict::failed}) {
    bool so = true;
    for (std::size_t i = 0; i < report.recipients.size(); ++i) {
      const auto wanted = i == special ? verdict : mail::Verdict::delivered;
      so = so && report.recipients[i] && report.recipients[i]->verdict == wanted;
    }
    if (so) return verdict == mail::Verdict::deferred ? "defer1" : "fail1";
  }
  return words;
}

Smarthost matrix_host() {
  Smarthost host;
  host.name = "main";
  host.host = "mx";
  host.port = 587;
  host.tls = Tls::starttls;
  host.credentials = password_source("demo", "hushhush");
  host.helo = "me";
  return host;
}

TestMessage three_recipients() {
  std::string text = "Subject: hi\n\n";
  while (text.size() < 80'000) text += "a line of the text\n";
  TestMessage message("a@x", {"b@y", "c@y", "d@y"}, text);
  message.piece(10'000);
  return message;
}

Task<Outcome> play_cell(Executor executor, Play& play) {
  const auto relay =
      make_relay(executor, matrix_host(), nullptr, [play = &play] { return connection_of(play); }, PoolLimits());
  Outcome outcome;
  TestMessage message = three_recipients();
  auto report = co_await relay->deliver(message);
  if (play.plan.at == At::reset) {
    outcome.refused = word_for(report, play.plan.recipient);
    message = three_recipients();
    report = co_await relay->deliver(message);
  }
  outcome.word = word_for(report, play.plan.recipient);
  outcome.trouble = report.site;
  outcome.doubted_at = report.doubted_at;
  if (play.plan.at != At::quit) {
    TestMessage another = three_recipients();
    const auto next = co_await relay->deliver(another);
    outcome.next = word_for(next, play.plan.recipient);
  }
  const Seconds grace{1};
  co_await relay->close(grace);
  co_return outcome;
}

mail::Step step_named(const std::string& step) {
  using mail::Step;
  if (step == "connect") return Step::connect;
  if (step == "greeting") return Step::greeting;
  if (step == "ehlo" || step == "inside") return Step::ehlo;
  if (step == "starttls" || step == "handshake") return Step::tls;
  if (step == "mail") return Step::mail;
  if (step == "rcpt") return Step::rcpt;
  if (step == "data" || step == "text") return Step::data;
  if (step == "dot") return Step::end_of_data;
  return Step::auth;
}

/// Bytes of a reply that never ends: kReplyLine, in a login kAuthLine, or kReplyLines of ten bytes, and a piece more.
std::size_t most_consumed(const Cell& cell) {
  if (cell.fault == "endless") return 10 * (smtp::limits::kReplyLines + 2);
  const bool login = cell.step == "challenge" || cell.step == "login" || cell.step == "auth";
  return (login ? smtp::limits::kAuthLine : smtp::limits::kReplyLine) + 1000;
}

void expect_outcome(const Cell& cell, const Play& play, const Outcome& outcome) {
  EXPECT_EQ(outcome.word, cell.outcome) << (outcome.trouble ? outcome.trouble->text : "");
  EXPECT_TRUE(play.witness->done) << "the fault never happened";
  EXPECT_LE(play.witness->consumed, most_consumed(cell));
  // Whoever got into trouble says no more than goodbye.
  if (cell.outcome == "site" || cell.outcome == "maybe" || cell.outcome == "unsure") {
    EXPECT_THAT(play.witness->afterwards, AnyOf("", "QUIT\r\n"));
  }
  // One message is told once that it was taken, and so is the next.
  const bool once = cell.outcome == "done" || cell.outcome == "defer1" || cell.outcome == "fail1";
  EXPECT_EQ(play.witness->taken, (once ? 1U : 0U) + (cell.step == "quit" ? 0U : 1U));
  if (cell.step != "quit") {
    EXPECT_EQ(outcome.next, "done");
  }
  if (cell.step == "rset") {
    EXPECT_EQ(outcome.refused, "fail");
  }
  if (cell.outcome == "doubt") {
    EXPECT_EQ(mail::name(outcome.doubted_at.value_or(mail::Step::quit)), mail::name(step_named(cell.step)));
  }
  EXPECT_EQ(play.witness->in_clear.find("ZGVtbw"), std::string::npos) << "the login left in clear text";
  for (const std::string& line : test::logged()) EXPECT_EQ(line.find("hushhush"), std::string::npos) << line;
  if (!outcome.trouble || cell.outcome == "login") return;
  // An extra reply is met where the next one is expected.
  if (cell.fault != "extra") {
    EXPECT_EQ(mail::name(outcome.trouble->step), mail::name(step_named(cell.step)));
  }
}

TEST(FaultMatrix, IsWhole) {
  const auto all = cells();
  EXPECT_EQ(all.size(), 16U * 15U);
}

TEST(FaultMatrix, H51_EveryFaultAtEveryStepHasItsOneOutcome) {
  for (const bool pipelining : {true, false}) {
    for (Cell& cell : cells()) {
      if (cell.outcome == "-") continue;
      SCOPED_TRACE(cell.step + " x " + cell.fault + (pipelining ? ", pipelining" : ", one by one"));
      Play play;
      play.plan = cell.plan;
      play.plan.pipelining = pipelining;
      boost::asio::io_context loop;
      const Outcome outcome = test::run(loop, play_cell(loop.get_executor(), play));
      expect_outcome(cell, play, outcome);
    }
  }
}

TEST(FaultMatrix, AFaultConcernsTheRecipientWhoseAnswerItIsWhicheverThatIs) {
  for (const bool pipelining : {true, false}) {
    for (std::size_t recipient = 0; recipient < 3; ++recipient) {
      for (Cell& cell : cells()) {
        if (cell.step != "rcpt") continue;
        SCOPED_TRACE("recipient " + std::to_string(recipient) + " x " + cell.fault);
        Play play;
        play.plan = cell.plan;
        play.plan.recipient = recipient;
        play.plan.pipelining = pipelining;
        boost::asio::io_context loop;
        const Outcome outcome = test::run(loop, play_cell(loop.get_executor(), play));
        expect_outcome(cell, play, outcome);
      }
    }
  }
}

/// The deadline by which the client gave up, at silence and at one byte in four seconds alike.
struct Patience {
  At at;
  Seconds deadline;
};

TEST(FaultMatrix, H51_H52_H53_H54_H55_H56_SilenceEndsAtTheDeadlineOfItsStep) {
  namespace limits = smtp::limits;
  constexpr Patience kPatience[] = {
      {At::greeting, limits::kGreeting},   {At::ehlo, limits::kMail},      {At::starttls, limits::kMail},
      {At::handshake, limits::kHandshake}, {At::inside, limits::kMail},    {At::auth, limits::kMail},
      {At::challenge, limits::kMail},      {At::login, limits::kMail},     {At::mail, limits::kMail},
      {At::rcpt, limits::kRcpt},           {At::data, limits::kDataStart}, {At::text, limits::kDataBlock},
      {At::dot, limits::kDataDone},
  };
  for (const Fault fault : {Fault::stall, Fault::drip}) {
    for (const Patience& step : kPatience) {
      if (step.at == At::text && fault == Fault::drip) continue;  // it is heard only after the text
      SCOPED_TRACE(static_cast<int>(step.at));
      Play play;
      play.plan.at = step.at;
      play.plan.fault = fault;
      play.plan.pipelining = false;
      boost::asio::io_context loop;
      static_cast<void>(test::run(loop, play_cell(loop.get_executor(), play)));
      EXPECT_EQ(play.witness->patience, step.deadline);
    }
  }
}

}  // namespace
}  // namespace postern::relay
