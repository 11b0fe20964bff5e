#include "sendmail-shim/submit.h"

#include "mail/envelope.h"
#include "sendmail-shim/channel.h"
#include "sendmail-shim/drop.h"

#include "scripted_daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postern::shim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Submission submission(std::vector<std::string> recipients = {"bob@example.com"}) {
  return {"me@example.net", std::move(recipients), "Subject: hi\n\n.dot\nbody\n", {}};
}

Delivery delivery() {
  Delivery how;
  how.helo = "host.example";
  how.submission_id = "0123456789abcdef0123456789abcdef";
  return how;
}

/// Submits against one script a connection; a connection more than there are scripts cannot be made.
HandedIn handed_in_by(std::vector<Script>& scripts, const Submission& message, const Delivery& how) {
  std::vector<std::thread> threads;
  std::size_t next = 0;
  HandedIn handed_in = submit(message, how, [&](Wait) -> Outcome<Channel> {
    if (next == scripts.size()) return Exit{EX_TEMPFAIL, "no daemon"};
    auto pair = make_pair();
    threads.emplace_back(serve, std::ref(scripts[next++]), std::move(pair[1]));
    return Channel(std::move(pair[0]));
  });
  for (std::thread& thread : threads) thread.join();
  return handed_in;
}

Exit submit_to(std::vector<Script>& scripts, const Submission& message, const Delivery& how) {
  return handed_in_by(scripts, message, how).exit;
}

const std::vector<std::string> kGood = {"220 hi", "250-host\r\n250 SIZE 1000", "250 2.1.0 ok", "250 2.1.5 ok",
                                        "354 go", "250 2.0.0 queued as x"};

TEST(Submit, SendsOneTransaction) {
  std::vector<Script> scripts = {{kGood, ""}};
  const Exit exit = submit_to(scripts, submission(), delivery());
  EXPECT_EQ(exit.code, EX_OK) << exit.text;
  EXPECT_EQ(exit.text, "250 2.0.0 queued as x");
  EXPECT_EQ(scripts[0].heard,
            "EHLO host.example\r\n"
            "MAIL FROM:<me@example.net> SIZE=27 XSUBMISSION=0123456789abcdef0123456789abcdef\r\n"
            "RCPT TO:<bob@example.com>\r\nDATA\r\n"
            "Subject: hi\r\n\r\n..dot\r\nbody\r\n.\r\n");
}

TEST(Submit, DeclaresWhatTheMessageNeeds) {
  std::vector<Script> scripts = {{kGood, ""}};
  Submission message = submission({"gr\xC3\xBC\xC3\x9F@example.com"});
  message.sender = "";
  Delivery how = delivery();
  how.notify = "NEVER";
  how.ret = "HDRS";
  how.envid = "a b";
  EXPECT_EQ(submit_to(scripts, message, how).code, EX_OK);
  EXPECT_THAT(scripts[0].heard, HasSubstr("MAIL FROM:<> SIZE=27"));
  EXPECT_THAT(scripts[0].heard, HasSubstr(" BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+20b\r\n"));
  EXPECT_THAT(scripts[0].heard, HasSubstr("@example.com> NOTIFY=NEVER\r\n"));

  std::vector<Script> eight_bit = {{kGood, ""}};
  message = submission();
  message.text += "\xFF\n";
  EXPECT_EQ(submit_to(eight_bit, message, delivery()).code, EX_OK);
  EXPECT_THAT(eight_bit[0].heard, HasSubstr(" BODY=8BITMIME\r\n"));
  EXPECT_THAT(eight_bit[0].heard, Not(HasSubstr("SMTPUTF8")));
}

TEST(Submit, ARefusalAtAnyStepIsNoSuccess) {
  for (std::size_t step = 0; step < kGood.size(); ++step) {
    for (const std::string code : {"421 4.3.2", "451 4.3.0", "550 5.7.1", "554 5.6.0"}) {
      std::vector<Script> scripts = {{kGood, ""}};
      scripts[0].replies[step] = code + " no";
      if (step < 4) scripts[0].replies.resize(step + 1);
      if (step == 4) scripts[0].replies.resize(5);
      if (step == 3) scripts[0].replies.emplace_back("554 5.5.1 no valid recipients");
      const Exit exit = submit_to(scripts, submission(), delivery());
      const int expected = code[0] == '4' ? EX_TEMPFAIL : code.ends_with("5.7.1") ? EX_NOPERM : EX_DATAERR;
      EXPECT_EQ(exit.code, expected) << step << " " << code << ": " << exit.text;
      EXPECT_THAT(exit.text, HasSubstr(code)) << step;
      EXPECT_EQ(scripts[0].heard.find("body") != std::string::npos, step == 5) << step;
    }
  }
}

