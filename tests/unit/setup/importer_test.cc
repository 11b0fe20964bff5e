#include "setup/credential_file.h"
#include "support/peer_machine.h"

#include <gtest/gtest.h>

namespace postern::setup {
namespace {

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
      {"msmtp", {{"/etc/msmtprc", "\nhots x\n"}}, "/etc/msmtprc:2: msmtp knows no such command"},
      {"msmtp",
       {{"/etc/msmtprc", "account a\nhost h\naccount b : c\n"}},
       "/etc/msmtprc:3: an account that it inherits from does not stand above"},
      {"msmtp",
       {{"/etc/msmtprc", "account a\nhost h\naccount a\n"}},
       "/etc/msmtprc:3: an account of this name stands above"},
      {"msmtp", {{"/etc/msmtprc", "account a\nport 25\n"}}, "/etc/msmtprc:1: this account names no host"},
      {"msmtp",
       {{"/etc/msmtprc", "host h\nport 70000\n"}},
       "/etc/msmtprc:2: this is no port: it is a number from 1 to 65535"},
      {"msmtp", {{"/etc/msmtprc", "host a b\n"}}, "/etc/msmtprc:1: this is no host name or address"},
      {"ssmtp",
       {{"/etc/ssmtp/ssmtp.conf", "mailhub=h:x\n"}},
       "/etc/ssmtp/ssmtp.conf:1: this is no port: it is a number from 1 to 65535"},
      {"nullmailer",
       {{"/etc/nullmailer/remotes", "h smtp port=0\n"}},
       "/etc/nullmailer/remotes:1: this is no port: it is a number from 1 to 65535"},
      {"dma", {{"/etc/dma/dma.conf", "SMARTHOST h\nSMARTHOSTS h\n"}}, "/etc/dma/dma.conf:2: dma knows no such name"},
      {"dma", {{"/etc/dma/dma.conf", "STARTTLS yes\n"}}, "/etc/dma/dma.conf:1: STARTTLS takes no value"},
      {"postfix",
       {{"/etc/postfix/main.cf", "a = b\nrelayhost\n"}},
       "/etc/postfix/main.cf:2: this is no line 'parameter = value'"},
      {"postfix", {{"/etc/postfix/main.cf", "relayhost = [a\n"}}, "/etc/postfix/main.cf:1: a ] is missing"},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", "a='b\n"}},
       "/etc/exim4/update-exim4.conf.conf:1: a quote is not closed"},
  };
  for (const Wrong& each : kWrong) EXPECT_EQ(Machine(each.files).error(each.program), each.error);
}

TEST(Importer, AnOddLineThatTheProgramItselfPassesOverIsANote) {
  const std::string exim = "dc_eximconfig_configtype='smarthost'\ndc_smarthost='h'\n";
  const Wrong kOdd[] = {
      {"msmtp",
       {{"/etc/msmtprc", "host h\naliases /etc/al\n"}, {"/etc/al", "root me@x\n"}},
       "/etc/al:1: not carried over: this is no alias"},
      {"postfix",
       {{"/etc/postfix/main.cf", "relayhost = h\n"}, {"/etc/aliases", "# x\nroot me@x\n"}},
       "/etc/aliases:2: not carried over: this is no alias"},
      {"dma",
       {{"/etc/dma/dma.conf", "SMARTHOST h\nAUTHPATH /etc/dma/auth.conf\n"}, {"/etc/dma/auth.conf", "a:b\n"}},
       "/etc/dma/auth.conf:1: not carried over: this is no line 'user|smarthost:password'"},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", exim + "export FOO\n"}},
       "/etc/exim4/update-exim4.conf.conf:3: not carried over: there is no = in this line"},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", exim}, {"/etc/exim4/exim4.conf.localmacros", "begin foo\n"}},
       "/etc/exim4/exim4.conf.localmacros:1: not carried over: there is no = in this line"},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", exim}, {"/etc/exim4/passwd.client", "h:u\n"}},
       "/etc/exim4/passwd.client:1: not carried over: this is no line 'server:user:password'"},
  };
  for (const Wrong& each : kOdd) {
    EXPECT_EQ(good(each.program, each.files).smarthosts.size(), 1U) << each.error;
    const std::string notes = all_notes(each.program, each.files);
    EXPECT_NE(notes.find(each.error), std::string::npos) << each.error << "\n" << notes;
  }
}

TEST(Importer, AUserWithoutAPasswordGetsAFileForIt) {
  const std::string exim = "dc_eximconfig_configtype='smarthost'\ndc_smarthost='h'\n";
  const std::pair<std::string_view, Files> kEmpty[] = {
      {"msmtp", {{"/etc/msmtprc", "host h\nauth on\nuser u\n"}}},
      {"ssmtp", {{"/etc/ssmtp/ssmtp.conf", "mailhub=h\nAuthUser=u\nAuthPass=\n"}}},
      {"nullmailer", {{"/etc/nullmailer/remotes", "h smtp user=u pass=\n"}}},
      {"dma", {{"/etc/dma/dma.conf", "SMARTHOST h\nAUTHPATH /a\n"}, {"/a", "u|h:\n"}}},
      {"postfix",
       {{"/etc/postfix/main.cf", "relayhost=h\nsmtp_sasl_auth_enable=yes\nsmtp_sasl_password_maps=static:u:\n"}}},
      {"exim", {{"/etc/exim4/update-exim4.conf.conf", exim}, {"/etc/exim4/passwd.client", "h:u:\n"}}},
  };
  for (const auto& [program, files] : kEmpty) {
    const settings::Smarthost smarthost = only(program, files);
    EXPECT_EQ(smarthost.user, "u") << program;
    EXPECT_EQ(smarthost.password_file, "/etc/postern/password") << program;
    EXPECT_NE(all_notes(program, files).find("no password for u"), std::string::npos) << program;
  }
}

TEST(Importer, AMissingPasswordIsNotTakenFromTheFileOfAnotherServer) {
  Proposal proposal = good(
      "nullmailer", {{"/etc/nullmailer/remotes", "a smtp user=u pass=\nb smtp user=u pass=\nc smtp user=u pass=p\n"}});
  ASSERT_EQ(proposal.smarthosts.size(), 3U);
  ASSERT_EQ(take_passwords(proposal, "/etc/postern").size(), 1U);
  EXPECT_EQ(proposal.smarthosts[0].password_file, "/etc/postern/password");
  EXPECT_EQ(proposal.smarthosts[1].password_file, "/etc/postern/password-b");
  EXPECT_EQ(proposal.smarthosts[2].password_file, "/etc/postern/password-c");
}

}  // namespace
}  // namespace postern::setup
