#include "setup/importer.h"

#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

namespace postern::setup {
namespace {

using Files = std::map<std::string, std::string>;  // "/etc/x" -> contents

/// The machine of a test: a directory with the files of other programs.
class Machine {
 public:
  explicit Machine(const Files& files) {
    for (const auto& [path, text] : files) {
      std::filesystem::create_directories(std::filesystem::path(dir_.path() + path).parent_path());
      dir_.write(path.substr(1), text);
    }
  }

  [[nodiscard]] Place place() const { return Place{dir_.path(), "/root"}; }
  [[nodiscard]] Result<Proposal> read(std::string_view program) const {
    for (const Importer& importer : importers()) {
      if (importer.name == program) return importer.read(place());
    }
    return Error{Failure::invalid, "no such importer"};
  }
  /// Without the directory, which has another name each time.
  [[nodiscard]] std::string shown(std::string text) const {
    for (std::size_t at = text.find(dir_.path()); at != std::string::npos; at = text.find(dir_.path())) {
      text.erase(at, dir_.path().size());
    }
    return text;
  }
  [[nodiscard]] std::string error(std::string_view program) const {
    const auto proposal = read(program);
    return proposal ? std::string("no error") : shown(proposal.error().text);
  }
  [[nodiscard]] std::string notes(const Proposal& proposal) const {
    std::string text;
    for (const Note& note : proposal.notes) text += shown(note.str()) + "\n";
    return text;
  }

 private:
  test::ScratchDir dir_;
};

Proposal good(std::string_view program, const Files& files) {
  const Machine machine(files);
  auto proposal = machine.read(program);
  EXPECT_TRUE(proposal) << proposal.error().text;
  return proposal ? std::move(*proposal) : Proposal{};
}

settings::Smarthost only(std::string_view program, const Files& files) {
  Proposal proposal = good(program, files);
  EXPECT_EQ(proposal.smarthosts.size(), 1U);
  return proposal.smarthosts.empty() ? settings::Smarthost{} : proposal.smarthosts.front();
}

std::string all_notes(std::string_view program, const Files& files) {
  const Machine machine(files);
  const auto proposal = machine.read(program);
  EXPECT_TRUE(proposal) << proposal.error().text;
  return proposal ? machine.notes(*proposal) : std::string();
}

const Files kSmallest[] = {
    {{"/etc/msmtprc", "host smtp.example.com\n"}},
    {{"/etc/ssmtp/ssmtp.conf", "mailhub=smtp.example.com\n"}},
    {{"/etc/nullmailer/remotes", "smtp.example.com\n"}},
    {{"/etc/dma/dma.conf", "SMARTHOST smtp.example.com\n"}},
    {{"/etc/postfix/main.cf", "relayhost = [smtp.example.com]\n"}},
    {{"/etc/exim4/update-exim4.conf.conf", "dc_eximconfig_configtype='smarthost'\ndc_smarthost='smtp.example.com'\n"}},
};

TEST(Importer, EachFindsItsOwnFilesAndNoOthers) {
  for (std::size_t i = 0; i < importers().size(); ++i) {
    const Machine machine(kSmallest[i]);
    const std::vector<Found> programs = found(machine.place());
    ASSERT_EQ(programs.size(), 1U);
    EXPECT_EQ(programs[0].importer, &importers()[i]);
    EXPECT_EQ(machine.shown(programs[0].file), kSmallest[i].begin()->first);
  }
  EXPECT_TRUE(found(Machine(Files{{"/etc/other", ""}}).place()).empty());
}

TEST(Importer, TheSmallestFileOfEachNamesItsServer) {
  for (std::size_t i = 0; i < importers().size(); ++i) {
    const settings::Smarthost smarthost = only(importers()[i].name, kSmallest[i]);
    EXPECT_EQ(smarthost.host, "smtp.example.com") << importers()[i].name;
    EXPECT_EQ(smarthost.port, 25) << importers()[i].name;
  }
}

TEST(Importer, LineEndsAndAMissingLastOneMakeNoDifference) {
  for (std::size_t i = 0; i < importers().size(); ++i) {
    const auto& [path, text] = *kSmallest[i].begin();
    std::string crlf;
    for (const char c : text) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    for (const std::string& relative : {text.substr(0, text.size() - 1), crlf, crlf.substr(0, crlf.size() - 2),
                                        "\n\n" + text, "# x\n" + text, text + "\n   \n\t\n", "\t \n" + text}) {
      EXPECT_EQ(only(importers()[i].name, {{path, relative}}).host, "smtp.example.com") << importers()[i].name << "\n"
                                                                                        << relative;
    }
  }
}

TEST(Importer, WithoutItsFileEachSaysSo) {
  for (const Importer& importer : importers()) {
    const Machine machine(Files{{"/etc/other", ""}});
    const auto proposal = importer.read(machine.place());
    ASSERT_FALSE(proposal);
    EXPECT_EQ(proposal.error().failure, Failure::not_found) << importer.name;
  }
}

TEST(Importer, FilesThatAreNoTextOrTooLargeAreRefused) {
  for (std::size_t i = 0; i < importers().size(); ++i) {
    const std::string path = kSmallest[i].begin()->first;
    for (const std::string& bytes : {std::string("a\0b", 3), std::string(2 << 20, 'x')}) {
      const auto proposal = Machine(Files{{path, bytes}}).read(importers()[i].name);
      ASSERT_FALSE(proposal);
      EXPECT_TRUE(proposal.error().failure == Failure::invalid || proposal.error().failure == Failure::limit);
    }
  }
}

TEST(Importer, AnyBytesEndInAProposalOrAnError) {
  const std::string words = "host account : = | # ' \" \\ $ { } ( ) [ ] ; , < > @ % * ? ! ~ \t \n relayhost 25 smtp";
  unsigned random = 1;
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
      random = random * 1103515245U + 12345U;
      text += words[(random >> 16U) % words.size()];
    }
    for (std::size_t i = 0; i < importers().size(); ++i) {
      const auto& [path, good] = *kSmallest[i].begin();
      (void)Machine(Files{{path, good + text},
                          {"/etc/aliases", text},
                          {"/etc/exim4/passwd.client", text},
                          {"/etc/ssmtp/revaliases", text}})
          .read(importers()[i].name);
    }
  }
}