TEST(Submit, AConnectionLostEarlyIsOpenedAgain) {
  for (std::size_t replies = 0; replies < kGood.size() - 1; ++replies) {
    std::vector<Script> scripts = {{kGood, ""}, {kGood, ""}};
    scripts[0].replies.resize(replies);
    EXPECT_EQ(submit_to(scripts, submission(), delivery()).code, EX_OK) << replies;
    std::vector<Script> gone(3, Script{{kGood.begin(), kGood.begin() + static_cast<std::ptrdiff_t>(replies)}, ""});
    const Exit exit = submit_to(gone, submission(), delivery());
    EXPECT_EQ(exit.code, EX_TEMPFAIL);
    EXPECT_THAT(exit.text, HasSubstr("nothing was stored")) << replies;
  }
}

TEST(Submit, ADaemonThatEndsIsAskedAgainAndTheNextOneServes) {
  for (std::size_t step = 0; step < kGood.size(); ++step) {
    std::vector<Script> scripts = {{kGood, ""}, {kGood, ""}};
    scripts[0].replies[step] = "421 4.3.2 shutting down";
    scripts[0].replies.resize(step + 1);
    Delivery how = delivery();
    how.asking = std::chrono::minutes(1);
    EXPECT_EQ(submit_to(scripts, submission(), how).code, EX_OK) << step;
    EXPECT_THAT(scripts[1].heard, HasSubstr("body")) << step;
    // And if none comes the message may be dropped.
    std::vector<Script> gone = {{{kGood.begin(), kGood.begin() + static_cast<std::ptrdiff_t>(step)}, ""}};
    gone[0].replies.emplace_back("421 4.3.2 shutting down");
    const HandedIn handed_in = handed_in_by(gone, submission(), delivery());
    EXPECT_EQ(handed_in.by, HandedIn::By::nobody) << step;
    EXPECT_FALSE(handed_in.unknown) << step;
  }
}

TEST(Submit, AConnectionLostLateIsAskedAgainWithTheSameId) {
  std::vector<Script> scripts = {{{kGood.begin(), kGood.end() - 1}, ""}, {kGood, ""}};
  EXPECT_EQ(submit_to(scripts, submission(), delivery()).code, EX_OK);
  EXPECT_THAT(scripts[1].heard, HasSubstr("XSUBMISSION=0123456789abcdef0123456789abcdef"));
  EXPECT_THAT(scripts[1].heard, HasSubstr("body"));
}

TEST(Submit, WhenNobodyAnswersAfterALateLossTheOutcomeIsToldAsUnknown) {
  std::vector<Script> scripts = {{{kGood.begin(), kGood.end() - 1}, ""}};
  const HandedIn handed_in = handed_in_by(scripts, submission(), delivery());
  EXPECT_EQ(handed_in.exit.code, EX_TEMPFAIL);
  EXPECT_THAT(handed_in.exit.text, HasSubstr("may or may not be in the queue"));
  EXPECT_EQ(handed_in.by, HandedIn::By::nobody);
  EXPECT_TRUE(handed_in.unknown);
}

TEST(Submit, WhileTheFirstCopyIsBeingStoredItAsksAgain) {
  const std::vector<std::string> lost(kGood.begin(), kGood.end() - 1);
  std::vector<std::string> pending = kGood;
  pending.back() = "451 4.3.0 this submission is being stored already, ask again";
  std::vector<Script> scripts = {{lost, ""}, {pending, ""}, {kGood, ""}};
  EXPECT_EQ(submit_to(scripts, submission(), delivery()).code, EX_OK);
  std::vector<Script> never = {{lost, ""}, {pending, ""}, {pending, ""}};
  const HandedIn handed_in = handed_in_by(never, submission(), delivery());
  EXPECT_EQ(handed_in.by, HandedIn::By::daemon);
  EXPECT_TRUE(handed_in.unknown);
  EXPECT_THAT(handed_in.exit.text, HasSubstr("may or may not be in the queue"));
}

