#include "sendmail-shim/smtp_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::shim {
namespace {

using testing::HasSubstr;

/// A session in which the client says all it has at once and each of the daemon's answers comes when it is asked for.
struct Session {
  std::string client;
  std::vector<std::string> answers;  ///< the greeting first
  bool client_ends = true;
};

/// The bytes in pieces of `piece`, as the pipe would let them pass; what the daemon gets is added to `heard`.
Exit watched(const Session& session, std::size_t piece, std::string* heard = nullptr) {
  SmtpWatch watch;
  std::string_view rest = session.client;
  const auto pass = [&] {
    while (!rest.empty()) {
      const std::size_t passed = watch.client(rest.substr(0, piece));
      if (heard != nullptr) *heard += rest.substr(0, passed);
      rest.remove_prefix(passed);
      if (passed == 0) return;
    }
    if (session.client_ends) watch.client_ended();
  };
  pass();
  for (const std::string& answer : session.answers) {
    const std::string bytes = answer + "\r\n";
    for (std::size_t at = 0; at < bytes.size(); at += piece) watch.daemon(std::string_view(bytes).substr(at, piece));
    pass();
  }
  return watch.outcome();
}

/// The same in pieces of any size.
Exit watched(const Session& session) {
  const Exit whole = watched(session, session.client.size() + 1);
  for (std::size_t piece = 1; piece < 40; ++piece) {
    std::string heard;
    const Exit exit = watched(session, piece, &heard);
    EXPECT_EQ(exit.code, whole.code) << piece;
    EXPECT_EQ(exit.text, whole.text) << piece;
    EXPECT_TRUE(session.client.starts_with(heard));
  }
  return whole;
}

const std::string kFront = "EHLO h\nMAIL FROM:<a@example.com>\nRCPT TO:<b@example.com>\n";
const std::string kText = "DATA\nSubject: x\n\nMAIL FROM:<no>\n.\n";
const std::vector<std::string> kHello = {"220 hi", "250-mx\r\n250 DSN", "250 2.1.0 ok", "250 2.1.5 ok"};

std::vector<std::string> and_then(std::vector<std::string> answers, const std::vector<std::string>& more) {
  answers.insert(answers.end(), more.begin(), more.end());
  return answers;
}

TEST(SmtpWatch, ASessionWithoutAMessageIsWell) {
  EXPECT_EQ(watched({"", {"220 hi"}}).code, EX_OK);
  EXPECT_EQ(watched({"QUIT\r\n", {"220 hi", "221 bye"}}).code, EX_OK);
  EXPECT_EQ(
      watched({"EHLO h\r\nVRFY\r\nSTARTTLS\r\nQUIT\r\n", {"220 hi", "250 h", "501 no", "502 no", "221 bye"}}).code,
      EX_OK);
}

TEST(SmtpWatch, AMessageThatIsStoredIsWellWithAnyLineEnd) {
  for (const std::string_view end : {"\n", "\r\n", "\r\r\n"}) {
    std::string client;
    for (const char c : kFront + kText + "QUIT\n") client += c == '\n' ? std::string(end) : std::string(1, c);
    const std::vector<std::string> answers = and_then(kHello, {"354 go", "250 2.0.0 queued as x", "221 bye"});
    EXPECT_EQ(watched({client, answers}).code, EX_OK);
    std::string heard;
    static_cast<void>(watched({client, answers}, 7, &heard));
    EXPECT_EQ(heard, client);
  }
}

TEST(SmtpWatch, NothingBehindDataPassesBeforeItsAnswer) {
  SmtpWatch watch;
  EXPECT_EQ(watch.client(kFront + kText), (kFront + "DATA\n").size());
  EXPECT_EQ(watch.client(kText.substr(5)), 0U);
  for (const std::string& answer : kHello) watch.daemon(answer + "\r\n");
  watch.daemon("354 go\r\n");
  EXPECT_EQ(watch.client(kText.substr(5)), kText.size() - 5);
}

TEST(SmtpWatch, TheEndOfTheInputBeforeThatOfTheMessageIsAnError) {
  for (const std::string& client : {kFront, kFront + "DATA\n", kFront + "DATA\nSubject: x\n\nbody\n",
                                    kFront + "DATA\r\nSubject: x\n\nbody\n.\nQUIT\n"}) {
    const Exit exit = watched({client, and_then(kHello, {"354 go"})});
    EXPECT_EQ(exit.code, EX_DATAERR) << client;
    EXPECT_THAT(exit.text, HasSubstr("nothing of it was stored"));
  }
  EXPECT_EQ(watched({kFront + "QUIT\r\n", and_then(kHello, {"221 bye"})}).code, EX_DATAERR);
}

TEST(SmtpWatch, ARefusalIsAnErrorInTheDaemonsWords) {
  struct Case {
    std::vector<std::string> answers;
    int code;
    std::string words;
  };
  const std::vector<Case> cases = {
      {{"220 hi", "250 h", "452 4.3.1 no space", "503 5.5.1 no", "503 5.5.1 no", "500 5.5.2 no"},
       EX_TEMPFAIL,
       "452 4.3.1 no space"},
      {{"220 hi", "250 h", "250 2.1.0 ok", "550 5.1.1 no such user", "503 5.5.1 no recipients", "500 5.5.2 no"},
       EX_NOUSER,
       "550 5.1.1"},
      {and_then(kHello, {"354 go", "550 5.6.0 bad text", "221 bye"}), EX_DATAERR, "550 5.6.0 bad text"},
      {and_then(kHello, {"354 go", "451 4.3.0 later", "221 bye"}), EX_TEMPFAIL, "451 4.3.0 later"},
      {and_then(kHello, {"354 go", "421 4.4.2 a lone dot"}), EX_TEMPFAIL, "421 4.4.2 a lone dot"},
      {{"421 4.3.2 too many connections"}, EX_TEMPFAIL, "421 4.3.2 too many connections"},
      {{"554 5.7.1 not you"}, EX_NOPERM, "554 5.7.1 not you"},
      {{"220 hi", "421 4.3.2 shutting down"}, EX_TEMPFAIL, "421 4.3.2 shutting down"},
      {{"220 hi", "250 h", "421 4.3.2 shutting down"}, EX_TEMPFAIL, "421 4.3.2 shutting down"},
      {{"220 hi", "250 h"}, EX_TEMPFAIL, "nothing was stored"},
      {{"220 hi"}, EX_TEMPFAIL, "nothing was stored"},
      {{}, EX_TEMPFAIL, "nothing was stored"},
  };
  for (const Case& one : cases) {
    const Exit exit = watched({kFront + kText + "QUIT\n", one.answers});
    EXPECT_EQ(exit.code, one.code) << exit.text;
    EXPECT_THAT(exit.text, HasSubstr(one.words));
  }
}

TEST(SmtpWatch, AMessageOfSeveralThatIsRefusedIsNotForgotten) {
  const std::string two = kFront + kText + kFront.substr(7) + kText + "QUIT\n";
  const std::vector<std::string> answers = and_then(
      kHello,
      {"354 go", "550 5.6.0 first", "250 2.1.0 ok", "250 2.1.5 ok", "354 go", "250 2.0.0 queued as y", "221 bye"});
  EXPECT_THAT(watched({two, answers}).text, HasSubstr("550 5.6.0 first"));
}

TEST(SmtpWatch, WhatTheClientGivesUpIsNoError) {
  const std::string client = "EHLO h\nMAIL FROM:<a@b>\nRCPT TO:<c>\nRSET\nQUIT\n";
  EXPECT_EQ(watched({client, {"220 hi", "250 h", "250 2.1.0 ok", "550 5.1.1 no", "250 2.0.0 ok", "221 bye"}}).code,
            EX_OK);
}

TEST(SmtpWatch, AnEndBehindWhatIsStoredIsWell) {
  const std::string client = kFront + kText;
  const std::vector<std::string> answers = and_then(kHello, {"354 go", "250 2.0.0 queued as x", "421 4.4.2 idle"});
  EXPECT_EQ(watched({client, answers, false}).code, EX_OK);
}

TEST(SmtpWatch, ADaemonThatGoesAwayIsATemporaryError) {
  const Exit early = watched({kFront, kHello, false});
  EXPECT_EQ(early.code, EX_TEMPFAIL);
  EXPECT_THAT(early.text, HasSubstr("nothing was stored"));
  const Exit late = watched({kFront + kText + "QUIT\n", and_then(kHello, {"354 go"})});
  EXPECT_EQ(late.code, EX_TEMPFAIL);
  EXPECT_THAT(late.text, HasSubstr("may or may not"));
}

TEST(SmtpWatch, AnswersThatAreNoSmtpAreAnError) { EXPECT_EQ(watched({kFront, {"220 hi", "what?"}}).code, EX_PROTOCOL); }

}  // namespace
}  // namespace postern::shim
