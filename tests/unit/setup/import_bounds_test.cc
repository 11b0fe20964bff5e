// What other programs' files make of the settings is something that the settings take, however odd they are, and it is
// found in a time and said in a number of words that have a bound.
#include "settings/load.h"
#include "setup/credential_file.h"
#include "setup/peer_files.h"
#include "setup/settings_text.h"
#include "support/peer_machine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace postern::setup {
namespace {

/// The first problem of the settings that this becomes, but for files that are not on this machine; empty: none.
std::string problem_of(Proposal proposal) {
  (void)take_passwords(proposal, "/etc/postern");
  const std::string text = settings_text(proposal);
  for (const settings::Problem& problem : settings::parse(text, "made.yaml").problems) {
    if (problem.text.find("cannot read") == std::string::npos) return problem.str() + " in:\n" + text;
  }
  return {};
}

Proposal passes(std::string_view program, const Files& files) {
  Proposal proposal = good(program, files);
  EXPECT_EQ(problem_of(proposal), "") << program;
  return proposal;
}

TEST(ImportBounds, TwoServersOfOneNameGetNamesOfTheirOwn) {
  const Proposal remotes =
      passes("nullmailer", {{"/etc/nullmailer/remotes",
                             "h.example.com smtp --port=587 --starttls\n"
                             "H.example.com smtp --port=465 --ssl\nh.example.com smtp --port=465 --ssl\n"}});
  ASSERT_EQ(remotes.smarthosts.size(), 3U);
  EXPECT_EQ(remotes.smarthosts[0].name, "");
  EXPECT_EQ(remotes.smarthosts[1].name, "H.example.com-465");
  EXPECT_EQ(remotes.smarthosts[2].name, "h.example.com-465-2");
  const Proposal exim = passes("exim", {{"/etc/exim4/update-exim4.conf.conf",
                                         "dc_eximconfig_configtype='smarthost'\n"
                                         "dc_smarthost='h.example.com::587;h.example.com::465;h.example.com-465'\n"}});
  ASSERT_EQ(exim.smarthosts.size(), 3U);
  EXPECT_EQ(exim.smarthosts[2].name, "h.example.com-465-25");
  passes("postfix",
         {{"/etc/postfix/main.cf",
           "relayhost = [h.example.com]:587\nsmtp_fallback_relay = [h.example.com]:465, [H.example.com]:25\n"}});
}

TEST(ImportBounds, AMechanismThatNothingIsThereForIsNotAskedFor) {
  const auto cases = std::to_array<std::pair<std::string_view, Files>>({
      {"ssmtp", {{"/etc/ssmtp/ssmtp.conf", "mailhub=h.example.com:587\nUseSTARTTLS=YES\nAuthMethod=LOGIN\n"}}},
      {"nullmailer", {{"/etc/nullmailer/remotes", "h.example.com smtp --auth-login --starttls\n"}}},
      {"msmtp",
       {{"/etc/msmtprc", "account default\nhost h.example.com\ntls on\nauth external\nuser u\nfrom a@b.example\n"}}},
      {"postfix",
       {{"/etc/postfix/main.cf",
         "relayhost = [h.example.com]:587\nsmtp_tls_security_level = secure\nsmtp_sasl_auth_enable = yes\n"
         "smtp_sasl_password_maps = static:u:hunter2\nsmtp_sasl_mechanism_filter = external\n"}}},
  });
  for (const auto& [program, files] : cases) {
    const Proposal proposal = passes(program, files);
    EXPECT_TRUE(proposal.smarthosts.at(0).mechanisms.empty()) << program;
    const Machine machine(files);
    EXPECT_NE(machine.notes(proposal).find("the login mechanism is not carried over"), std::string::npos) << program;
  }
  const Proposal two = passes("postfix", {{"/etc/postfix/main.cf",
                                           "relayhost = [h.example.com]:587\nsmtp_tls_security_level = secure\n"
                                           "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = static:u:hunter2\n"
                                           "smtp_sasl_mechanism_filter = external, scram-sha-512\n"}});
  EXPECT_EQ(two.smarthosts.at(0).mechanisms, (std::vector<std::string>{"EXTERNAL", "SCRAM-SHA-512"}));
}

TEST(ImportBounds, ACertificateGoesWithItsKeyAndWithTlsOrNotAtAll) {
  const auto cases = std::to_array<std::pair<std::string_view, Files>>({
      {"ssmtp", {{"/etc/ssmtp/ssmtp.conf", "mailhub=h.example.com\nUseTLS=NO\nUseTLSCert=YES\nTLSCert=/c\n"}}},
      {"ssmtp", {{"/etc/ssmtp/ssmtp.conf", "mailhub=h.example.com\nUseTLS=YES\nUseTLSCert=YES\nTLSKey=/c\n"}}},
      {"nullmailer", {{"/etc/nullmailer/remotes", "h.example.com smtp --x509certfile=/c\n"}}},
      {"nullmailer", {{"/etc/nullmailer/remotes", "h.example.com smtp --ssl --x509keyfile=/c\n"}}},
      {"msmtp",
       {{"/etc/msmtprc",
         "account default\nhost h.example.com\ntls on\ntls_cert_file /c\ntls_key_file relative\nfrom a@b.example\n"}}},
      {"postfix",
       {{"/etc/postfix/main.cf",
         "relayhost = h.example.com\nsmtp_tls_security_level = encrypt\nsmtp_tls_cert_file = relative\n"
         "smtp_tls_key_file = /k\n"}}},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", "dc_eximconfig_configtype='satellite'\ndc_smarthost='h.example.com'\n"},
        {"/etc/exim4/exim4.conf.localmacros",
         "REMOTE_SMTP_SMARTHOST_HOSTS_AVOID_TLS = *\nREMOTE_SMTP_SMARTHOST_TLS_CERTIFICATE = /c\n"}}},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", "dc_eximconfig_configtype='satellite'\ndc_smarthost='h.example.com'\n"},
        {"/etc/exim4/exim4.conf.localmacros", "REMOTE_SMTP_SMARTHOST_PRIVATEKEY = /k\n"}}},
  });
  for (const auto& [program, files] : cases) {
    const Proposal proposal = passes(program, files);
    EXPECT_EQ(proposal.smarthosts.at(0).client_key + proposal.smarthosts.at(0).client_certificate, "") << program;
    const Machine machine(files);
    EXPECT_NE(machine.notes(proposal).find("the client certificate is not carried over"), std::string::npos) << program;
  }
}

