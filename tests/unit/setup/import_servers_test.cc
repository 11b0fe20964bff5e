// Postfix and Exim.
#include "support/peer_machine.h"

#include <gtest/gtest.h>

namespace postern::setup {
namespace {

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
  EXPECT_NE(notes.find("/etc/postfix/main.cf:2: this parameter is not"), std::string::npos) << notes;
  EXPECT_NE(notes.find("/etc/postfix/main.cf:3: transport_maps"), std::string::npos) << notes;
  EXPECT_NE(notes.find("smtpd_banner"), std::string::npos) << notes;
  EXPECT_NE(notes.find("/etc/postfix/main.cf:5: message_size_limit"), std::string::npos) << notes;
}

TEST(Postfix, AMissingTableIsTold) {
  const std::string notes = all_notes(
      "postfix", {{"/etc/postfix/main.cf",
                   "relayhost=[h]\nsmtp_sasl_auth_enable=yes\nsmtp_sasl_password_maps = hash:/etc/none ldap:x\n"}});
  EXPECT_NE(notes.find("main.cf:3: there is no file to read this table of the type hash"), std::string::npos) << notes;
  EXPECT_NE(notes.find("main.cf:3: a table of the type ldap"), std::string::npos) << notes;
  EXPECT_NE(notes.find("there is no password for [h]"), std::string::npos) << notes;
}

TEST(Postfix, WhatStandsInBracesIsOne) {
  const auto login = [](const std::string& maps) {
    const settings::Smarthost smarthost = only("postfix", {{"/etc/postfix/main.cf",
                                                            "relayhost = [s.ex.com]:587\nsmtp_sasl_auth_enable = yes\n"
                                                            "smtp_sasl_password_maps = " +
                                                                maps + "\n"}});
    return smarthost.user + " " + std::string(smarthost.password.reveal());
  };
  for (const std::string maps :
       {"static:{me@ex.com:hun ter2}", "static:{ me@ex.com:hun ter2 }", "hash:/none, static:{me@ex.com:hun ter2}",
        "inline:{ { [s.ex.com]:587 = me@ex.com:hun ter2 } }", "inline:{{s.ex.com=me@ex.com:hun ter2}}",
        "inline:{ a=b:c, { S.ex.com = me@ex.com:hun ter2 }, d=e }", "proxy:inline:{ {* = me@ex.com:hun ter2} }"}) {
    EXPECT_EQ(login(maps), "me@ex.com hun ter2") << maps;
  }
  EXPECT_EQ(login("inline:{ s.ex.com=me@ex.com:hunter2 }"), "me@ex.com hunter2");
  EXPECT_EQ(login("inline:{ { s.ex.com = me@ex.com:hun,ter{2} } }"), "me@ex.com hun,ter{2}");
  for (const std::string maps :
       {"static:hunter2", "hunter2", "inline:{ hunter2 }", "inline:{", "static:{", "static:}"}) {
    EXPECT_EQ(login(maps), " ") << maps;
  }
}

// A password that went through TLS by a policy alone must not go without it.
TEST(Postfix, TlsIsWhatThePolicyOfTheServerSays) {
  const auto tls = [](const std::string& maps, const std::string& table) {
    const settings::Smarthost smarthost =
        only("postfix",
             {{"/etc/postfix/main.cf",
               "relayhost = [s.ex.com]:587\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_security_options = noanonymous\n"
               "smtp_sasl_password_maps = static:u:p\nsmtp_tls_policy_maps = " +
                   maps + "\n"},
              {"/etc/postfix/tls_policy", table}});
    EXPECT_EQ(smarthost.allow_cleartext_auth, smarthost.tls == relay::Tls::none);
    return smarthost.tls == relay::Tls::none ? "none" : "starttls";
  };
  for (const std::string level : {"encrypt", "may", "secure match=s.ex.com", "verify", "fingerprint", "dane-only"}) {
    EXPECT_STREQ(tls("hash:/etc/postfix/tls_policy", "[S.ex.com]:587 " + level + "\n"), "starttls") << level;
  }
  EXPECT_STREQ(tls("inline:{ { [s.ex.com]:587 = encrypt } }", ""), "starttls");
  EXPECT_STREQ(tls("static:encrypt", ""), "starttls");
  EXPECT_STREQ(tls("hash:/etc/postfix/none", ""), "starttls");
  EXPECT_STREQ(tls("ldap:x", ""), "starttls");
  EXPECT_STREQ(tls("hash:/etc/postfix/tls_policy", "other.ex.com encrypt\n"), "starttls");
  EXPECT_STREQ(tls("hash:/etc/postfix/tls_policy", "[s.ex.com]:587 none\n"), "none");
  EXPECT_STREQ(tls("", ""), "none");
}

TEST(Postfix, FingerprintsAreCarriedOverWhereTheyAreOfTodaysKind) {
  const std::string sha256 =
      "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";
  const std::string pin = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  const std::string other(64, 'a');
  const std::string sha1 = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33";
  const auto files = [](const std::string& main, const std::string& policy) {
    const std::string maps = policy.empty() ? "" : "smtp_tls_policy_maps = hash:/etc/postfix/tls_policy\n";
    return std::map<std::string, std::string>{
        {"/etc/postfix/main.cf", "relayhost = [s.ex.com]:587\nsmtp_tls_CAfile = /etc/ca.pem\n" + maps + main},
        {"/etc/postfix/tls_policy", "[s.ex.com]:587 " + policy + "\n"}};
  };
  const std::string level = "smtp_tls_security_level = fingerprint\n";
  const std::string parameter = "smtp_tls_fingerprint_cert_match = ";
  const auto pins = [&](const std::string& main, const std::string& policy) {
    const settings::Smarthost smarthost = only("postfix", files(main, policy));
    EXPECT_EQ(smarthost.tls, relay::Tls::starttls);
    EXPECT_EQ(smarthost.tls_ca_file.empty(), !smarthost.tls_pin.empty()) << "the one, or the other";
    return smarthost.tls_pin;
  };
  using Pins = std::vector<std::string>;
  EXPECT_EQ(pins(level + parameter + sha256 + "\n", ""), Pins{pin});
  EXPECT_EQ(pins(level + parameter + sha256 + ",\n  " + other + "\n", ""), (Pins{pin, other}));
  EXPECT_EQ(pins(level + parameter + sha256 + "|" + other + "\n", ""), (Pins{pin, other}));
  EXPECT_EQ(pins("", "fingerprint match=" + sha256 + "|" + other), (Pins{pin, other}));
  EXPECT_EQ(pins(parameter + sha256 + "\n", "fingerprint match=" + other), Pins{other}) << "in place of the parameter";
  EXPECT_EQ(pins(parameter + sha256 + "\n", "fingerprint"), Pins{pin});
  EXPECT_EQ(pins(parameter + sha256 + "\n", "secure match=s.ex.com"), Pins{}) << "of another level";
  EXPECT_EQ(pins(level + parameter + sha1 + "\n", ""), Pins{});
  const std::string notes = all_notes("postfix", files(level + parameter + sha1 + "\n", ""));
  EXPECT_NE(notes.find("no SHA-256 is not carried over, and in its place authorities"), std::string::npos) << notes;
  const std::string mixed = all_notes("postfix", files(level + parameter + sha256 + "," + sha1 + "\n", ""));
  EXPECT_NE(mixed.find("no SHA-256 is not carried over; those that are stand in tls_pin"), std::string::npos) << mixed;
  const std::string none = all_notes("postfix", files(level, ""));
  EXPECT_NE(none.find("names none, and in its place authorities are trusted"), std::string::npos) << none;
  EXPECT_EQ(all_notes("postfix", files(level + parameter + sha256 + "\n", "")).find("fingerprint"), std::string::npos);
}

// Postfix itself asks by the destination alone, so what is written of the bare name is said of other mail, or by
// mistake.
TEST(Postfix, APolicyThatIsNotOfTheDestinationOnlyDemandsMore) {
  const auto server = [](const std::string& level, const std::string& table) {
    return only("postfix", {{"/etc/postfix/main.cf",
                             "relayhost = [s.ex.com]:587\nsmtp_sasl_auth_enable = yes\n"
                             "smtp_sasl_security_options = noanonymous\nsmtp_sasl_password_maps = static:u:p\n"
                             "smtp_tls_policy_maps = hash:/etc/postfix/tls_policy\nsmtp_tls_security_level = " +
                                 level + "\n"},
                            {"/etc/postfix/tls_policy", table}});
  };
  for (const std::string key : {"[s.ex.com]", "s.ex.com"}) {
    for (const std::string level : {"encrypt", "may", "verify", ""}) {
      const settings::Smarthost smarthost = server(level, key + " none\n");
      EXPECT_EQ(smarthost.tls, relay::Tls::starttls) << key << " " << level;
      EXPECT_FALSE(smarthost.allow_cleartext_auth);
    }
    EXPECT_EQ(server("none", key + " encrypt\n").tls, relay::Tls::starttls);
  }
  EXPECT_EQ(server("encrypt", "[s.ex.com]:587 none\ns.ex.com encrypt\n").tls, relay::Tls::none);
}

TEST(Postfix, ATableOfPasswordsThatCannotBeReadIsNotTakenForNoLogin) {
  const std::string notes = all_notes("postfix", {{"/etc/postfix/main.cf",
                                                   "relayhost = [s.ex.com]:587\nsmtp_sasl_auth_enable = yes\n"
                                                   "smtp_sasl_password_maps = hash:/etc/postfix/gone\n"}});
  EXPECT_NE(notes.find("there is no password for [s.ex.com]:587 in what could be read"), std::string::npos) << notes;
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

}  // namespace
}  // namespace postern::setup
