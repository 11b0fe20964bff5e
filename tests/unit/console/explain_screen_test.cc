#include "console/screens.h"

#include "rendered.h"

namespace postern::console {
namespace {

class ExplainScreen : public Render {};

TEST_F(ExplainScreen, ExplainsTheOrderAndEachReason) {
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

TEST_F(ExplainScreen, ShowsWhetherMailIsGatheredAndSinceWhichRow) {
  boost::json::object line{{"kind", "storm"},
                           {"row", 0},
                           {"file", "/etc/postern/postern.yaml"},
                           {"line", 7},
                           {"window", 5400},
                           {"after", 3},
                           {"why", "storms[0] in /etc/postern/postern.yaml, line 7"}};
  EXPECT_EQ(once(line),
            "storms\n"
            "  gathered     what is alike beyond 3 in 1h30m\n"
            "  since        storms[0] in /etc/postern/postern.yaml, line 7\n");
  line = {{"kind", "storm"}, {"why", "no row of storms fits, and so it goes as it comes"}};
  EXPECT_EQ(once(line),
            "storms\n"
            "  gathered     no\n"
            "  since        no row of storms fits, and so it goes as it comes\n");
}

TEST_F(ExplainScreen, ShowsWhoGetsMailForAnAddress) {
  boost::json::object line;
  line["kind"] = "recipients";
  line["to"] = "root";
  line["recipients"] = boost::json::array{"a@b.example", "c@d.example"};
  EXPECT_EQ(once(line), "  mail for     root goes to\n  RCPT TO      a@b.example\n  RCPT TO      c@d.example\n");
  line["to"] = "a@b.example";
  line["recipients"] = boost::json::array{"a@b.example"};
  EXPECT_EQ(once(line), "  RCPT TO      a@b.example\n");
}

TEST_F(ExplainScreen, ShowsWhatBecomesOfWhat) {
  using boost::json::array;
  using boost::json::object;
  object line{{"kind", "explain"},
              {"site", "main"},
              {"policy", "account"},
              {"sender", object{{"before", "root"}, {"after", "alerts@example.com"}}},
              {"to", "admin@example.com"},
              {"recipients", array{"admin@example.com"}},
              {"fields", array{object{{"name", "From"}, {"before", "root"}, {"after", "root <alerts@example.com>"}},
                               object{{"name", "X-Original-From"}, {"after", "root"}}}}};
  EXPECT_EQ(once(line),
            "main\n"
            "  policy       account\n"
            "  MAIL FROM    <root>\n"
            "    becomes    <alerts@example.com>\n"
            "  RCPT TO      admin@example.com\n"
            "  From         root\n"
            "    becomes    root <alerts@example.com>\n"
            "  X-Original-From root  (added)\n"
            "  login        none: no user is configured\n");
  line["sender"] = object{{"before", "root"}, {"after", "root"}};
  line["fields"] = array{object{{"name", "From"}, {"before", "root"}, {"after", "root"}}};
  EXPECT_NE(once(line).find("  MAIL FROM    <root>\n"
                            "  RCPT TO      admin@example.com\n"
                            "  From         root\n"
                            "  login"),
            std::string::npos)
      << once(line);
}

}  // namespace
}  // namespace postern::console
