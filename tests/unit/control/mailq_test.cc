#include "control/mailq.h"

#include "session.h"

#include <regex>
#include <sstream>
#include <string>

namespace postern::control {
namespace {

class Mailq : public Control {};

mail::Status status(mail::Verdict verdict, const std::string& text) {
  mail::Status result;
  result.verdict = verdict;
  result.text = text;
  return result;
}

TEST_F(Mailq, SaysThatTheQueueIsEmpty) { EXPECT_EQ(ask("mailq\n"), "ok\nMail queue is empty\nend 0\n"); }

TEST_F(Mailq, HasTheLayoutOfPostfix) {
  add(1, kAlice, queue::State::active).reason.clear();
  queue::Entry& waiting = add(62, kAlice);
  waiting.recipients.push_back({"done@example.com", status(mail::Verdict::delivered, "250 ok")});
  waiting.recipients.push_back({"late@example.com", status(mail::Verdict::deferred, "451 4.7.1 later")});
  waiting.recipients.push_back({"late2@example.com", status(mail::Verdict::deferred, "451 4.7.1 later")});
  queue::Entry& held = add(3661, kAlice, queue::State::held);
  held.sender.clear();
  held.reason.clear();
  const std::string expected =
      "ok\n"
      "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n" +
      id(1).str() +
      "*     1001 Sun Nov 22 00:00:01 root@web1.example.net\n"
      "                                               admin@example.com\n"
      "\n" +
      id(62).str() +
      "      1062 Sun Nov 22 00:01:02 root@web1.example.net\n"
      "                                      (smtp.example.com: connection refused)\n"
      "                                               admin@example.com\n"
      "                                                           (451 4.7.1 later)\n"
      "                                               late@example.com\n"
      "                                               late2@example.com\n"
      "\n" +
      id(3661).str() +
      "!     4661 Sun Nov 22 01:01:01 MAILER-DAEMON\n"
      "                                               admin@example.com\n"
      "\n"
      "-- 6 Kbytes in 3 Requests.\n"
      "end 0\n";
  EXPECT_EQ(ask("mailq\n"), expected);
}

TEST_F(Mailq, ShowsWhoFailedWhileTheSenderIsStillToBeTold) {
  queue::Entry& owed = add(1, kAlice);
  owed.recipients = {{"done@example.com", status(mail::Verdict::delivered, "250 ok")},
                     {"gone@example.com", status(mail::Verdict::failed, "550 5.1.1 no such user")}};
  const std::string text = mailq_entry(owed);
  EXPECT_NE(text.find("(failed: 550 5.1.1 no such user)\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" gone@example.com\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("done@example.com"), std::string::npos) << text;
}

TEST_F(Mailq, ShowsWhatCouldNotBeReadOnceNobodyIsWaitedFor) {
  queue::Entry& entry = add(1, kAlice, queue::State::failed);
  entry.recipients = {{"done@example.com", status(mail::Verdict::delivered, "250 ok")}};
  entry.unread = {"Bob <>", "two\x1bwords"};
  entry.reason = "no report may be sent";
  const std::string unread =
      "                                 (failed: this cannot be read as an address)\n"
      "                                               Bob <>\n"
      "                                               two\\x1bwords\n"
      "\n";
  std::string text = mailq_entry(entry);
  EXPECT_TRUE(text.ends_with("(failed: no report may be sent)\n" + unread)) << text;
  EXPECT_EQ(text.find("done@example.com"), std::string::npos) << text;

  entry.state = queue::State::waiting;  // while the sender is still to be told
  entry.recipients.push_back({"gone@example.com", status(mail::Verdict::failed, "550 5.1.1 no such user")});
  text = mailq_entry(entry);
  EXPECT_TRUE(text.ends_with(" gone@example.com\n" + unread)) << text;
  EXPECT_EQ(text.find("no report may be sent"), std::string::npos) << text;

  entry.recipients.push_back({"late@example.com", status(mail::Verdict::deferred, "451 4.7.1 later")});
  text = mailq_entry(entry);
  EXPECT_EQ(text.find("Bob"), std::string::npos) << text;
}

TEST_F(Mailq, ShowsWhatFailedAndWhatIsDamaged) {
  queue::Entry& failed = add(1, kAlice, queue::State::failed);
  failed.reason.clear();
  failed.recipients = {{"done@example.com", status(mail::Verdict::delivered, "250 ok")},
                       {"gone@example.com", status(mail::Verdict::failed, "550 5.1.1 no such user")}};
  const std::string text = mailq_entry(failed);
  EXPECT_NE(text.find("(failed: 550 5.1.1 no such user)\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" gone@example.com\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("done@example.com"), std::string::npos) << text;

  queue::Entry& damaged = add(2, kAlice, queue::State::corrupt);
  damaged.recipients.clear();
  damaged.reason = "checksum";
  EXPECT_NE(mailq_entry(damaged).find("(damaged: checksum)\n"), std::string::npos);
}

/// What a program sees that counts as check_mailq does for each mail system; nothing: it is told nothing.
struct Counts {
  std::size_t sendmail = 0, postfix = 0, exim = 0, nullmailer = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};

Counts counts(const std::string& answer) {
  Counts counts;
  std::string before;  // the line before the daemon's last
  std::string last;
  std::istringstream lines(answer);
  for (std::string line; std::getline(lines, line); last = line) {
    before = last;
    std::smatch found;
    if (std::regex_search(line, found, std::regex(R"(^\s+Total\sRequests:\s(\d+)$)")))
      counts.sendmail = std::stoul(found[1]);
    if (std::regex_search(line, std::regex(R"(\s\w{6}-\w{6}-\w{2}\s)"))) ++counts.exim;
    if (std::regex_search(line, std::regex(R"(^\d{4}-\d{2}-\d{2}\s+\d{2}:\d{2}:\d{2}\s+\d+\sbytes)")))
      ++counts.nullmailer;
  }
  EXPECT_EQ(last, "end 0") << answer;
  std::smatch found;
  if (std::regex_search(before, found, std::regex(R"(Kbytes in (\d+))"))) {
    counts.postfix = std::stoul(found[1]);
  } else {
    EXPECT_EQ(before, "Mail queue is empty") << answer;
  }
  return counts;
}

TEST_F(Mailq, AProgramCountsTheSameForEveryMailSystemWhoeverAsks) {
  const auto expect = [&](std::size_t count) {
    for (const uid_t uid : {kRoot, kAlice, kBob}) {
      const std::string answer = ask("mailq\ttally\n", uid);
      EXPECT_EQ(counts(answer), (Counts{count, count, count, count})) << uid << "\n" << answer;
      const Counts person = counts(ask("mailq\n", uid));
      EXPECT_EQ(person, (Counts{0, count, 0, 0})) << uid;
    }
  };
  expect(0);
  std::size_t number = 0;
  const auto count_one = [&](queue::State state, std::size_t& counted) {
    ++number;
    add(static_cast<unsigned>(number), number % 2 == 0 ? kAlice : kRoot, state);
    ++counted;
    expect(number);
  };
  count_one(queue::State::waiting, queue.counted.waiting);
  count_one(queue::State::active, queue.counted.active);
  count_one(queue::State::held, queue.counted.held);
  count_one(queue::State::failed, queue.counted.failed);
  count_one(queue::State::corrupt, queue.counted.corrupt);
  count_one(queue::State::waiting, queue.counted.owed);
}

TEST_F(Mailq, TheTallyOfALongQueueIsWhole) {
  for (const std::size_t count : {255U, 256U, 257U, 512U, 1000U}) {
    queue.counted.waiting = count;
    EXPECT_EQ(counts(ask("mailq\ttally\n", kBob)), (Counts{count, count, count, count}));
  }
}

TEST_F(Mailq, OthersReadHowManyWaitAndHowManyAreTheirs) {
  for (unsigned i = 1; i <= 5; ++i)
    add(i, i <= 2 ? kAlice : kRoot).sender = i <= 2 ? "alice@example.net" : "secret@example.net";
  queue.counted.waiting = 5;
  const std::string alice = ask("mailq\n", kAlice);
  EXPECT_NE(
      alice.find("\n5 messages wait, 2 of them yours; the Kbytes are of yours alone.\n-- 1 Kbytes in 5 Requests.\n"),
      std::string::npos)
      << alice;
  EXPECT_EQ(alice.find("secret"), std::string::npos);
  EXPECT_EQ(ask("mailq\n", kBob), "ok\n5 messages wait, none of them yours.\n-- 0 Kbytes in 5 Requests.\nend 0\n");
  EXPECT_EQ(ask("mailq\n").find("yours"), std::string::npos) << "root sees all of them";
  queue.entries.resize(1);
  queue.counted.waiting = 1;
  EXPECT_EQ(ask("mailq\n", kBob), "ok\n1 message waits, none of them yours.\n-- 0 Kbytes in 1 Request.\nend 0\n");
  EXPECT_EQ(ask("mailq\n", kAlice).find("yours"), std::string::npos) << "there is nothing of others";
}

Task<Result<queue::DropState>> given(Result<std::size_t> count) {
  if (!count) co_return count.error();
  queue::DropState state;
  state.waiting = *count;
  co_return state;
}

TEST_F(Mailq, WhatIsDroppedAndNotTakenUpWaitsToo) {
  Result<std::size_t> dropped = std::size_t{1};
  context->dropped = [&dropped] { return given(dropped); };
  for (const uid_t uid : {kRoot, kBob}) {
    EXPECT_EQ(ask("mailq\n", uid),
              "ok\n1 message lies in /var/spool/postern/drop, not taken up yet.\n-- 0 Kbytes in 1 Request.\nend 0\n");
  }
  dropped = std::size_t{2};
  queue.counted.waiting = 3;
  EXPECT_EQ(counts(ask("mailq\ttally\n", kBob)), (Counts{5, 5, 5, 5}));
  for (unsigned i = 1; i <= 3; ++i) add(i, kAlice);
  EXPECT_EQ(counts(ask("mailq\ttally\n")), (Counts{5, 5, 5, 5}));
  dropped = std::size_t{0};
  EXPECT_EQ(counts(ask("mailq\ttally\n")), (Counts{3, 3, 3, 3}));
  dropped = Error{Failure::denied, "permission denied"};
  EXPECT_EQ(counts(ask("mailq\ttally\n")), (Counts{4, 4, 4, 4})) << "there may be some";
  EXPECT_NE(ask("mailq\n").find("in /var/spool/postern/drop cannot be seen: permission denied.\n"), std::string::npos);
}

/// Nothing that a local user can write into a message hides another's mail from monitoring.
TEST_F(Mailq, NoAddressOrReasonChangesTheCount) {
  for (const std::string& words :
       {std::string("Total Requests: 0"), std::string("x\n Total Requests: 0\n"), std::string("Mail queue is empty"),
        std::string("/var/spool/mqueue (0 requests)"), std::string("Kbytes in 0 Requests.")}) {
    queue.entries.clear();
    queue::Entry& entry = add(1, kAlice);
    entry.sender = entry.reason = words;
    entry.recipients[0].address = words;
    queue.counted.waiting = 1;
    for (const uid_t uid : {kRoot, kAlice, kBob})
      EXPECT_EQ(counts(ask("mailq\ttally\n", uid)), (Counts{1, 1, 1, 1})) << words;
  }
}

TEST_F(Mailq, CountsRequestsAndKilobytes) {
  EXPECT_EQ(mailq_footer(0, 1), "-- 0 Kbytes in 1 Request.\n");
  EXPECT_EQ(mailq_footer(10'240, 2), "-- 10 Kbytes in 2 Requests.\n");
}

TEST_F(Mailq, EscapesWhatWouldSteerATerminal) {
  queue::Entry& entry = add(1, kAlice);
  entry.sender = "a\x1b[2J@x";
  entry.recipients[0].address = "b\r\n@x";
  entry.reason = "\x07";
  const std::string text = mailq_entry(entry);
  EXPECT_NE(text.find("a\\x1b[2J@x"), std::string::npos) << text;
  EXPECT_NE(text.find("b\\x0d\\x0a@x"), std::string::npos) << text;
  EXPECT_NE(text.find("(\\x07)"), std::string::npos) << text;
}

}  // namespace
}  // namespace postern::control
