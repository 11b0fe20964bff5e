#include "control/mailq.h"

#include "session.h"

namespace postern::control {
namespace {

class Mailq : public Control {};

mail::Status status(mail::Verdict verdict, const std::string& text) {
  mail::Status result;
  result.verdict = verdict;
  result.text = text;
  return result;
}

TEST_F(Mailq, SaysThatTheQueueIsEmpty) { EXPECT_EQ(ask("mailq\n"), "ok\nMail queue is empty\n"); }

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
      "-- 6 Kbytes in 3 Requests.\n";
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