/// 64 KiB of a line again and again, with numbers in the place of #.
std::string many(const std::string& line) {
  std::string text;
  for (std::size_t i = 0; text.size() + line.size() + 16 < kLargestFile / 16; ++i) {
    std::string one = line;
    for (std::size_t at = one.find('#'); at != std::string::npos; at = one.find('#'))
      one.replace(at, 1, std::to_string(i));
    text += one + "\n";
  }
  return text;
}

TEST(ImportBounds, LargeFilesTakeSecondsAndHaveNotesOfABoundedNumber) {
  const std::string deep = [] {
    std::string text = "relayhost = $a0\n";
    for (int i = 0; i < 30; ++i) {
      text += "a" + std::to_string(i) + " =";
      for (int j = 0; j < 10; ++j) text += " $a" + std::to_string(i + 1);
      text += "\n";
    }
    return text;
  }();
  std::string nested(kLargestFile / 4, '\0');
  for (std::size_t i = 0; i < nested.size(); ++i) nested[i] = "${x:"[i % 4];
  const std::string braces = "relayhost = " + nested + std::string(nested.size() / 4, '}') + "\n";
  const std::string conf = "dc_eximconfig_configtype='smarthost'\ndc_smarthost='h.example.com'\n";
  const auto cases = std::to_array<std::pair<std::string_view, Files>>({
      {"postfix", {{"/etc/postfix/main.cf", deep}}},
      {"postfix", {{"/etc/postfix/main.cf", braces}}},
      {"postfix", {{"/etc/postfix/main.cf", many("a# = $b#")}}},
      {"postfix", {{"/etc/postfix/main.cf", deep + many("b# = $a0").substr(deep.size())}}},
      {"postfix", {{"/etc/postfix/main.cf", many("smtpd_# = x")}}},
      {"postfix",
       {{"/etc/postfix/main.cf", "alias_maps = hash:/t\nsmtp_generic_maps = hash:/t\n"}, {"/t", many("# #")}}},
      {"msmtp", {{"/etc/msmtprc", many("account a#\nhost h.example.com")}}},
      {"ssmtp",
       {{"/etc/ssmtp/ssmtp.conf", "mailhub=h\n" + many("x#=y").substr(16)}, {"/etc/ssmtp/revaliases", many("x")}}},
      {"nullmailer", {{"/etc/nullmailer/remotes", many("h")}, {"/etc/nullmailer/adminaddr", many("a#,").substr(9)}}},
      {"dma",
       {{"/etc/dma/dma.conf", "SMARTHOST h\nAUTHPATH /t\n"}, {"/t", many("u|x#:y")}, {"/etc/aliases", many("#")}}},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", conf},
        {"/etc/exim4/passwd.client", many("x")},
        {"/etc/aliases", many("a#: |x")},
        {"/etc/email-addresses", many("u#: a")}}},
  });
  for (const auto& [program, files] : cases) {
    const auto begin = std::chrono::steady_clock::now();
    const Machine machine(files);
    const auto proposal = machine.read(program);
    const auto end = std::chrono::steady_clock::now();
    EXPECT_LT(end - begin, std::chrono::seconds(20)) << program << files.begin()->second.substr(0, 50);
    if (!proposal) continue;
    EXPECT_LE(proposal->notes.size(), kMostNotes + 1) << program;
    std::size_t words = 0;
    for (const Note& note : proposal->notes) words += note.str().size();
    EXPECT_LT(words, std::size_t{512} << 10U) << program;
  }
}

}  // namespace
}  // namespace postern::setup
