#include "control/render.h"

#include "control/values.h"
#include "mail/advice.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace postern::control {
namespace {

const WallTime kShownAt = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(15);

class Render : public testing::Test {
 protected:
  Render() { ::setenv("TZ", "UTC", 1); }

  static mail::CheckReport good_check() {
    mail::CheckReport report;
    report.site = "main";
    report.host = "smtp.example.com[192.0.2.1]:465";
    report.greeting = "220 smtp.example.com ESMTP";
    report.tls_version = "TLSv1.3";
    report.tls_cipher = "TLS_AES_256_GCM_SHA384";
    report.certificate_subject = "CN=smtp.example.com";
    report.certificate_issuer = "CN=Example CA";
    report.certificate_expires = "2027-01-01T00:00:00Z";
    report.extensions = {"PIPELINING", "SIZE 1000", "AUTH CRAM-MD5 PLAIN GSSAPI"};
    report.offered = {"CRAM-MD5", "PLAIN", "GSSAPI"};
    using End = mail::AuthAttempt::End;
    report.tried = {{"SCRAM-SHA-1", End::dropped, "the server closed the connection"},
                    {"CRAM-MD5", End::refused, "535 5.7.8 no"},
                    {"PLAIN", End::accepted, "235 2.7.0 ok"}};
    report.skipped = {{"GSSAPI", "not supported"}};
    report.mechanism = "PLAIN";
    return report;
  }

  static queue::Entry entry() {
    queue::Entry entry;
    entry.id = QueueId::make(kShownAt - std::chrono::hours(1), 1);
    entry.size = 1840;
    entry.accepted = kShownAt - std::chrono::minutes(63);
    entry.next = kShownAt + Seconds(240);
    entry.sender = "root@web1";
    entry.source.uid = 1000;
    entry.source.pid = 77;
    entry.source.kind = mail::Source::Kind::local;
    entry.site = "main";
    entry.reason = "connection refused";
    mail::Status later;
    later.code = 451;
    later.enhanced = "4.7.1";
    later.text = "try later";
    entry.recipients = {{"a@x", later}, {"b@x", std::nullopt}};
    return entry;
  }