struct Wrong {
  std::string_view program;
  Files files;
  std::string_view error;
};

TEST(Importer, WhatIsWrongIsToldWithFileAndLine) {
  const Wrong kWrong[] = {
      {"msmtp", {{"/etc/msmtprc", "\nhots x\n"}}, "/etc/msmtprc:2: msmtp knows no command 'hots'"},
      {"msmtp",
       {{"/etc/msmtprc", "account a\nhost h\naccount b : c\n"}},
       "/etc/msmtprc:3: there is no account 'c' above"},
      {"msmtp",
       {{"/etc/msmtprc", "account a\nhost h\naccount a\n"}},
       "/etc/msmtprc:3: the account a stands here once more"},
      {"msmtp", {{"/etc/msmtprc", "account a\nport 25\n"}}, "/etc/msmtprc:1: the account a names no host"},
      {"msmtp",
       {{"/etc/msmtprc", "host h\nport 70000\n"}},
       "/etc/msmtprc:2: this is no port: '70000'; it is a number from 1 to 65535"},
      {"msmtp", {{"/etc/msmtprc", "host a b\n"}}, "/etc/msmtprc:1: this is no host name or address: 'a b'"},
      {"msmtp",
       {{"/etc/msmtprc", "host h\naliases /etc/al\n"}, {"/etc/al", "root x\n"}},
       "/etc/al:1: this is no alias: there is no colon after its name"},
      {"ssmtp",
       {{"/etc/ssmtp/ssmtp.conf", "mailhub=h:x\n"}},
       "/etc/ssmtp/ssmtp.conf:1: this is no port: 'x'; it is a number from 1 to 65535"},
      {"nullmailer",
       {{"/etc/nullmailer/remotes", "h smtp port=0\n"}},
       "/etc/nullmailer/remotes:1: this is no port: '0'; it is a number from 1 to 65535"},
      {"dma", {{"/etc/dma/dma.conf", "SMARTHOST h\nSMARTHOSTS h\n"}}, "/etc/dma/dma.conf:2: dma knows no 'SMARTHOSTS'"},
      {"dma", {{"/etc/dma/dma.conf", "STARTTLS yes\n"}}, "/etc/dma/dma.conf:1: STARTTLS takes no value"},
      {"dma",
       {{"/etc/dma/dma.conf", "SMARTHOST h\nAUTHPATH /etc/dma/auth.conf\n"}, {"/etc/dma/auth.conf", "a:b\n"}},
       "/etc/dma/auth.conf:1: this is no line 'user|smarthost:password'"},
      {"postfix",
       {{"/etc/postfix/main.cf", "a = b\nrelayhost\n"}},
       "/etc/postfix/main.cf:2: this is no line 'parameter = value'"},
      {"postfix", {{"/etc/postfix/main.cf", "relayhost = [a\n"}}, "/etc/postfix/main.cf:1: a ] is missing in '[a'"},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", "x\n"}},
       "/etc/exim4/update-exim4.conf.conf:1: there is no = in this line"},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", "a='b\n"}},
       "/etc/exim4/update-exim4.conf.conf:1: a quote is not closed"},
  };
  for (const Wrong& each : kWrong) EXPECT_EQ(Machine(each.files).error(each.program), each.error);
}

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
}

