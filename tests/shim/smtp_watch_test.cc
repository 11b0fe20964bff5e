#include "sendmail-shim/smtp_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::shim {
namespace {

using testing::AnyOf;
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

const std::string kUnknown = "500 5.5.1 unknown command";
const std::string kTooMany = "421 4.7.0 too many errors, closing";

/// A daemon's answers to a client that speaks no SMTP, up to the one that ends it.
std::vector<std::string> strays(std::size_t lines) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> answers(std::min(lines, kMost - 1), kUnknown);
  if (lines >= kMost) answers.push_back(kTooMany);
  return answers;
}

TEST(SmtpWatch, WhatIsNoSmtpAtAllIsAnError) {
  std::string text = "Subject: disk full\n";
  for (std::size_t lines = 1; lines < 20; ++lines) {
    for (const std::string last : {"", "no line end", "QUIT", "QUIT\n", "help\n", "Mail is stuck\n"}) {
      const Exit exit = watched({text + last, and_then({"220 hi"}, strays(lines))});
      EXPECT_EQ(exit.code, EX_DATAERR) << text + last;
      EXPECT_THAT(exit.text, AnyOf(HasSubstr(kUnknown), HasSubstr("nothing of it was stored")));
    }
    text += "on /dev/sda1\n";
  }
  // A line of it that is a command of SMTP makes it no session.
  for (const std::string word : {"help", "noop", "Helo world", "RSET", "EHLO"}) {
    const std::string client = "Subject: x\n\n" + word + "\nthe end\n";
    const Exit exit = watched({client, {"220 hi", kUnknown, "500 5.5.2 empty command", "250 2.0.0 OK", kUnknown}});
    EXPECT_EQ(exit.code, EX_DATAERR) << word;
  }
}

TEST(SmtpWatch, AnotherProtocolIsNoSmtpWhateverItsOtherLinesBeginWith) {
  const std::string closing = "554 5.5.1 this is SMTP without TLS, and what came is HTTP; closing";
  for (const std::string& body : {std::string(), std::string("a=b"), std::string("MAIL FROM:<a@b>\n"),
                                  kFront + kText + "QUIT\n", std::string("mail"), std::string("data")}) {
    const std::string request = "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n" + body;
    for (const bool ends : {true, false}) {
      const Exit exit = watched({request, {"220 hi", closing}, ends});
      EXPECT_EQ(exit.code, EX_DATAERR) << body;
      EXPECT_THAT(exit.text, HasSubstr("what came is no SMTP")) << body;
      EXPECT_THAT(exit.text, HasSubstr(closing)) << body;
    }
    EXPECT_EQ(watched({"EHLO h\n" + request, {"220 hi", "250 h", closing}}).code, EX_DATAERR) << body;
    const Exit begun = watched({kFront + request, and_then(kHello, {closing})});
    EXPECT_EQ(begun.code, EX_DATAERR) << body;
    EXPECT_THAT(begun.text, HasSubstr("the message was not stored")) << body;
    const Exit stored =
        watched({kFront + kText + request, and_then(kHello, {"354 go", "250 2.0.0 queued as x", closing})});
    EXPECT_EQ(stored.code, EX_OK) << body;
    EXPECT_THAT(stored.warning, HasSubstr(closing)) << body;
  }
}

TEST(SmtpWatch, CommandsThatAreNotOfferedAndEmptyLinesAreNoStrays) {
  const std::string client = "EHLO h\n\nEXPN x\nAUTH PLAIN\nHELP\nEHLO\nQUIT\n";
  EXPECT_EQ(watched({client,
                     {"220 hi", "250 h", "500 5.5.2 empty command", "502 5.5.1 not offered", "502 5.5.1 not offered",
                      "214 2.0.0 EHLO", "501 5.5.4 syntax", "221 bye"}})
                .code,
            EX_OK);
}

TEST(SmtpWatch, AGarbledCommandOfAMessageIsWhyItIsNotStored) {
  const Exit mail = watched({"EHLO h\nMAIL: FROM:<a@b>\nRCPT TO:<c>\nDATA\nx\n.\nQUIT\n",
                             {"220 hi", "250 h", "500 5.5.2 not an SMTP command", "503 5.5.1 say MAIL first",
                              "503 5.5.1 say MAIL first", kUnknown, kUnknown, "221 bye"}});
  EXPECT_EQ(mail.code, EX_DATAERR);
  EXPECT_THAT(mail.text, HasSubstr("not an SMTP command"));
  const Exit data = watched({kFront + "DATA:\nx\nRSET\n.\nQUIT\n",
                             and_then(kHello, {kUnknown, kUnknown, "250 2.0.0 OK", kUnknown, "221 bye"})});
  EXPECT_NE(data.code, EX_OK);
  EXPECT_THAT(data.text, HasSubstr(kUnknown));
  for (const std::string command : {"RCPT TO:<b>", "DATA", "MAIL FROM:<b>"}) {
    const Exit alone = watched({"EHLO h\n" + command + "\nQUIT\n", {"220 hi", "250 h", "503 5.5.1 no", "221 bye"}});
    EXPECT_NE(alone.code, EX_OK) << command;
  }
}