  static std::string once(const boost::json::object& object) { return Renderer("status", kShownAt).line(object); }
};

TEST_F(Render, ShowsACheckStepByStep) {
  EXPECT_EQ(once(to_json(good_check())),
            "main\n"
            "  connect      smtp.example.com[192.0.2.1]:465\n"
            "  greeting     220 smtp.example.com ESMTP\n"
            "  TLS          TLSv1.3, TLS_AES_256_GCM_SHA384\n"
            "  certificate  CN=smtp.example.com\n"
            "    issuer     CN=Example CA\n"
            "    expires    2027-01-01 (in 38 days)\n"
            "  EHLO         PIPELINING, SIZE 1000, AUTH CRAM-MD5 PLAIN GSSAPI\n"
            "  AUTH         offered: CRAM-MD5 PLAIN GSSAPI\n"
            "    not tried  GSSAPI: not supported\n"
            "    tried      SCRAM-SHA-1: no answer (the server closed the connection)\n"
            "    tried      CRAM-MD5: refused (535 5.7.8 no)\n"
            "    tried      PLAIN: works (235 2.7.0 ok)\n"
            "  verdict      all is well; login by PLAIN\n");
}

TEST_F(Render, ShowsACheckThatDidNotConnect) {
  mail::CheckReport report;
  report.site = "main";
  report.host = "smtp.example.com:465";
  mail::SiteTrouble trouble;
  trouble.text = "connection refused";
  report.trouble = trouble;
  EXPECT_EQ(
      once(to_json(report)),
      "main\n"
      "  connect      smtp.example.com:465\n"
      "  verdict      TROUBLE at connect: connection refused\n"
      "  what to do   nothing listens there: check host and port; the server may be down, or a firewall refuses\n");
}

TEST_F(Render, ShowsOrderWeakerOfferCredentialsAndDialogueOfACheck) {
  mail::CheckReport report = good_check();
  report.order = {"PLAIN", "CRAM-MD5"};
  report.weaker = {"SCRAM-SHA-256 was offered before"};
  report.credentials = "password";
  report.warnings = {"the user 'apikey' is no address"};
  report.trace = {"C: EHLO web1.example.net", "S: 250 \x1b[2J"};
  const std::string text = once(to_json(report));
  EXPECT_NE(text.find("  AUTH         offered: CRAM-MD5 PLAIN GSSAPI\n"
                      "    WEAKER     SCRAM-SHA-256 was offered before\n"
                      "    we have    password\n"
                      "    order      PLAIN CRAM-MD5\n"
                      "    not tried  GSSAPI: not supported\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  dialogue     (secrets are left out)\n"
                      "               C: EHLO web1.example.net\n"
                      "               S: 250 \\x1b[2J\n"
                      "  warning      the user 'apikey' is no address\n"
                      "  verdict"),
            std::string::npos)
      << text;
}

TEST_F(Render, SaysNothingOfTlsThatCouldNotBegin) {
  mail::CheckReport report;
  report.site = "main";
  report.host = "smtp.example.com[192.0.2.1]:587";
  report.greeting = "220 smtp.example.com ESMTP";
  struct Row {
    mail::Step step;
    const char* shown;
  };
  for (const Row& row : {Row{mail::Step::ehlo, ""}, Row{mail::Step::tls, "  TLS          not established\n"},
                         Row{mail::Step::auth, "  TLS          none: this connection is not encrypted\n"}}) {
    report.trouble = mail::SiteTrouble{row.step, Failure::protocol, 0, "the server spoke out of turn", false};
    EXPECT_EQ(once(to_json(report)),
              "main\n"
              "  connect      smtp.example.com[192.0.2.1]:587\n"
              "  greeting     220 smtp.example.com ESMTP\n" +
                  std::string(row.shown) + "  verdict      TROUBLE at " + std::string(mail::name(row.step)) +
                  ": the server spoke out of turn\n");
  }
}

TEST_F(Render, ExplainsTheOrderAndEachReason) {
  mail::CheckReport report;
  report.site = "main";
  report.host = "smtp.example.com:25";
  const auto explained = [&report] {
    boost::json::object line = to_json(report);
    line["kind"] = "explain";
    return once(line);
  };
  EXPECT_EQ(explained(),
            "main\n"
            "  server       smtp.example.com:25\n"
            "  login        none: no user is configured\n");
  report.credentials = "password";
  report.offered = {"PLAIN", "SCRAM-SHA-256", "CRAM-MD5"};
  report.order = {"SCRAM-SHA-256", "CRAM-MD5"};
  report.skipped = {{"PLAIN", "the channel is not encrypted"},
                    {"EXTERNAL", "there is no client certificate"},
                    {"LOGIN", "the channel is not encrypted"}};
  EXPECT_EQ(explained(),
            "main\n"
            "  server       smtp.example.com:25\n"
            "  we have      password\n"
            "  offered      PLAIN SCRAM-SHA-256 CRAM-MD5 (when we were there last)\n"
            "  order        SCRAM-SHA-256, CRAM-MD5\n"
            "               PLAIN, LOGIN: not tried, the channel is not encrypted\n"
            "               EXTERNAL: not tried, there is no client certificate\n");
  report.trouble = mail::SiteTrouble{mail::Step::auth, Failure::not_found, 0, "nothing is known yet", false};
  EXPECT_EQ(explained(),
            "main\n"
            "  server       smtp.example.com:25\n"
            "  we have      password\n"
            "  order        unknown: nothing is known yet\n");
}

TEST_F(Render, TellsAPersonWhereToAgree) {
  boost::json::object line;
  line["kind"] = "device";
  line["site"] = "main";
  line["url"] = "https://id.example.com/device";
  line["code"] = "ABCD-EFGH";
  line["expires"] = 900;
  Renderer renderer("login", kShownAt);
  EXPECT_EQ(renderer.line(line),
            "To let posternd log in at main, open this page in any browser, on any device:\n\n"
            "    https://id.example.com/device\n\n"
            "and enter the code\n\n"
            "    ABCD-EFGH\n\n"
            "The code is good for 15m.\n");
  EXPECT_EQ(renderer.waiting_for(), "you to agree");
  line["complete_url"] = "https://id.example.com/device?code=ABCD-EFGH";
  EXPECT_NE(renderer.line(line).find("The page with the code in it: https://id.example.com/device?code=ABCD-EFGH\n"),
            std::string::npos);
}

TEST_F(Render, GivesAdviceWhereTheReasonIsShown) {
  queue::Entry waiting = entry();
  waiting.trouble = mail::SiteTrouble{mail::Step::auth, Failure::denied, 535, "PLAIN: 535 5.7.8 no", true};
  waiting.reason = waiting.trouble->text;
  boost::json::object line = to_json(waiting);
  EXPECT_NE(std::string(line.at("advice").as_string()).find("postern check main"), std::string::npos);
  line["kind"] = "message";
  const std::string text = once(line);
  EXPECT_NE(text.find("reason        PLAIN: 535 5.7.8 no\nwhat to do    check user and password"), std::string::npos)
      << text;

  queue::Event event;
  event.kind = queue::Event::Kind::site_trouble;
  event.site = "main";
  event.report.site = waiting.trouble;
  EXPECT_NE(once(to_json(event)).find("  what to do: check user and password"), std::string::npos);

  queue::Entry refused = entry();
  refused.recipients[0].last->code = 554;
  refused.recipients[0].last->text = "5.2.252 SendAsDenied";
  EXPECT_NE(std::string(to_json(refused).at("advice").as_string()).find("Send As"), std::string::npos);
  EXPECT_FALSE(to_json(entry()).contains("advice"));
}

TEST_F(Render, WarnsOfAnExpiredCertificateAndOfCleartext) {
  mail::CheckReport report = good_check();
  report.certificate_expires = "2026-11-21T15:00:00Z";
  EXPECT_NE(once(to_json(report)).find("2026-11-21 (EXPIRED 2d ago)"), std::string::npos) << once(to_json(report));
  report.tls_version.clear();
  EXPECT_NE(once(to_json(report)).find("not encrypted"), std::string::npos);
}

TEST_F(Render, ListsInColumnsUnderOneHeading) {
  const boost::json::object line = to_json(entry());
  Renderer renderer("queue list", kShownAt);
  EXPECT_EQ(renderer.end(), "The queue is empty.\n");
  const std::string row = entry().id.str() + "  waiting     1h3m    1.8K  in 4m      root@web1 -> a@x, b@x\n" +
                          "                  connection refused\n";
  EXPECT_EQ(renderer.line(line),
            "ID                STATE        AGE    SIZE  NEXT       SENDER -> RECIPIENTS, REASON\n" + row);
  EXPECT_EQ(renderer.line(line), row);
  EXPECT_EQ(renderer.end(), "");
}

TEST_F(Render, ShortensAnAnswerInListsAndShowsTheWhole) {
  boost::json::object line = to_json(entry());
  const std::string answer = "451 4.7.1 " + std::string(500, 'x') + " the end";
  line["reason"] = answer;
  const std::string listed = Renderer("queue list", kShownAt).line(line);
  EXPECT_EQ(listed.find("the end"), std::string::npos);
  EXPECT_NE(listed.find("xxx...\n"), std::string::npos) << listed;
  line["kind"] = "message";
  EXPECT_NE(once(line).find(answer), std::string::npos);
}

TEST_F(Render, ShowsAMessageWithItsRecipientsAndHeader) {
  boost::json::object line = to_json(entry());
  line["kind"] = "message";
  line["header"] = "Subject: hi\n\tthere\n";
  EXPECT_EQ(once(line), "id            " + entry().id.str() +
                            "\n"
                            "state         waiting\n"
                            "accepted      2026-11-23 13:57:00 (1h3m ago)\n"
                            "source        local, uid 1000, pid 77\n"
                            "size          1840 bytes\n"
                            "smarthost     main\n"
                            "next attempt  2026-11-23 15:04:00 (in 4m)\n"
                            "reason        connection refused\n"
                            "from          root@web1\n"
                            "to            a@x  (deferred: 451 4.7.1 try later)\n"
                            "to            b@x  (not tried yet)\n"
                            "\n"
                            "Subject: hi\n"
                            " there\n");
}

TEST_F(Render, PutsCodeAndWordsOfAVerdictTogetherOnce) {
  boost::json::object event;
  event["kind"] = "event";
  event["event"] = "delivered";
  event["recipient"] = "a@x";
  mail::Status status;
  status.verdict = mail::Verdict::delivered;
  struct Row {
    int code;
    const char* enhanced;
    const char* text;
    const char* shown;
  };
  for (const Row& row : {Row{250, "2.0.0", "ok", "250 2.0.0 ok"}, Row{250, "", "ok", "250 ok"},
                         Row{0, "4.4.7", "too old", "4.4.7 too old"}, Row{0, "", "x", "x"},
                         Row{550, "5.0.0", "no", "550 no"}, Row{451, "4.0.0", "no", "451 no"}}) {
    queue::Event done;
    done.kind = queue::Event::Kind::delivered;
    done.recipient = "a@x";
    done.status = status;
    done.status.code = row.code;
    done.status.enhanced = row.enhanced;
    done.status.text = row.text;
    EXPECT_EQ(once(to_json(done)), std::string("a@x: delivered: ") + row.shown + "\n");
  }
}

TEST_F(Render, ShowsTheTroubleOfASite) {
  queue::SiteStatus site;
  site.name = "smtp.example.com";
  site.waiting = 3;
  mail::SiteTrouble trouble;
  trouble.step = mail::Step::auth;
  trouble.text = "535 5.7.8 no";
  trouble.login_refused = true;
  site.trouble = trouble;
  site.since = kShownAt - Seconds(3480);
  site.next_probe = kShownAt + Seconds(180);
  boost::json::object line;
  line["kind"] = "status";
  line["verdict"] = "the verdict";
  line["smarthosts"] = boost::json::array();
  line["smarthosts"].as_array().emplace_back(to_json(site));
  const std::string text = once(line);
  EXPECT_TRUE(text.starts_with("the verdict\n\n")) << text;
  EXPECT_NE(text.find("SMARTHOST         STATE          WAITING  ACTIVE  LAST DELIVERY\n"
                      "smtp.example.com  login refused        3       0  none yet\n"
                      "  535 5.7.8 no at auth, since 14:02, next try in 3m\n"
                      "  what to do: check user and password"),
            std::string::npos)
      << text;
  line["verdict"] = "the verdict; what to do: " + mail::advice(trouble, site.name);
  EXPECT_EQ(once(line).find("  what to do:"), std::string::npos) << "once is enough";
  line["verdict"] = "3 messages wait: 535 5.7.8 no";
  EXPECT_NE(once(line).find("\n  as above at auth, since 14:02"), std::string::npos) << once(line);
}

TEST_F(Render, SaysWhereRootsMailGoes) {
  boost::json::object line;
  line["kind"] = "status";
  EXPECT_EQ(once(line).find("root's mail"), std::string::npos);
  line["root"] = boost::json::object{{"alias", true}};
  EXPECT_EQ(once(line).find("root's mail"), std::string::npos) << "that is not for everybody to know";
  line["root"] = boost::json::object{{"alias", true}, {"recipients", boost::json::array{"a@b.example", "c@d.example"}}};
  EXPECT_NE(once(line).find("\nroot's mail   a@b.example, c@d.example\n"), std::string::npos) << once(line);
  line["root"] = boost::json::object{{"alias", false}, {"recipients", boost::json::array{"root@web1.example.net"}}};
  EXPECT_NE(once(line).find("\nroot's mail   root@web1.example.net; there is no alias for root: set one"),
            std::string::npos)
      << once(line);
  line["root"].as_object()["file"] = "/etc/aliases";
  EXPECT_NE(once(line).find("no alias for root in the settings or, as far as it can be read, in /etc/aliases: set one"),
            std::string::npos)
      << once(line);
  line["root"] =
      boost::json::object{{"alias", true}, {"recipients", boost::json::array{"joe@web1.example.net"}}, {"local", true}};
  EXPECT_NE(once(line).find("\nroot's mail   joe@web1.example.net; the alias for root leads to a local user alone: set "
                            "one (aliases: { root: ADDRESS })"),
            std::string::npos)
      << once(line);
}

TEST_F(Render, SaysWhatLiesInTheDropDirectoryAndWhatWasRefused) {
  boost::json::object line;
  line["kind"] = "status";
  queue::DropState state;
  line["dropped"] = to_json(state, "/s");
  EXPECT_EQ(once(line).find("drop"), std::string::npos) << once(line);
  EXPECT_EQ(once(line).find("refused"), std::string::npos);
  state.waiting = 3;
  state.oldest = kShownAt - Seconds(180);
  state.refused = {{33, 2}, {1000, 40}};
  line["dropped"] = to_json(state, "/s");
  EXPECT_NE(once(line).find("drop          3 not taken up yet in /s/drop, the first came 3m ago\n"), std::string::npos)
      << once(line);
  EXPECT_NE(
      once(line).find("refused       2 of uid 33, 40 of uid 1000 in /s/refused; remove them when you have looked, "
                      "or they go after 30 days\n"),
      std::string::npos)
      << once(line);
  line["dropped"] = boost::json::object{{"error", "/s/drop: Permission denied"}};
  EXPECT_NE(once(line).find("drop          /s/drop: Permission denied\n"), std::string::npos) << once(line);
}

TEST_F(Render, ShowsWhoGetsMailForAnAddress) {
  boost::json::object line;
  line["kind"] = "recipients";
  line["to"] = "root";
  line["recipients"] = boost::json::array{"a@b.example", "c@d.example"};
  EXPECT_EQ(once(line), "  mail for     root goes to\n  RCPT TO      a@b.example\n  RCPT TO      c@d.example\n");
  line["to"] = "a@b.example";
  line["recipients"] = boost::json::array{"a@b.example"};
  EXPECT_EQ(once(line), "  RCPT TO      a@b.example\n");
}

TEST_F(Render, CallsASmarthostWellOnlyAfterItWasTriedAndNamesTheStepOnlyWhereTheTextDoesNot) {
  queue::SiteStatus site;
  site.name = "main";
  boost::json::object line;
  line["kind"] = "status";
  const auto shown = [&] {
    line["smarthosts"] = boost::json::array{to_json(site)};
    return once(line);
  };
  EXPECT_NE(shown().find("main       not tried "), std::string::npos) << shown();
  site.tried = true;
  EXPECT_NE(shown().find("main       well "), std::string::npos) << shown();
  using Rate = queue::RateLimit;
  site.limited = queue::Limited{Rate{Rate::Of::messages, Rate::Per::hour, 30}, kShownAt};
  EXPECT_NE(shown().find("  waits for the hourly limit until "), std::string::npos) << shown();
  EXPECT_NE(shown().find(" (30 messages/hour)\n"), std::string::npos) << shown();
  mail::SiteTrouble trouble;
  trouble.text = "mx[192.0.2.1]:465: connect: Connection refused";
  for (const mail::Step step : {mail::Step::connect, mail::Step::resolve}) {
    trouble.step = step;
    site.trouble = trouble;
    EXPECT_NE(shown().find("connect: Connection refused\n"), std::string::npos) << shown();
  }
}

TEST_F(Render, Q15_IsNotSteeredByAnyMemberOfAnAnswer) {
  const std::vector<boost::json::object> lines{to_json(good_check()), to_json(entry())};
  for (boost::json::object line : lines) {
    for (const auto& member : boost::json::object(line)) {
      if (member.key() == "kind") continue;
      for (const boost::json::value& hostile :
           {boost::json::value("a\x1b[2J\x07\u009b\u202e"), boost::json::value(7), boost::json::value(nullptr),
            boost::json::value(boost::json::array{"\x1b", 1}),
            boost::json::value(boost::json::object{{"text", "\x1b"}})}) {
        boost::json::object changed = line;
        changed[member.key()] = hostile;
        const std::string text = once(changed);
        EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
        EXPECT_EQ(text.find('\x07'), std::string::npos) << text;
        EXPECT_EQ(text.find("\u202e"), std::string::npos) << text;
      }
    }
  }
}

TEST_F(Render, KeepsToItselfWhatItDoesNotKnow) {
  boost::json::object line;
  EXPECT_EQ(once(line), "");
  line["kind"] = "weather";
  EXPECT_EQ(once(line), "");
}

TEST_F(Render, SaysHowToSeeMoreOfAListing) {
  boost::json::object line{{"kind", "more"}};
  EXPECT_EQ(once(line), "There are more: a larger --limit shows them.\n");
  line["after"] = "0123456789abcdef";
  EXPECT_EQ(once(line), "There are more: the same command with --after 0123456789abcdef shows them.\n");
}

TEST_F(Render, SaysOfASelectionWhatBecameOfEachPart) {
  EXPECT_EQ(once({{"kind", "deleted"}, {"count", 2}, {"left", 0}}), "2 messages: deleted\n");
  EXPECT_EQ(once({{"kind", "deleted"}, {"count", 0}, {"left", 0}}), "0 messages: deleted\n");
  EXPECT_EQ(once({{"kind", "retried"}, {"count", 0}, {"left", 1}}), "1 message: left as it was\n");
  EXPECT_EQ(once({{"kind", "bounced"}, {"count", 6}, {"left", 2}, {"told_later", 2}, {"told_never", 3}}),
            "1 message: returned to the sender\n"
            "2 messages: given up; the sender will be told in a digest\n"
            "3 messages: given up; the sender may not be told of it, and so it is kept in failed/\n"
            "2 messages: left as they were\n");
  EXPECT_EQ(once({{"kind", "bounced"}, {"count", 3}, {"left", 0}, {"told_never", 3}}),
            "3 messages: given up; the sender may not be told of it, and so it is kept in failed/\n");
  EXPECT_EQ(once({{"kind", "bounced"}, {"id", "x"}, {"told", "now"}}), "x: returned to the sender\n");
  EXPECT_EQ(once({{"kind", "bounced"}, {"id", "x"}, {"told", "later"}}),
            "x: given up; the sender will be told in a digest\n");
}

TEST_F(Render, KnowsWhomTheDaemonWaitsFor) {
  Renderer renderer("check", kShownAt);
  EXPECT_EQ(renderer.waiting_for(), "posternd");
  boost::json::object line;
  line["kind"] = "checking";
  line["site"] = "smtp.example.com";
  EXPECT_EQ(renderer.line(line), "");
  EXPECT_EQ(renderer.waiting_for(), "smtp.example.com");
}

}  // namespace
}  // namespace postern::control