TEST(Msmtp, ACommandThatPrintsThePasswordIsThePassword) {
  const std::string before = "host smtp.example.com\ntls on\nauth on\nuser u\npasswordeval ";
  for (const std::string command : {"echo secret", "\"echo secret\"", "printf secret", "printf '%s' secret",
                                    "echo 'secret'", "echo -n \"secret\"", "/bin/echo secret"}) {
    const settings::Smarthost smarthost = only("msmtp", {{"/etc/msmtprc", before + command + "\n"}});
    EXPECT_EQ(smarthost.password.reveal(), "secret") << command;
    EXPECT_TRUE(smarthost.password_command.empty()) << command;
  }
  for (const std::string command : {"echo 's3' 'cret'", "echo c2VjcmV0 | base64 -d", "echo sec\\ ret"}) {
    const settings::Smarthost smarthost = only("msmtp", {{"/etc/msmtprc", before + command + "\n"}});
    EXPECT_TRUE(smarthost.password.empty() && smarthost.password_command.empty()) << command;
    EXPECT_EQ(smarthost.password_file, "/etc/postern/password") << command;
  }
  for (const std::string command :
       {"cat /etc/secret", "echo $(cat /etc/secret)", "pass show smtp | head -n1", "gpg -d 'a b'"}) {
    const settings::Smarthost smarthost = only("msmtp", {{"/etc/msmtprc", before + command + "\n"}});
    EXPECT_EQ(smarthost.password_command, (std::vector<std::string>{"/bin/sh", "-c", command})) << command;
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

TEST(Msmtp, ATokenIsMadeByItsProgram) {
  const settings::Smarthost smarthost =
      only("msmtp", {{"/etc/msmtprc", "host h\ntls on\nauth oauthbearer\nuser u\npasswordeval /usr/bin/token u\n"}});
  EXPECT_EQ(smarthost.token_command, (std::vector<std::string>{"/bin/sh", "-c", "/usr/bin/token u"}));
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

TEST(Nullmailer, AnUnknownOptionIsNamedWithoutItsValue) {
  const std::string notes = all_notes("nullmailer", {{"/etc/nullmailer/remotes", "h smtp passwd=secret secret\n"}});
  EXPECT_NE(notes.find("'passwd'"), std::string::npos) << notes;
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

std::string relayhost(const std::string& lines) {
  const Proposal proposal = good("postfix", {{"/etc/postfix/main.cf", lines + "\n"}});
  std::string hosts;
  for (const settings::Smarthost& smarthost : proposal.smarthosts)
    hosts += smarthost.host + ":" + std::to_string(smarthost.port) + " ";
  return hosts;
}

TEST(Postfix, ValuesReferToOthers) {
  EXPECT_EQ(relayhost("relayhost = [$a]:$(p)\na = ${b}.example\nb = smtp\np=587"), "smtp.example:587 ");
  EXPECT_EQ(relayhost("relayhost = ${x?bad.example}${x:good.example}"), "good.example:25 ");
  EXPECT_EQ(relayhost("relayhost = ${x?{a.example}:{b.example}}\nx=1"), "a.example:25 ");
  EXPECT_EQ(relayhost("relayhost = ${x?{a.example}:{b.example}}"), "b.example:25 ");
  EXPECT_EQ(relayhost("relayhost = $mydomain\nmyhostname = web.corp.example"), "corp.example:25 ");
  EXPECT_EQ(relayhost("relayhost = $a\na = $b\nb = $a"), "");
  EXPECT_EQ(relayhost("relayhost = $a$a$a$a$a$a$a$a\na=$b$b$b$b$b$b$b$b\nb=$c$c$c$c$c$c$c$c\nc=$d$d$d$d$d$d$d$d\nd="),
            "");
}

TEST(Postfix, LinesGoOnAndTheLastOneCounts) {
  EXPECT_EQ(relayhost("relayhost = a.example\nrelayhost =\n  b.example,\n# between\n\n\tc.example:smtps\nx = y"),
            "b.example:25 c.example:465 ");
  EXPECT_EQ(relayhost("relayhost=[2001:db8::1]:587 [IPv6:2001:db8::2] 192.0.2.1:2525"),
            "2001:db8::1:587 2001:db8::2:25 192.0.2.1:2525 ");
}

TEST(Postfix, EveryParameterThatIsNotCarriedOverIsTold) {
  const std::string notes = all_notes(
      "postfix", {{"/etc/postfix/main.cf",
                   "relayhost=[h]\nmade_up = 1\ntransport_maps = hash:/x\nsmtpd_banner = x\nmessage_size_limit=1\n"}});
  EXPECT_NE(notes.find("/etc/postfix/main.cf:2: made_up"), std::string::npos) << notes;
  EXPECT_NE(notes.find("/etc/postfix/main.cf:3: transport_maps"), std::string::npos) << notes;
  EXPECT_NE(notes.find("smtpd_banner"), std::string::npos) << notes;
  EXPECT_NE(notes.find("/etc/postfix/main.cf:5: message_size_limit"), std::string::npos) << notes;
}

TEST(Postfix, AMissingTableIsTold) {
  const std::string notes = all_notes(
      "postfix", {{"/etc/postfix/main.cf",
                   "relayhost=[h]\nsmtp_sasl_auth_enable=yes\nsmtp_sasl_password_maps = hash:/etc/none ldap:x\n"}});
  EXPECT_NE(notes.find("main.cf:3: there is no /etc/none"), std::string::npos) << notes;
  EXPECT_NE(notes.find("main.cf:3: a table of the type ldap"), std::string::npos) << notes;
  EXPECT_NE(notes.find("there is no password for [h]"), std::string::npos) << notes;
}

std::string smarthosts(const std::string& value) {
  const Proposal proposal = good("exim", {{"/etc/exim4/update-exim4.conf.conf",
                                           "dc_eximconfig_configtype='satellite'\ndc_smarthost='" + value + "'\n"}});
  std::string hosts;
  for (const settings::Smarthost& smarthost : proposal.smarthosts)
    hosts += smarthost.host + " " + std::to_string(smarthost.port) + ";";
  return hosts;
}

TEST(Exim, SmarthostsAreListedAsItsManualShows) {
  EXPECT_EQ(smarthosts("host.domain.example"), "host.domain.example 25;");
  EXPECT_EQ(smarthosts("host.domain.example::587"), "host.domain.example 587;");
  EXPECT_EQ(smarthosts("192.168.2.4"), "192.168.2.4 25;");
  EXPECT_EQ(smarthosts("192.168.2.4::587"), "192.168.2.4 587;");
  EXPECT_EQ(smarthosts("[192.168.2.4]::587"), "192.168.2.4 587;");
  EXPECT_EQ(smarthosts("2001::0db8::f::4::::2"), "2001:0db8:f:4::2 25;");
  EXPECT_EQ(smarthosts("[2001::0db8::f::4::::2]::587"), "2001:0db8:f:4::2 587;");
  EXPECT_EQ(smarthosts("a.example::587 ; b.example"), "a.example 587;b.example 25;");
  EXPECT_EQ(smarthosts("a.example::587:b.example"), "a.example 587;b.example 25;");
  EXPECT_EQ(smarthosts(""), "");
}

TEST(Exim, ImplicitTlsIsAMacro) {
  const Files files = {
      {"/etc/exim4/update-exim4.conf.conf", "dc_eximconfig_configtype=smarthost\ndc_smarthost=h::465\n"},
      {"/etc/exim4/exim4.conf.localmacros", ".ifndef X\nREMOTE_SMTP_SMARTHOST_PROTOCOL = smtps\n.endif\n"}};
  EXPECT_EQ(only("exim", files).tls, relay::Tls::implicit);
}

TEST(Exim, TheLoginIsThatOfTheServer) {
  const auto user = [](const std::string& lines) {
    return only("exim", {{"/etc/exim4/update-exim4.conf.conf",
                          "dc_eximconfig_configtype='smarthost'\ndc_smarthost='smtp.example.com'\n"},
                         {"/etc/exim4/passwd.client", lines}})
        .user;
  };
  EXPECT_EQ(user("smtp.example.com:a:p\n*:b:p\n"), "a");
  EXPECT_EQ(user("other.example.com:a:p\n*:b:p\n"), "b");
  EXPECT_EQ(user("*.example.com:a:p\n"), "a");
  EXPECT_EQ(user("mail-7.provider.example:a:p\n"), "a");
  EXPECT_EQ(user("x.example:a:p\ny.example:b:p\n"), "");
  EXPECT_EQ(user("# nothing\n"), "");
}

TEST(Aliases, AllLocalNamesAreNotCaughtWhereTheDomainHasMailboxesOfOthers) {
  const std::string all = "default: admin@example.com\n";
  const std::string msmtp = "host h\naliases /etc/aliases\n";
  using Map = std::map<std::string, std::vector<std::string>>;
  const Map caught = {{"*", {"admin@example.com"}}};
  const Map narrowed = {{"root", {"admin@example.com"}}};
  EXPECT_EQ(good("msmtp", {{"/etc/msmtprc", msmtp}, {"/etc/aliases", all}}).aliases, caught);
  for (const std::string says :
       {"from %U@example.com\n", "domain example.com\n", "auto_from on\nmaildomain example.com\n"}) {
    EXPECT_EQ(good("msmtp", {{"/etc/msmtprc", msmtp + says}, {"/etc/aliases", all}}).aliases, narrowed) << says;
  }
  const Files nullmailer = {{"/etc/nullmailer/remotes", "h\n"},
                            {"/etc/nullmailer/adminaddr", "admin@example.com\n"},
                            {"/etc/mailname", "web1.example.net\n"}};
  EXPECT_EQ(good("nullmailer", nullmailer).aliases, caught);
  Files other = nullmailer;
  other["/etc/nullmailer/defaulthost"] = "example.com\n";
  EXPECT_EQ(good("nullmailer", other).aliases, narrowed);
  const std::string dma = "SMARTHOST h\nMAILNAME web1.example.net\n";
  EXPECT_EQ(good("dma", {{"/etc/dma/dma.conf", dma}, {"/etc/aliases", "*: admin@example.com\n"}}).aliases, caught);
  EXPECT_EQ(
      good("dma", {{"/etc/dma/dma.conf", dma + "MASQUERADE example.com\n"}, {"/etc/aliases", "*: admin@example.com\n"}})
          .aliases,
      narrowed);
}

TEST(Aliases, ProgramsFilesAndIncludesAreTold) {
  const Files files = {{"/etc/dma/dma.conf", "SMARTHOST h\n"},
                       {"/etc/aliases",
                        "a: x@example.com, |/bin/cat, \"|/bin/tee a, b\" , /dev/null,:include:/etc/x\n"
                        "b: |/bin/cat\n"
                        "c: \"Anna B\" <anna@example.com>, (old) d@example.com\n"
                        "\"d e\": root\n"
                        "F:\troot\n  , g@example.com\n"
                        "a: again@example.com\n"
                        "h@example.com: x\n"}};
  const Machine machine(files);
  const auto proposal = machine.read("dma");
  ASSERT_TRUE(proposal);
  using Targets = std::vector<std::string>;
  const std::map<std::string, Targets> expected = {
      {"a", {"x@example.com"}}, {"c", {"anna@example.com", "d@example.com"}}, {"f", {"root", "g@example.com"}}};
  EXPECT_EQ(proposal->aliases, expected);
  const std::string notes = machine.notes(*proposal);
  for (const char* told :
       {"/etc/aliases:1: not carried over: |/bin/cat", "/etc/aliases:1: not carried over: \"|/bin/tee a, b\"",
        "/etc/aliases:1: not carried over: /dev/null", "/etc/aliases:1: not carried over: :include:/etc/x",
        "/etc/aliases:2: ", "/etc/aliases:4: ", "/etc/aliases:7: the alias a stands here once more",
        "/etc/aliases:8: "}) {
    EXPECT_NE(notes.find(told), std::string::npos) << told << "\n" << notes;
  }
}

}  // namespace
}  // namespace postern::setup