TEST(Submit, ADaemonThatIsSilentBeforeTheMessageIsNobody) {
  auto pair = make_pair();
  Delivery how = delivery();
  how.patience = std::chrono::milliseconds(1);
  int connections = 0;
  const HandedIn handed_in = submit(submission(), how, [&](Wait wait) -> Outcome<Channel> {
    EXPECT_EQ(wait, Wait::none);
    ++connections;
    return Channel(UniqueFd(::dup(pair[0].get())));
  });
  EXPECT_EQ(handed_in.by, HandedIn::By::nobody);
  EXPECT_FALSE(handed_in.unknown);
  EXPECT_EQ(connections, 1);
  EXPECT_THAT(handed_in.exit.text, HasSubstr("did not answer in time; nothing was stored"));
}

TEST(Submit, WhoeverAnswersDecides) {
  const auto by = [](std::vector<Script> scripts) { return handed_in_by(scripts, submission(), delivery()).by; };
  EXPECT_EQ(by({{kGood, ""}}), HandedIn::By::daemon);
  EXPECT_EQ(by({{{"220 hi", "250 ok", "552 5.3.4 too large"}, ""}}), HandedIn::By::daemon);
  EXPECT_EQ(by({}), HandedIn::By::nobody);
  EXPECT_EQ(by({{{}, ""}, {{}, ""}, {{}, ""}}), HandedIn::By::nobody);
}

TEST(Submit, A421IsNoVerdictOnTheMessageAndEveryOther4yzIsOne) {
  for (std::size_t step = 0; step < kGood.size(); ++step) {
    for (const bool turned_away : {true, false}) {
      Script script{{kGood.begin(), kGood.begin() + static_cast<std::ptrdiff_t>(step)}, ""};
      script.replies.emplace_back(turned_away ? "421 4.3.2 no" : "452 4.3.1 limits.per_user");
      std::vector<Script> scripts(3, script);
      const HandedIn handed_in = handed_in_by(scripts, submission(), delivery());
      EXPECT_EQ(handed_in.by, turned_away ? HandedIn::By::nobody : HandedIn::By::daemon) << step;
      EXPECT_FALSE(handed_in.unknown) << step;
      EXPECT_EQ(handed_in.exit.code, EX_TEMPFAIL) << step;
      EXPECT_THAT(handed_in.exit.text, HasSubstr(turned_away ? "421 4.3.2 no" : "limits.per_user")) << step;
    }
  }
}

TEST(Submit, SaysWhatIsRefusedWhereverTheDaemonSaysIt) {
  struct Case {
    std::string reply, words;
  };
  const std::vector<Case> cases = {
      {"452 4.3.1 no space left for a message, try again later", "takes no mail now"},
      {"452 4.3.1 user 1000 has 5 messages in the queue and may have 5 (limits.per_user.messages)",
       "takes no more mail of you now"},
      {"452 4.3.1 user 1000 has 5 MiB in the queue and may have 5 MiB (limits.per_user.size): wait",
       "takes no more mail of you now"},
      {"451 4.7.1 too many messages of user 1000 in a minute (limits.per_user.rate: 60), try again in 9 s",
       "takes no more mail of you now"},
      {"421 4.7.0 no more (limits.per_user.rate)", "takes no more mail of you now"},
      {"552 5.3.4 the message is larger than 1000 bytes", "refused the message"},
      {"552-5.3.4 the message is larger\r\n552 5.3.4 than 1000 bytes", "refused the message"},
      {"550 5.7.1 not allowed (limits.per_user is no reason)", ""},
      {"550 5.7.1 not as this sender", ""},
      {"451 4.7.1 try later", ""},
      {"553 5.1.7 no such sender", ""},
  };
  const std::vector<std::string> named = {"the greeting",    "EHLO",        "the sender <",
                                          "the recipient <", "the message", "the message"};
  for (const auto& [reply, words] : cases) {
    for (std::size_t step = 0; step < named.size(); ++step) {
      // What is said of a recipient is the recipient's, but for what is so for now, whoever it is.
      if (step == 3 && (words.empty() || !reply.starts_with("45"))) continue;
      Script script{{kGood.begin(), kGood.begin() + static_cast<std::ptrdiff_t>(step)}, ""};
      script.replies.push_back(reply);
      std::vector<Script> scripts(3, script);
      const std::string text = submit_to(scripts, submission(), delivery()).text;
      EXPECT_THAT(text, HasSubstr("the mail daemon " + (words.empty() ? "refused " + named[step] : words)))
          << reply << step;
      EXPECT_EQ(text.find("refused the sender") != std::string::npos, words.empty() && step == 2) << text;
    }
  }
}

