// msmtp, sSMTP, nullmailer and dma.
#include "support/peer_machine.h"

#include <gtest/gtest.h>

namespace postern::setup {
namespace {

TEST(Msmtp, AnArgumentMayStandInQuotes) {
  const Files files = {
      {"/etc/msmtprc", "host\t\"smtp.example.com\"\nauth on\nuser \" a\"b \"\nuser \"alerts\"\npassword \" x\"y \"\n"}};
  EXPECT_EQ(only("msmtp", files).user, "alerts");
  EXPECT_EQ(only("msmtp", files).password.reveal(), " x\"y ");
}

TEST(Msmtp, InheritanceTakesWhatTheParentsSayAndTheDefaultsForTheRest) {
  const settings::Smarthost smarthost =
      only("msmtp", {{"/etc/msmtprc",
                      "defaults\nport 1\ntls on\naccount a\nhost a.example\nport 2\naccount b\nhost b.example\n"
                      "defaults\nport 3\naccount default : a, b\n"}});
  EXPECT_EQ(smarthost.host, "b.example");
  EXPECT_EQ(smarthost.port, 2);
  EXPECT_EQ(smarthost.tls, relay::Tls::starttls);
}

TEST(Msmtp, TheUsersOwnFileGoesBeforeTheMachines) {
  const Files files = {{"/etc/msmtprc", "account default\nhost machine.example\n"},
                       {"/root/.msmtprc", "account default\nhost own.example\n"}};
  EXPECT_EQ(only("msmtp", files).host, "own.example");
  const std::string notes = all_notes("msmtp", files);
  EXPECT_NE(notes.find("/etc/msmtprc:1: this account is not carried over: one of the same name is in your own file"),
            std::string::npos)
      << notes;
  // What is asked about, and named in the settings, is the file whose account is taken.
  const Machine machine(files);
  const auto programs = found(machine.place());
  ASSERT_EQ(programs.size(), 1U);
  EXPECT_EQ(machine.shown(programs[0].file), "/root/.msmtprc");
}

TEST(Msmtp, ACommandIsThePasswordOrIsCopiedOrIsLeftOut) {
  const auto read = [](const std::string& command) {
    return Files{{"/etc/msmtprc", "host smtp.example.com\ntls on\nauth on\nuser u\npasswordeval " + command + "\n"}};
  };
  for (const std::string command : {"echo secret", "\"echo secret\"", "/usr/bin/printf 'secret\\n'"}) {
    const settings::Smarthost smarthost = only("msmtp", read(command));
    EXPECT_EQ(smarthost.password.reveal(), "secret") << command;
    EXPECT_TRUE(smarthost.password_command.empty()) << command;
  }
  for (const std::string command : {"echo c2VjcmV0 | base64 -d", "\"/usr/bin/echo \"hun$ter2\"\"", "token secret"}) {
    const settings::Smarthost smarthost = only("msmtp", read(command));
    EXPECT_TRUE(smarthost.password.empty() && smarthost.password_command.empty()) << command;
    EXPECT_EQ(smarthost.password_file, "/etc/postern/password") << command;
    EXPECT_NE(all_notes("msmtp", read(command)).find("this command is not carried over"), std::string::npos) << command;
  }
  for (const std::string command : {"cat /etc/secret", "pass show smtp | head -n1", "gpg -d 'a b'"}) {
    EXPECT_EQ(only("msmtp", read(command)).password_command, (std::vector<std::string>{"/bin/sh", "-c", command}));
  }
}

TEST(Msmtp, TlsIsOfThreeKinds) {
  const std::string host = "host h\n";
  EXPECT_EQ(only("msmtp", {{"/etc/msmtprc", host}}).tls, relay::Tls::none);
  for (const std::string on : {"tls", "tls on", "tls \"on\""}) {
    EXPECT_EQ(only("msmtp", {{"/etc/msmtprc", host + on + "\n"}}).tls, relay::Tls::starttls) << on;
    EXPECT_EQ(only("msmtp", {{"/etc/msmtprc", host + on + "\ntls_starttls off"}}).tls, relay::Tls::implicit) << on;
    EXPECT_EQ(only("msmtp", {{"/etc/msmtprc", host + on + "\ntls_starttls off"}}).port, 465) << on;
  }
}

TEST(Msmtp, WithoutACheckOfCertificatesTheRestOfTlsGoesOn) {
  for (const std::string off : {"tls_certcheck off\ntls_trust_file /etc/old.pem\n", "tls_trust_file\n"}) {
    const Files files = {{"/etc/msmtprc", "host h\ntls on\n" + off +
                                              "tls_host_override mail.example.com\ntls_cert_file /etc/c.pem\n"
                                              "tls_key_file /etc/k.pem\n"}};
    const settings::Smarthost smarthost = only("msmtp", files);
    EXPECT_EQ(smarthost.tls_name, "mail.example.com");
    EXPECT_EQ(smarthost.client_certificate, "/etc/c.pem");
    EXPECT_EQ(smarthost.client_key, "/etc/k.pem");
    EXPECT_EQ(smarthost.tls_ca_file, "");
    const std::string notes = all_notes("msmtp", files);
    EXPECT_NE(notes.find("/etc/msmtprc:3: the server's certificate was not verified"), std::string::npos) << notes;
    EXPECT_EQ(notes.find("/etc/msmtprc:4: not carried over, since it had no effect") != std::string::npos,
              off.find("old.pem") != std::string::npos)
        << notes;
  }
}

TEST(Msmtp, ATokenIsMadeByItsProgram) {
  const settings::Smarthost smarthost =
      only("msmtp", {{"/etc/msmtprc", "host h\ntls on\nauth oauthbearer\nuser u\npasswordeval /usr/bin/token\n"}});
  EXPECT_EQ(smarthost.token_command, (std::vector<std::string>{"/bin/sh", "-c", "/usr/bin/token"}));
  EXPECT_EQ(smarthost.mechanisms, std::vector<std::string>{"OAUTHBEARER"});
}

TEST(Cleartext, WhereItWasAskedForItGoesOn) {
  const auto allowed = [](std::string_view program, const Files& files) {
    return only(program, files).allow_cleartext_auth;
  };
  EXPECT_TRUE(allowed("msmtp", {{"/etc/msmtprc", "host h\nauth plain\nuser u\npassword p\n"}}));
  EXPECT_FALSE(allowed("msmtp", {{"/etc/msmtprc", "host h\nauth on\nuser u\npassword p\n"}}));
  EXPECT_FALSE(allowed("ssmtp", {{"/etc/ssmtp/ssmtp.conf", "mailhub=h\nAuthUser=u\nAuthPass=p\n"}}));
  EXPECT_FALSE(allowed("nullmailer", {{"/etc/nullmailer/remotes", "h smtp user=u pass=p\n"}}));
  const std::string dma = "SMARTHOST h\nAUTHPATH /a\n";
  EXPECT_TRUE(allowed("dma", {{"/etc/dma/dma.conf", dma + "INSECURE\n"}, {"/a", "u|h:p\n"}}));
  EXPECT_FALSE(allowed("dma", {{"/etc/dma/dma.conf", dma}, {"/a", "u|h:p\n"}}));
  const std::string postfix = "relayhost=[h]\nsmtp_sasl_auth_enable=yes\nsmtp_sasl_password_maps=static:u:p\n";
  EXPECT_TRUE(allowed("postfix", {{"/etc/postfix/main.cf", postfix + "smtp_sasl_security_options = noanonymous\n"}}));
  EXPECT_FALSE(allowed("postfix", {{"/etc/postfix/main.cf", postfix}}));
}

TEST(Ssmtp, KeysAreWithoutCaseAndBlanksAroundTheEqualsSignDoNotCount) {
  const settings::Smarthost smarthost = only(
      "ssmtp", {{"/etc/ssmtp/ssmtp.conf",
                 "MAILHUB = h:2525 # the hub\n\tusetls\t=\tyes\nAuthUser=a#b\nAuthPass=x:y=z\nUnknown=1\nnothing\n"}});
  EXPECT_EQ(smarthost.port, 2525);
  EXPECT_EQ(smarthost.tls, relay::Tls::implicit);
  EXPECT_EQ(smarthost.user, "a");
  EXPECT_EQ(smarthost.password.reveal(), "x:y=z");
}

// tls_ca_file is a file: with a directory no connection would ever be good.
TEST(Authorities, ADirectoryOfThemIsTold) {
  const std::string hub = "mailhub=h\nUseTLS=yes\n";
  for (const std::string lines : {"TLS_CA_File=/etc/ca.pem\nTLS_CA_Dir=/etc/none\n", "TLS_CA_File=/etc/ca.pem\n",
                                  "TLS_CA_File=/etc/ca.pem\nTLS_CA_Dir=/etc/ssl/certs\n"}) {
    const Files files = {{"/etc/ssmtp/ssmtp.conf", hub + lines}};
    EXPECT_EQ(only("ssmtp", files).tls_ca_file, "/etc/ca.pem") << lines;
    EXPECT_EQ(all_notes("ssmtp", files).find("ssmtp.conf:4: a directory of authorities") != std::string::npos,
              lines.find("/etc/none") != std::string::npos)
        << lines;
  }
  const Files exim = {
      {"/etc/exim4/update-exim4.conf.conf", "dc_eximconfig_configtype=smarthost\ndc_smarthost=h::587\n"},
      {"/etc/my-ca/one.pem", "x\n"},
      {"/etc/exim4/exim4.conf.localmacros", "REMOTE_SMTP_SMARTHOST_TLS_VERIFY_CERTIFICATES = /etc/my-ca\n"}};
  EXPECT_EQ(only("exim", exim).tls_ca_file, "");
  EXPECT_NE(all_notes("exim", exim).find("a directory of authorities"), std::string::npos) << all_notes("exim", exim);
}

TEST(Nullmailer, WordsAreQuotedAsInAShell) {
  const auto password = [](const std::string& word) {
    return std::string(
        only("nullmailer", {{"/etc/nullmailer/remotes", "h smtp tls user=u " + word + "\n"}}).password.reveal());
  };
  EXPECT_EQ(password("pass='my pass phrase'"), "my pass phrase");
  EXPECT_EQ(password("'pass=a b'"), "a b");
  EXPECT_EQ(password("--pass=\"a \\\"b\\\" c\""), "a \"b\" c");
  EXPECT_EQ(password("pass=a\\ b\\\\c"), "a b\\c");
  EXPECT_EQ(password("pass=a'\\'b"), "a\\b");
  EXPECT_EQ(password("pass=a=b#c"), "a=b#c");
}

TEST(Nullmailer, AnUnknownOptionIsToldWithoutItsWords) {
  const std::string notes = all_notes("nullmailer", {{"/etc/nullmailer/remotes", "h smtp passwd=secret secret\n"}});
  EXPECT_NE(notes.find("remotes:1: a word is not carried over"), std::string::npos) << notes;
  EXPECT_EQ(notes.find("secret"), std::string::npos) << notes;
}

TEST(Dma, TlsIsOfThreeKinds) {
  const std::string host = "SMARTHOST h\n";
  EXPECT_EQ(only("dma", {{"/etc/dma/dma.conf", host + "STARTTLS\n"}}).tls, relay::Tls::none);
  EXPECT_EQ(only("dma", {{"/etc/dma/dma.conf", host + "SECURETRANSFER\n"}}).tls, relay::Tls::implicit);
  EXPECT_EQ(only("dma", {{"/etc/dma/dma.conf", host + "SECURETRANSFER\t# x\nSTARTTLS  \n"}}).tls, relay::Tls::starttls);
}

TEST(Dma, MasqueradingIsAnAddressOrADomain) {
  const auto read = [](const std::string& value) {
    return good("dma", {{"/etc/dma/dma.conf", "SMARTHOST h\nMAILNAME hamlet.example\nMASQUERADE " + value + "\n"}});
  };
  EXPECT_EQ(read("herb@ert.example").smarthosts[0].from.address, "herb@ert.example");
  EXPECT_EQ(read("john@").smarthosts[0].from.address, "john@hamlet.example");
  EXPECT_EQ(read("percolator.example").names.domain, "percolator.example");
  EXPECT_EQ(read("@percolator.example").names.domain, "percolator.example");
}

}  // namespace
}  // namespace postern::setup