TEST(SmtpWatch, NoLineOfATextBehindARefusedDataMakesItGood) {
  const std::vector<std::string> refused = {"220 hi",           "250 h",  "250 2.1.0 ok", "501 5.1.3 bad address",
                                            "503 5.5.1 nobody", kUnknown, "250 2.0.0 OK", kUnknown,
                                            kUnknown,           "221 bye"};
  for (const std::string line : {"Helo world", "RSET", "rset all", "EHLO you", "noop"}) {
    const Exit exit = watched({kFront + "DATA\nSubject: x\n" + line + "\nbody\n.\nQUIT\n", refused});
    EXPECT_EQ(exit.code, EX_DATAERR) << line;
    EXPECT_THAT(exit.text, HasSubstr("501 5.1.3"));
  }
}

TEST(SmtpWatch, AnInputThatEndsInsideALineIsAnErrorUnlessTheLineIsQuit) {
  const std::string front = "EHLO h\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<b@b.c>\r\nDATA\r\n";
  const std::vector<std::string> answers = {"220 hi", "250 h", "250 ok", "250 ok", "354 go"};
  for (std::size_t size = 1; size < front.size(); ++size) {
    const std::string client = front.substr(0, size);
    const auto lines = std::ranges::count(client, '\n');
    const Exit exit = watched({client, {answers.begin(), answers.begin() + 1 + lines}});
    const bool well = client.ends_with("EHLO h\r\n");
    EXPECT_EQ(exit.code, well ? EX_OK : EX_DATAERR) << client;
  }
  for (const std::string end : {"QUIT", "QUIT\r", " quit ", "\r", " "}) {
    EXPECT_EQ(watched({"EHLO h\r\n" + end, {"220 hi", "250 h"}}).code, EX_OK) << end;
  }
}

TEST(SmtpWatch, ASessionWithBareCrsIsAnError) {
  std::string client = kFront + kText + "QUIT\n";
  std::ranges::replace(client, '\n', '\r');
  EXPECT_EQ(watched({client, {"220 hi"}}).code, EX_DATAERR);
  // The daemon takes EHLO with any words behind it.
  const Exit taken = watched({client + "\n", {"220 hi", "250 h"}});
  EXPECT_EQ(taken.code, EX_DATAERR);
  EXPECT_THAT(taken.text, HasSubstr("CR"));
}

TEST(SmtpWatch, ManyErrorsBehindARefusalDoNotMakeItTemporary) {
  const std::string bad = "501 5.1.3 bad address syntax";
  for (const std::string data : {"DATA\n", "DATA:\n", ""}) {
    std::string text = data;
    for (std::size_t lines = 1; lines < 20; ++lines) {
      text += "a line of text\n";
      std::vector<std::string> answers = {"220 hi", "250 h", "250 2.1.0 ok", bad};
      if (data == "DATA\n") answers.emplace_back("503 5.5.1 no valid recipients");
      const Exit exit = watched({kFront + text + ".\nQUIT\n", and_then(answers, strays(lines))});
      EXPECT_EQ(exit.code, EX_DATAERR) << data << lines;
      EXPECT_THAT(exit.text, HasSubstr(bad));
    }
  }
  const Exit garbled = watched({kFront + "DATA:\na\nb\nc\nd\ne\nf\ng\n", and_then(kHello, strays(8))});
  EXPECT_NE(garbled.code, EX_TEMPFAIL);
  EXPECT_THAT(garbled.text, HasSubstr(kUnknown));
}

TEST(SmtpWatch, TheRefusalOfOneRecipientIsNotWhyTheOthersGetNothing) {
  const std::string client = "EHLO h\nMAIL FROM:<a@b>\nRCPT TO:<no@b>\nRCPT TO:<b@b>\n";
  const std::vector<std::string> front = {"220 hi", "250 h", "250 2.1.0 ok", "550 5.1.1 no", "250 2.1.5 ok"};
  EXPECT_EQ(watched({client + kText, and_then(front, {"452 4.3.1 no space", "421 4.3.2 end"})}).code, EX_TEMPFAIL);
  EXPECT_EQ(watched({client + kText, and_then(front, {"354 go"})}).code, EX_TEMPFAIL);
  EXPECT_EQ(watched({client + "NOOP\n", and_then(front, {"421 4.3.2 shutting down"})}).code, EX_TEMPFAIL);
  EXPECT_EQ(watched({client + "QUIT\n", and_then(front, {"221 bye"})}).code, EX_NOUSER);
  EXPECT_EQ(watched({client + kText, and_then(front, {"354 go", "250 2.0.0 queued as x"})}).code, EX_OK);
}

TEST(SmtpWatch, WhatFollowsAStoredMessageAndIsNoSmtpIsAWarning) {
  const std::vector<std::string> stored = and_then(kHello, {"354 go", "250 2.0.0 queued as x"});
  const std::string two_dots = kFront + "DATA\nx\n.\nthe rest\n.\nQUIT\n";
  const Exit cut = watched({two_dots, and_then(stored, {kUnknown, kUnknown, "221 bye"})});
  EXPECT_EQ(cut.code, EX_OK);
  EXPECT_THAT(cut.warning, HasSubstr(kUnknown));
  EXPECT_EQ(watched({kFront + kText + "\nQUIT", and_then(stored, {"500 5.5.2 empty command"})}).warning, "");
  EXPECT_THAT(watched({kFront + kText + "the rest", stored}).warning, HasSubstr("inside a line"));
  const std::string probed = "XCLIENT\n" + kFront + kText + "QUIT\n";
  std::vector<std::string> answers = and_then(stored, {"221 bye"});
  answers.insert(answers.begin() + 1, kUnknown);
  EXPECT_EQ(watched({probed, answers}).warning, "");
  EXPECT_EQ(watched({kFront + kText + "MAIL FROM:<a@b>", stored}).code, EX_DATAERR);
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
