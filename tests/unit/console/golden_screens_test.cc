// Screens as they stand on terminals of 60, 80 and 200 columns: tests/golden/screens. With POSTERN_WRITE_GOLDEN in the
// environment the files are written anew; look at the difference before committing it.
#include "control/summary.h"
#include "mail/local_names.h"
#include "rendered.h"
#include "support/tree.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace postern::console {
namespace {

using control::Summary;

/// What the daemon knows when `postern status` asks.
struct Known {
  queue::Totals totals;
  std::vector<queue::SiteStatus> sites = std::vector<queue::SiteStatus>(1);
  std::vector<std::string> complaints;
  std::optional<queue::Refusal> refusal;
  std::optional<WallTime> silent;
  std::string certificate;
  queue::DropState dropped;
  bool root_alias = true;
};

constexpr auto kConfigFile = "/etc/postern/postern.yaml";
constexpr auto kSpool = "/var/spool/postern";
constexpr auto kHost = "smtp.example.com";

boost::json::object status_of(const Known& known) {
  Summary summary = control::sum_up(known.totals, known.sites, kConfigFile, kShownAt);
  add_dropped(summary, known.dropped, kSpool, kShownAt);
  if (!known.root_alias) {
    mail::LocalNames names;
    names.hostname = names.domain = "web1.example.net";
    add_root(summary, mail::roots_mail(names), names.aliases_file);
  }
  add_complaints(summary, known.complaints);
  if (known.refusal) add_refusal(summary, *known.refusal, kSpool, kShownAt);
  add_certificate(summary, kHost, known.certificate, kShownAt);
  if (known.silent) add_silence(summary, kHost, *known.silent, kShownAt);
  boost::json::object line;
  line["kind"] = "status";
  put_summary(line, summary);
  line["version"] = "0.1.0";
  line["hostname"] = "web1.example.net";
  line["started"] = to_rfc3339(kShownAt - Seconds(3 * 3600));
  line["config"] = kConfigFile;
  line["spool"] = kSpool;
  line["queue"] = to_json(known.totals);
  line["dropped"] = to_json(known.dropped, kSpool);
  boost::json::object root;
  root["alias"] = known.root_alias;
  root["recipients"] = boost::json::array{known.root_alias ? "admin@example.com" : "root@web1.example.net"};
  if (!known.root_alias) root["file"] = "/etc/aliases";
  line["root"] = std::move(root);
  boost::json::array sites;
  for (const queue::SiteStatus& site : known.sites) sites.emplace_back(to_json(site));
  line["smarthosts"] = std::move(sites);
  return line;
}

void be_in_trouble(Known& known, mail::SiteTrouble trouble, Seconds next_try) {
  known.sites[0].trouble = std::move(trouble);
  known.sites[0].since = kShownAt - Seconds(3480);
  known.sites[0].next_probe = kShownAt + next_try;
}

void refuse_login(Known& known) {
  mail::SiteTrouble trouble;
  trouble.step = mail::Step::auth;
  trouble.code = 535;
  trouble.login_refused = true;
  trouble.text =
      "smtp.example.com[192.0.2.1]:465 refuses the login: PLAIN \"535 5.7.8 Error: authentication failed: "
      "(reason unavailable)\"";
  be_in_trouble(known, std::move(trouble), Seconds(1800));
}

void wait_three(Known& known) {
  known.totals.waiting = known.sites[0].waiting = 3;
  known.totals.oldest = kShownAt - Seconds(3480);
  known.totals.oldest_age = Seconds(3480);
}

void wait_for_a_server(Known& known, mail::Step step, Failure failure, const std::string& text) {
  wait_three(known);
  mail::SiteTrouble trouble;
  trouble.step = step;
  trouble.failure = failure;
  trouble.text = "smtp.example.com[192.0.2.1]:465: " + text;
  be_in_trouble(known, std::move(trouble), Seconds(240));
}

struct State {
  std::string name;
  std::function<void(Known&)> make;
};

const std::vector<State>& states() {
  static const std::vector<State> all{
      {"well", [](Known& known) { known.sites[0].tried = true; }},
      {"not-tried", [](Known&) {}},
      {"no-smarthost", [](Known& known) { known.sites.clear(); }},
      {"no-root-alias",
       [](Known& known) {
         known.sites[0].tried = true;
         known.root_alias = false;
       }},
      {"wrong-password-nothing-waits", refuse_login},
      {"wrong-password",
       [](Known& known) {
         refuse_login(known);
         wait_three(known);
       }},
      {"unreachable",
       [](Known& known) {
         wait_for_a_server(known, mail::Step::connect, Failure::refused, "connect: Connection refused");
       }},
      {"hangs-up",
       [](Known& known) {
         wait_for_a_server(known, mail::Step::greeting, Failure::closed, "greeting: the server closed the connection");
       }},
      {"silent",
       [](Known& known) {
         known.totals.active = known.sites[0].active = 1;
         known.silent = kShownAt - Seconds(45);
       }},
      {"reload-failed",
       [](Known& known) {
         known.sites[0].tried = true;
         known.complaints = {
             "the settings file is wrong since 03:40, those of before are in force, and the next start would hold all "
             "mail: /etc/postern/postern.yaml:3:5: unknown key 'smarthots'; did you mean 'smarthosts'?"};
       }},
      {"disk-full",
       [](Known& known) {
         known.sites[0].tried = true;
         known.refusal = queue::Refusal{kShownAt - Seconds(600), Error{Failure::no_space, "no space left"}};
       }},
      {"many-things",
       [](Known& known) {
         known.sites[0].tried = true;
         known.complaints = {"nobody can connect to [::1]:25: Address already in use"};
         known.totals.failed = 2;
         known.totals.held = 1;
         known.dropped.waiting = 2;
         known.dropped.oldest = kShownAt - Seconds(3480);
         known.dropped.refused = {{33, 1}};
         known.certificate = "2026-11-25T12:00:00Z";
       }},
      {"many-down",
       [](Known& known) {
         wait_for_a_server(known, mail::Step::connect, Failure::refused, "connect: Connection refused");
         known.sites[0].kept = {{1, 3}};
         for (int i = 2; i <= 5; ++i) {
           known.sites.push_back(known.sites[0]);
           known.sites.back().name = fmt::format("mx{}.example.com", i);
           known.sites.back().waiting = 0;
           known.sites.back().trouble->text =
               fmt::format("mx{}.example.com[192.0.2.{}]:465: connect: Connection refused", i, i);
         }
       }},
      {"long-name-and-wide-words",
       [](Known& known) {
         wait_three(known);
         mail::SiteTrouble trouble;
         trouble.step = mail::Step::mail;
         trouble.code = 550;
         trouble.text = "MAIL: \"550 ";
         for (int i = 0; i < 10; ++i) trouble.text += "\u90ae\u4ef6\u88ab\u62d2\u7edd";
         trouble.text += '"';
         be_in_trouble(known, std::move(trouble), Seconds(240));
         known.sites[0].name = std::string(70, 'm') + ".department.example.com";
       }},
  };
  return all;
}

void expect_screen(const std::string& name, std::size_t width, const std::string& text) {
  const std::string path = test::tree("golden/screens/") + name + "." + std::to_string(width);
  if (std::getenv("POSTERN_WRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::stringstream file;
  file << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, file.str()) << path;
}

/// Lines are longer than the terminal only for a word that is.
void expect_fits(const std::string& text, std::size_t width) {
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (columns(line) <= width) continue;
    const std::size_t word = line.find_first_not_of(' ');
    EXPECT_EQ(line.find(' ', word), std::string::npos) << width << ": " << line;
  }
}

class GoldenScreens : public Render {};

TEST_F(GoldenScreens, StatusFitsAndSaysTheSameAsBefore) {
  for (const State& state : states()) {
    Known known;
    known.sites[0].name = kHost;
    state.make(known);
    for (const std::size_t width : {60U, 80U, 200U}) {
      const std::string text = Renderer("status", View{kShownAt, width}).line(status_of(known));
      expect_screen("status-" + state.name, width, text);
      expect_fits(text, width);
    }
  }
}

/// What comes as it happens.
TEST_F(GoldenScreens, WhatIsToldOfATestMessageAndOfACommandFits) {
  const std::string words =
      "smtp.example.com[192.0.2.1]:465: the server refuses the connection: \"554 5.7.1 your address "
      "is listed, see https://blocked.example/192.0.2.1 for the reasons and the way out\"";
  const boost::json::object trouble{{"text", words}, {"advice", "ask whoever keeps that list, with the address"}};
  const std::vector<boost::json::object> lines{
      {{"kind", "event"}, {"event", "site_trouble"}, {"trouble", trouble}},
      {{"kind", "event"},
       {"event", "deferred"},
       {"recipient", "someone-with-a-long-name@department.example.com"},
       {"host", "smtp.example.com[192.0.2.1]:465"},
       {"tls", "TLSv1.3, TLS_AES_256_GCM_SHA384"},
       {"mechanism", "SCRAM-SHA-256-PLUS"},
       {"status", boost::json::object{{"verdict", "deferred"}, {"code", 451}, {"text", words}}},
       {"advice", "wait, or ask whoever keeps that list, with the address that it names"}},
      {{"kind", "notice"},
       {"text", "the settings of /etc/postern/postern.yaml are in force, and all of them are good"}},
      {{"kind", "problem"}, {"id", "65x507te00000000"}, {"text", words}},
      {{"kind", "text"}, {"changed", false}, {"doubts_without_8bitmime", boost::json::array{words}}},
      {{"kind", "others"}, {"count", 12345}, {"own", 6789}},
  };
  for (const std::size_t width : {60U, 80U, 200U}) {
    std::string text;
    for (const boost::json::object& line : lines) text += Renderer("send-test", View{kShownAt, width}).line(line);
    expect_screen("as-it-happens", width, text);
    expect_fits(text, width);
  }
}

TEST_F(GoldenScreens, AListFitsAndSaysAReasonOnce) {
  const std::string refused =
      "smtp.example.com[192.0.2.1]:465 refuses the login: PLAIN \"535 5.7.8 Error: authentication failed\"";
  for (const std::size_t width : {60U, 80U, 200U}) {
    Renderer renderer("queue list", on_terminal(width));
    std::string text;
    for (unsigned i = 0; i < 4; ++i) {
      queue::Entry one = entry();
      one.id = QueueId::make(kShownAt - std::chrono::hours(1), i);
      one.sender = i == 3 ? "" : "monitoring-of-the-cluster@web1.example.net";
      one.recipients = {{"admin@example.com", std::nullopt}, {"on-call-team@operations.example.com", std::nullopt}};
      if (i == 2) one.recipients.front().address = "\u65e5\u672c\u8a9e@\u4f8b\u3048.example";
      one.reason = i == 1 ? "451 4.7.1 try again later" : refused;
      text += renderer.line(to_json(one));
    }
    expect_screen("list", width, text);
    expect_fits(text, width);
  }
}

TEST_F(GoldenScreens, ACheckFits) {
  mail::CheckReport report = good_check();
  report.certificate_issuer = "C=US, O=Example Trust Services of the North LLC, CN=Example CA 1C3";
  report.extensions = {"PIPELINING",          "SIZE 35882577", "8BITMIME", "AUTH CRAM-MD5 PLAIN GSSAPI",
                       "ENHANCEDSTATUSCODES", "CHUNKING",      "SMTPUTF8", "DSN"};
  for (const std::size_t width : {60U, 80U, 200U}) {
    const std::string text = Renderer("check", View{kShownAt, width}).line(to_json(report));
    expect_screen("check", width, text);
    expect_fits(text, width);
  }
}

TEST_F(GoldenScreens, AMessageFitsButForItsHeader) {
  boost::json::object line = to_json(entry());
  line["kind"] = "message";
  line["reason"] =
      "smtp.example.com[192.0.2.1]:465 refuses the login: PLAIN \"535 5.7.8 Error: authentication failed\"";
  line["header"] = "Subject: " + std::string(250, 'x') + "\n";
  for (const std::size_t width : {60U, 80U, 200U}) {
    const std::string text = Renderer("queue show", View{kShownAt, width}).line(line);
    expect_screen("message", width, text);
    expect_fits(text.substr(0, text.find("Subject: ")), width);
    EXPECT_NE(text.find(std::string(250, 'x')), std::string::npos);
  }
}

}  // namespace
}  // namespace postern::console