TEST(Submit, WhoIsTurnedAwayAtTheGreetingGoesAnotherWayAtOnce) {
  const Script away{{"421 4.3.2 too many connections"}, ""};
  std::vector<Script> scripts = {away, {kGood, ""}};
  EXPECT_EQ(handed_in_by(scripts, submission(), delivery()).by, HandedIn::By::nobody);
  EXPECT_EQ(scripts[1].heard, "") << "nobody asked again";
  Delivery how = delivery();
  how.asking = std::chrono::minutes(1);
  std::vector<Script> often(7, away);
  often.push_back({kGood, ""});
  EXPECT_EQ(submit_to(often, submission(), how).code, EX_OK) << "where there is no other way it is asked for longer";
  how.asking = std::chrono::milliseconds(1200);
  std::vector<Script> never(20, away);
  const HandedIn handed_in = handed_in_by(never, submission(), how);
  EXPECT_EQ(handed_in.by, HandedIn::By::nobody);
  EXPECT_THAT(handed_in.exit.text, AllOf(HasSubstr("too many connections"), HasSubstr("nothing was stored")));
}

TEST(Submit, WhatIsSaidBeforeTheConnectionIsClosedIsHeardWhereNothingCanBeSent) {
  int connections = 0;
  const HandedIn handed_in = submit(submission(), delivery(), [&connections](Wait) -> Outcome<Channel> {
    auto pair = make_pair();
    EXPECT_TRUE(write_all(pair[1].get(), "421 4.3.2 too many connections\r\n"));
    pair[1].reset();
    ++connections;
    return Channel(std::move(pair[0]));
  });
  EXPECT_EQ(handed_in.by, HandedIn::By::nobody);
  EXPECT_EQ(connections, 1);
  EXPECT_THAT(handed_in.exit.text, HasSubstr("too many connections"));
}

TEST(Submit, NoLaterRefusalTellsThatNothingWasStoredByTheAttemptThatWasLost) {
  const Script lost{{kGood.begin(), kGood.end() - 1}, ""};
  const std::vector<std::string> older = {"220 hi", "250 host", "555 5.5.4 parameter is not supported",
                                          "503 5.5.1 no MAIL", "503 5.5.1 no MAIL"};
  Submission message = submission();
  message.unread = {"Bob <>"};
  const std::vector<std::vector<std::string>> later = {
      older,
      {"220 hi", "250 host", "550 5.7.1 not for you", "503 5.5.1 no", "503 5.5.1 no"},
      {"220 hi", "250 host", "250 ok", "550 5.1.1 nobody", "554 5.5.1 no valid recipients"},
      {"220 hi", "250 host", "250 ok", "250 ok", "354 go", "552 5.3.4 too large"},
      {"220 hi", "nonsense"},
  };
  for (const std::vector<std::string>& replies : later) {
    std::vector<Script> scripts = {lost, {replies, ""}, {replies, ""}};
    const HandedIn handed_in = handed_in_by(scripts, message, delivery());
    EXPECT_TRUE(handed_in.unknown) << replies.back();
    EXPECT_EQ(handed_in.by, HandedIn::By::daemon) << replies.back();
    EXPECT_EQ(handed_in.exit.code, EX_TEMPFAIL) << replies.back();
    EXPECT_THAT(handed_in.exit.text, AllOf(HasSubstr("may or may not be in the queue"), Not(HasSubstr("nothing was"))))
        << replies.back();
  }
  std::vector<Script> taken = {lost, {kGood, ""}};
  EXPECT_FALSE(handed_in_by(taken, message, delivery()).unknown);
}

