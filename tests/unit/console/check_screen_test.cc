#include "console/screens.h"

#include "rendered.h"

namespace postern::console {
namespace {

class CheckScreen : public Render {};

TEST_F(CheckScreen, ShowsACheckStepByStep) {
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

TEST_F(CheckScreen, ShowsACheckThatDidNotConnect) {
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

TEST_F(CheckScreen, ShowsOrderWeakerOfferCredentialsAndDialogueOfACheck) {
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
                      "  verdict      login by PLAIN, but weaker than before\n"),
            std::string::npos)
      << text;
}

TEST_F(CheckScreen, SaysNothingOfTlsThatCouldNotBegin) {
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

TEST_F(CheckScreen, ShowsTheServersKeyAndTheRulesOfTls) {
  mail::CheckReport report = good_check();
  report.tls_rules = {"the server is known by its key"};
  report.pin = std::string(64, 'b');
  const std::string shown = once(to_json(report));
  EXPECT_NE(shown.find("  TLS rule     the server is known by its key\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("  key's pin  " + report.pin), std::string::npos) << shown;
}

TEST_F(CheckScreen, WarnsOfAnExpiredCertificateAndOfCleartext) {
  mail::CheckReport report = good_check();
  report.certificate_expires = "2026-11-21T15:00:00Z";
  EXPECT_NE(once(to_json(report)).find("2026-11-21 (EXPIRED 2d ago)"), std::string::npos) << once(to_json(report));
  report.tls_version.clear();
  EXPECT_NE(once(to_json(report)).find("not encrypted"), std::string::npos);
}

}  // namespace
}  // namespace postern::console
