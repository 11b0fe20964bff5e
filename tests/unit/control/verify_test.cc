#include "session.h"

#include <string>

namespace postern::control {
namespace {

class Verify : public Control {
 protected:
  Verify() {
    for (const char* name : {"main", "backup"}) {
      queue.site_list.push_back({});
      queue.site_list.back().name = name;
      mail::CheckReport report;
      report.site = name;
      report.host = std::string(name) + ".example.com:587";
      reports.push_back(report);
    }
    context->test_envelope = [](const std::string& sender, const std::string& recipient, const net::Peer&) {
      mail::Envelope envelope;
      envelope.sender = (sender.empty() ? "root" : sender) + "@web1.example.net";
      if (recipient != "root") return envelope.recipients.push_back({recipient, 0, ""}), envelope;
      for (const char* one : {"admin@example.com", "boss@example.com"}) envelope.recipients.push_back({one, 0, ""});
      return envelope;
    };
  }
};

TEST_F(Verify, SaysWhereTheMailWouldGoAndAsWhose) {
  EXPECT_EQ(ask("verify\tcron\tb@example.org\n"),
            "ok\n"
            "b@example.org... deliverable: mailer smtp, host main.example.com, user b@example.org\n"
            "    by main (main.example.com:587), from <alerts@example.com>\n"
            "    by backup (backup.example.com:587), from <alerts@example.com>\n"
            "end 0\n");
  EXPECT_EQ(queue.begun, 0U) << "nothing is sent";
}

TEST_F(Verify, TheNullSenderStaysNull) {
  EXPECT_NE(ask("verify\t<>\tb@example.org\n").find("from <>\n"), std::string::npos);
}

TEST_F(Verify, AliasesAreForAdministratorsToRead) {
  const std::string root = ask("verify\troot\troot\n");
  EXPECT_NE(root.find("root... deliverable: mailer smtp, host main.example.com, user admin@example.com\n"
                      "root... deliverable: mailer smtp, host main.example.com, user boss@example.com\n"),
            std::string::npos)
      << root;
  const std::string alice = ask("verify\talice\troot\n", kAlice);
  EXPECT_EQ(alice.find("admin@"), std::string::npos) << alice;
  EXPECT_EQ(alice.find("boss@"), std::string::npos) << alice;
  EXPECT_EQ(alice.find("\nroot..."), alice.rfind("\nroot...")) << alice;
  EXPECT_NE(alice.find("user as the settings say\n"), std::string::npos) << alice;
  EXPECT_NE(ask("verify\talice\tb@example.org\n", kAlice).find("user b@example.org\n"), std::string::npos);
}

TEST_F(Verify, WhatIsNoAddressIsToldWithItsExit) {
  for (const char* address : {"a@", "@", "a b", "a@b c", "<a@b>", "a@\x7f"}) {
    const std::string answer = ask(std::string("verify\troot\t") + address + "\n");
    EXPECT_TRUE(answer.starts_with("ok\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\nend 65\n")) << answer;
    EXPECT_EQ(answer.find("deliverable"), std::string::npos) << answer;
  }
}

TEST_F(Verify, WithoutASmarthostItIsHeld) {
  queue.site_list.clear();
  EXPECT_EQ(ask("verify\troot\tb@example.org\n"),
            "ok\nb@example.org... deliverable: held while no smarthost is configured, user b@example.org\nend 75\n");
}

TEST_F(Verify, WhileTheSettingsFileIsWrongItIsHeld) {
  queue.site_list.clear();
  context->wrong_at_start = [](bool) { return std::string("the settings file is wrong"); };
  EXPECT_EQ(ask("verify\troot\tb@example.org\n"),
            "ok\nb@example.org... deliverable: held while the settings file is wrong, user b@example.org\nend 75\n");
}

TEST_F(Verify, TroubleIsToldAndItsWordsAreForAdministrators) {
  queue.site_list[0].trouble = mail::SiteTrouble{mail::Step::auth, Failure::refused, 535, "535 secret"};
  EXPECT_NE(ask("verify\troot\tb@example.org\n").find("it takes nothing now: 535 secret\n"), std::string::npos);
  const std::string alice = ask("verify\talice\tb@example.org\n", kAlice);
  EXPECT_EQ(alice.find("secret"), std::string::npos) << alice;
  EXPECT_NE(alice.find("it takes nothing now: the server said 535"), std::string::npos) << alice;
}

TEST_F(Verify, OtherNumbersOfArgumentsAreWrongUsage) {
  for (const char* request : {"verify\n", "verify\ta\n", "verify\ta\tb\tc\n", "verify\t\tb\n", "verify\ta@\tb\n"}) {
    EXPECT_TRUE(ask(request).starts_with("error 64 ")) << request;
  }
}

}  // namespace
}  // namespace postern::control