TEST(RefusedUnheard, IsWhatADaemonWouldRefuse) {
  const auto with_header = [](const std::string& line, std::size_t count) {
    Submission message = submission();
    for (std::size_t i = 0; i < count; ++i) message.text.insert(0, line);
    return refused_unheard(message, delivery());
  };
  EXPECT_FALSE(with_header("Received: from a by b; now\n", 50));
  const auto loop = with_header("Received: from a by b; now\n", 51);
  ASSERT_TRUE(loop);
  EXPECT_EQ(loop->code, EX_UNAVAILABLE);
  EXPECT_THAT(loop->text, StartsWith("the mail daemon does not serve us now, and would refuse a message with too many "
                                     "Received fields"))
      << "it may be there, and have turned us away (421)";
  EXPECT_FALSE(with_header("X-Filler: 0123456789\n", 256 * 1024 / 21 + 1)) << "no header is too large";

  EXPECT_FALSE(refused_unheard(submission(), delivery()));
  EXPECT_FALSE(refused_unheard(submission({"root", "gr\xC3\xBC\xC3\x9F@example.com"}), delivery()));
  EXPECT_FALSE(refused_unheard(submission({"a@b.example", std::string(65, 'x') + "@b.example"}), delivery()));
  EXPECT_FALSE(refused_unheard(submission({"a@b.example", "x@b..example"}), delivery())) << "the other one gets it";
  const auto refused = refused_unheard(submission({"x@b..example"}), delivery());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, EX_DATAERR);
  EXPECT_THAT(refused->text, StartsWith("the mail daemon does not serve us now, and would refuse "));
  EXPECT_THAT(refused->text, HasSubstr("x@b..example"));
  Submission large = submission();
  large.text.append(std::size_t{53} << 20U, '\n');
  EXPECT_FALSE(refused_unheard(large, delivery())) << "how much it takes is for the daemon to say";
  Submission sloppy = submission();
  sloppy.unread = std::vector<std::string>(mail::kMostUnread, std::string(500, ' ') + "\xC3\xBC");
  sloppy.more_unread = 1000;
  sloppy.unread_sender = std::string(500, ' ') + "x";
  sloppy.sender = std::string(200, 'x') + "@b.example";
  EXPECT_FALSE(refused_unheard(sloppy, delivery())) << "whatever could not be read";
  EXPECT_FALSE(refused_unheard(submission(std::vector<std::string>(5000, "a@b.example")), delivery()));
  const auto too_many = refused_unheard(submission(std::vector<std::string>(60'000, "a@b.example")), delivery());
  ASSERT_TRUE(too_many);
  EXPECT_EQ(too_many->code, EX_DATAERR);
  EXPECT_THAT(too_many->text, HasSubstr("552 5.3.4 too many recipients"));
}

TEST(Drop, SaysWhyTheHelperStoredNothing) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does
  const auto words = [](const std::string& helper) {
    const Exit exit = drop(helper, submission(), delivery());
    EXPECT_EQ(exit.code, EX_TEMPFAIL) << helper;
    return exit.text;
  };
  EXPECT_THAT(words("/nonexistent/postern-drop"), HasSubstr("/nonexistent/postern-drop cannot be run: No such file"));
  EXPECT_THAT(words("/bin/false"), HasSubstr("ended without a word"));
  EXPECT_EQ(drop("/bin/true", submission(), delivery()).code, EX_OK);
}

TEST(Drop, TheHelperIsTheFirstThatCanBeRun) {
  constexpr std::array kBoth{"/nonexistent/postern-drop", "/bin/true", "/bin/false"};
  EXPECT_EQ(drop_helper(kBoth), "/bin/true");
  constexpr std::array kNone{"/nonexistent/postern-drop", "/etc/passwd"};
  EXPECT_EQ(drop_helper(kNone), "/nonexistent/postern-drop");
}

TEST(Drop, ALargeMessageIsNotEvenTried) {
  Submission message = submission();
  message.text.assign((50UL << 20U) + 1, 'x');
  EXPECT_THAT(drop("/bin/true", message, delivery()).text, HasSubstr("too large for the drop directory"));
}

TEST(Submit, APermanentlyRefusedRecipientDoesNotKeepTheMailFromTheOthers) {
  std::vector<Script> scripts = {
      {{"220 hi", "250 ok", "250 ok", "250 ok", "550 5.1.1 who?", "550 5.1.2 where?", "354 go", "250 ok"}, ""}};
  const Exit exit = submit_to(scripts, submission({"a@x", "b@x", "c@x"}), delivery());
  EXPECT_EQ(exit.code, EX_NOUSER);
  EXPECT_THAT(exit.text, HasSubstr("<b@x>: 550 5.1.1 who?; <c@x>: 550 5.1.2 where?"));
  EXPECT_THAT(scripts[0].heard, HasSubstr("body\r\n.\r\n"));
}

TEST(Submit, ARecipientThatIsNoAddressForTheDaemonIsAWarning) {
  std::vector<Script> scripts = {
      {{"220 hi", "250 ok", "250 ok", "250 ok", "501 5.1.3 bad address", "354 go", "250 2.0.0 queued as x"}, ""}};
  const Exit exit = submit_to(scripts, submission({"a@x", "b@x"}), delivery());
  EXPECT_EQ(exit.code, EX_OK);
  EXPECT_EQ(exit.text, "250 2.0.0 queued as x");
  EXPECT_THAT(exit.warning, HasSubstr("<b@x>: 501 5.1.3 bad address"));
  scripts = {{{"220 hi", "250 ok", "250 ok", "501 5.1.3 bad address", "503 5.5.1 nobody"}, ""}};
  const Exit nobody = submit_to(scripts, submission({"b@x"}), delivery());
  EXPECT_EQ(nobody.code, EX_DATAERR);
  EXPECT_THAT(nobody.text, HasSubstr("<b@x>: 501 5.1.3 bad address"));
}

TEST(Submit, HandsOnWhatCouldNotBeRead) {
  std::vector<Script> scripts = {{kGood, ""}};
  Submission message = submission();
  message.unread = {"Web Team (sales", "<>"};
  message.more_unread = 3;
  message.unread_sender = "two words";
  EXPECT_EQ(submit_to(scripts, message, delivery()).code, EX_OK);
  EXPECT_THAT(scripts[0].heard,
              HasSubstr(" XUNREAD=Web+20Team+20(sales+0A<>+0A(and+203+20more) XSENDER=two+20words\r\n"));
}

TEST(Submit, ADaemonFromBeforeAnUpgradeIsAskedWithoutWhatItsLogAloneWouldShow) {
  const std::vector<std::string> older = {"220 hi", "250 host", "555 5.5.4 parameter is not supported",
                                          "503 5.5.1 no MAIL", "503 5.5.1 no MAIL"};
  Submission message = submission();
  message.mended.nuls = 1;
  message.unread_sender = "two words";
  std::vector<Script> scripts = {{older, ""}, {kGood, ""}};
  const Exit exit = submit_to(scripts, message, delivery());
  EXPECT_EQ(exit.code, EX_OK) << exit.text;
  EXPECT_THAT(scripts[0].heard, AllOf(HasSubstr(" XMENDED="), HasSubstr(" XSENDER=")));
  EXPECT_THAT(scripts[1].heard, AllOf(Not(HasSubstr("XMENDED")), Not(HasSubstr("XSENDER"))));

  message.unread = {"Bob <>"};
  std::vector<Script> twice = {{older, ""}, {older, ""}};
  const HandedIn untold = handed_in_by(twice, message, delivery());
  EXPECT_EQ(untold.exit.code, EX_TEMPFAIL) << "nobody would tell the sender";
  EXPECT_THAT(untold.exit.text, AllOf(HasSubstr("restart"), HasSubstr("nothing was stored")));
  EXPECT_EQ(untold.by, HandedIn::By::daemon);

  std::vector<Script> once = {{older, ""}};
  EXPECT_EQ(submit_to(once, submission(), delivery()).code, EX_UNAVAILABLE) << "nothing that could be left out";
}

TEST(Submit, TooManyRecipientsForOneMessageAreRefusedWholeAndForGood) {
  std::vector<Script> scripts = {{kGood, ""}};
  scripts[0].replies.insert(scripts[0].replies.begin() + 4, "552 5.3.4 too many recipients for one message");
  const Exit exit = submit_to(scripts, submission({"bob@example.com", "one@example.com"}), delivery());
  EXPECT_EQ(exit.code, EX_DATAERR);
  EXPECT_THAT(exit.text, HasSubstr("nothing was sent: 552 5.3.4 too many recipients"));
  EXPECT_THAT(scripts[0].heard, Not(HasSubstr("body")));
}

TEST(Submit, ATemporarilyRefusedRecipientEndsItForAll) {
  std::vector<Script> scripts = {{{"220 hi", "250 ok", "250 ok", "250 ok", "452 4.5.3 too many", "354 go"}, ""}};
  const Exit exit = submit_to(scripts, submission({"a@x", "b@x"}), delivery());
  EXPECT_EQ(exit.code, EX_TEMPFAIL);
  EXPECT_THAT(exit.text, HasSubstr("<b@x>: 452 4.5.3 too many"));
  EXPECT_THAT(scripts[0].heard, Not(HasSubstr("body")));
}

TEST(Submit, NonsenseIsAProtocolError) {
  std::vector<Script> scripts = {{{"HTTP/1.1 400 Bad Request"}, ""}};
  EXPECT_EQ(submit_to(scripts, submission(), delivery()).code, EX_PROTOCOL);
}

TEST(Submit, ManyRecipientsDoNotBlockBothSides) {
  std::vector<std::string> recipients;
  std::vector<std::string> replies = {"220 hi", "250 ok", "250 ok"};
  for (int i = 0; i < 20'000; ++i) {
    recipients.push_back("recipient" + std::to_string(i) + "@example.com");
    replies.emplace_back("250 2.1.5 this recipient is all right");
  }
  replies.emplace_back("354 go");
  replies.emplace_back("250 2.0.0 ok");
  std::vector<Script> scripts = {{replies, ""}};
  EXPECT_EQ(submit_to(scripts, submission(recipients), delivery()).code, EX_OK);
}

TEST(Submit, LargeMessagesArriveWhole) {
  Submission message = submission();
  for (int i = 0; i < 50'000; ++i) message.text += ".line " + std::to_string(i) + "\n";
  std::vector<Script> scripts = {{kGood, ""}};
  EXPECT_EQ(submit_to(scripts, message, delivery()).code, EX_OK);
  EXPECT_TRUE(scripts[0].heard.ends_with("\r\n..line 49999\r\n.\r\n"));
}

TEST(ExitCodeFor, C48_FollowsTheEnhancedCodeFirst) {
  EXPECT_EQ(exit_code_for(451, ""), EX_TEMPFAIL);
  EXPECT_EQ(exit_code_for(550, "5.1.1"), EX_NOUSER);
  EXPECT_EQ(exit_code_for(550, "5.1.2"), EX_NOHOST);
  EXPECT_EQ(exit_code_for(501, "5.1.7"), EX_DATAERR);
  EXPECT_EQ(exit_code_for(552, "5.3.4"), EX_DATAERR);
  EXPECT_EQ(exit_code_for(550, "5.7.1"), EX_NOPERM);
  EXPECT_EQ(exit_code_for(550, ""), EX_NOUSER);
  EXPECT_EQ(exit_code_for(552, ""), EX_DATAERR);
  for (int code = 500; code < 600; ++code) EXPECT_GE(exit_code_for(code, ""), EX__BASE);
}

TEST(Connect, NamesTheSocketThatCannotBeReached) {
  const auto channel = Channel::connect("/nonexistent/postern.sock", std::chrono::milliseconds(0));
  ASSERT_FALSE(channel);
  EXPECT_EQ(channel.error().code, EX_TEMPFAIL);
  EXPECT_THAT(channel.error().text, HasSubstr("/nonexistent/postern.sock"));
  EXPECT_EQ(Channel::connect(std::string(200, 'x'), std::chrono::milliseconds(0)).error().code, EX_CONFIG);
}

TEST(Submit, SaysWhatWasMendedIfAnythingWas) {
  Submission message = submission();
  message.mended = {.blanks = 2, .line_ends = 0, .nuls = 1};
  EXPECT_THAT(commands(message, delivery(), "\n"), HasSubstr(" XMENDED=2,0,1\n"));
  EXPECT_THAT(commands(submission(), delivery(), "\n"), Not(HasSubstr("XMENDED")));
}

}  // namespace
}  // namespace postern::shim
