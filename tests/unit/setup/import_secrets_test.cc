// Whatever another program's files say, and wherever: a password of theirs comes to light in no note, no error and no
// settings.
#include "base/text.h"
#include "setup/credential_file.h"
#include "setup/settings_text.h"
#include "support/peer_machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::setup {
namespace {

/// Two parts, since a password may be broken at a blank, a comma or a line's end: each must stay hidden.
constexpr std::string_view kFirst = "Hun9Secret";
constexpr std::string_view kSecond = "Ter2Hidden";

/// A password with each of the characters that may end a word, and in each of the quotes.
std::vector<std::string> planted() {
  std::vector<std::string> secrets;
  for (const std::string between :
       {"",    "-",  " ", ",",  "=",  ":",   ";",    "|",   "{",   "}",  "}{",  "[", "]", "$",
        "$$",  "${", "`", "'",  "\"", "\\",  "\\ ",  "#",   "%",   "%%", "\\n", "@", "/", "&&",
        "<<<", "(",  ")", "\t", "\n", "\n ", "\\\n", " = ", " : ", "?",  "*",   "!"}) {
    const std::string whole = std::string(kFirst) + between + std::string(kSecond);
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEnclosed = {
        {{"", ""}, {"\"", "\""}, {"'", "'"}, {"{", "}"}, {"{ ", " }"}}};
    // Each with none, and with one of the others by turns: all of them take a minute.
    for (const std::size_t which : {std::size_t{0}, 1 + secrets.size() / 2 % (kEnclosed.size() - 1)}) {
      const auto& [open, close] = kEnclosed[which];
      secrets.push_back(std::string(open) + whole + std::string(close));
    }
  }
  return secrets;
}

std::string with(std::string text, const std::string& secret) {
  for (std::size_t at = text.find("@@"); at != std::string::npos; at = text.find("@@", at + secret.size())) {
    text.replace(at, 2, secret);
  }
  return text;
}

struct Plantings {
  std::string_view program;
  std::vector<Files> files;  ///< @@: a password
};

/// Each file in which a program has passwords, and what people write wrong in it.
std::vector<Plantings> places() {
  std::vector<Plantings> all;
  const std::string msmtp = "host h.example.com\ntls on\nauth on\nuser u\n";
  Plantings place{"msmtp", {}};
  for (const std::string line : {"password @@",
                                 "passwordeval echo @@",
                                 "passwordeval /usr/bin/echo @@",
                                 "passwordeval \"echo @@\"",
                                 "passwordeval printf '%s' @@",
                                 "passwordeval printf @@",
                                 "passwordeval base64 -d <<< @@",
                                 "passwordeval sh -c \"echo @@\"",
                                 "passwordeval openssl -k @@",
                                 "passwordeval gpg --passphrase @@ -d /x",
                                 "passwordeval PW=@@ x",
                                 "passwordeval @@",
                                 "passwordeval cat @@",
                                 "passwordeval cat /x; echo @@",
                                 "passwordeval echo @@ | cat",
                                 "passwordeval cat /x | echo @@",
                                 "password=@@",
                                 "password = @@",
                                 "pass word @@",
                                 "Password @@",
                                 "passwort @@",
                                 "@@",
                                 "x @@",
                                 "@@=x",
                                 "eval echo @@",
                                 "port @@ x",
                                 "auth @@",
                                 "from @@ x",
                                 "tls_fingerprint @@",
                                 "proxy_host @@",
                                 "password @@\n@@",
                                 "password\n  @@",
                                 "defaults @@",
                                 "account a : @@",
                                 "tls_trust_file x@@",
                                 "tls_cert_file x@@",
                                 "set_from_header @@",
                                 "auth xoauth2\npasswordeval echo @@",
                                 "auth oauthbearer\npasswordeval token @@",
                                 "auth xoauth2\npassword @@",
                                 "account b\nhost x\npassword @@"}) {
    place.files.push_back({{"/etc/msmtprc", msmtp + line + "\n"}});
  }
  place.files.push_back({{"/etc/msmtprc", msmtp + "aliases /etc/al\n"}, {"/etc/al", "root: |curl -u u:@@ h\n"}});
  all.push_back(place);

  const std::string ssmtp = "mailhub=h.example.com\nAuthUser=u\n";
  place = {"ssmtp", {}};
  for (const std::string line :
       {"AuthPass=@@", "AuthPass = @@", "AuthPass @@", "AuthPassword=@@", "@@", "@@=x", "AuthPass=x\n@@",
        "mailhub=h:@@ x", "AuthMethod=@@", "TLSCert=x@@\nUseTLSCert=yes", "root=|prog @@"}) {
    place.files.push_back({{"/etc/ssmtp/ssmtp.conf", ssmtp + line + "\n"}});
  }
  for (const std::string line : {"root:u@example.com:h2:@@", "root @@", "ro ot:@@", "root:u@example.com @@"}) {
    place.files.push_back({{"/etc/ssmtp/ssmtp.conf", ssmtp}, {"/etc/ssmtp/revaliases", line + "\n"}});
  }
  all.push_back(place);

  place = {"nullmailer", {}};
  for (const std::string line :
       {"smtp user=u pass=@@", "smtp user=u --pass=@@", "smtp user=u pass @@", "smtp user=u @@",
        "smtp user=u passwd=@@", "smtp user=u @@=x", "pass=@@ user=u", "smtp port=@@x", "smtp user=u 'pass=@@'",
        "smtp user=u pass=\"@@", "smtp source=@@", "smtp x509certfile=x@@"}) {
    place.files.push_back({{"/etc/nullmailer/remotes", "h.example.com " + line + "\n"}});
  }
  for (const std::string name : {"idhost", "bounceto", "logfile", "pausetime"}) {
    place.files.push_back({{"/etc/nullmailer/remotes", "h.example.com\n"}, {"/etc/nullmailer/" + name, "@@\n"}});
  }
  all.push_back(place);

  const std::string dma = "SMARTHOST h.example.com\nAUTHPATH /etc/dma/auth.conf\n";
  place = {"dma", {}};
  for (const std::string line : {"u|h.example.com:@@", "u|h.example.com @@", "u|h.example.com:@@\n@@", "u:@@", "u|@@",
                                 "u|other:@@", "@@", "u h.example.com @@", "|h.example.com:@@"}) {
    place.files.push_back({{"/etc/dma/dma.conf", dma}, {"/etc/dma/auth.conf", line + "\n"}});
  }
  for (const std::string line : {"AUTHPATH x@@", "PASSWORD @@", "PASSWORD=@@", "@@", "STARTTLS @@", "PORT x@@",
                                 "FINGERPRINT @@\nSECURETRANSFER", "VIRTPATH @@", "CERTFILE x@@\nSECURETRANSFER"}) {
    place.files.push_back({{"/etc/dma/dma.conf", "SMARTHOST h.example.com\n" + line + "\n"}});
  }
  all.push_back(place);

  const std::string postfix = "relayhost = [h.example.com]:587\nsmtp_sasl_auth_enable = yes\n";
  place = {"postfix", {}};
  for (const std::string line : {"smtp_sasl_password_maps = static:u:@@",
                                 "smtp_sasl_password_maps = static:{u:@@}",
                                 "smtp_sasl_password_maps = static:@@",
                                 "smtp_sasl_password_maps = @@",
                                 "smtp_sasl_password_maps = u:@@",
                                 "smtp_sasl_password_maps = inline:{ { [h.example.com]:587 = u:@@ } }",
                                 "smtp_sasl_password_maps = inline:{ h.example.com=u:@@ }",
                                 "smtp_sasl_password_maps = inline:{ @@ }",
                                 "smtp_sasl_password_maps = hash:@@",
                                 "smtp_sasl_password_maps = ldap:@@",
                                 "smtp_sasl_password_maps = {u:@@}",
                                 "smtp_sasl_password_maps = hash:/x @@",
                                 "smtp_sasl_password_maps = unionmap:{static:u:@@}",
                                 "smtp_sasl_password_maps = static:u:$pw\npw = @@",
                                 "smtp_sasl_password_maps = static:u:${pw?{@@}}\npw = x",
                                 "smtp_sasl_password_maps = static:u:${{@@} == {x} ? {@@} : {x}}",
                                 "smtp_sasl_password = @@",
                                 "password=@@",
                                 "pw @@",
                                 "@@",
                                 "@@ = x",
                                 "smtp_sasl_mechanism_filter = !@@",
                                 "alias_maps = @@",
                                 "alias_maps = ldap:@@",
                                 "smtp_generic_maps = static:@@",
                                 "smtp_generic_maps = inline:{ { @@ = u:@@ } }",
                                 "smtp_fallback_relay = [x:@@",
                                 "smtp_tls_CAfile = x@@",
                                 "transport_maps = inline:{ { x = @@ } }",
                                 "mydestination = ${{@@} == {x} ? {@@} : {x}}"}) {
    place.files.push_back({{"/etc/postfix/main.cf", postfix + line + "\n"}});
  }
  for (const std::string type : {"hash", "regexp"}) {
    for (const std::string line : {"[h.example.com]:587 u:@@", "h.example.com u:@@", "/.+/ u:@@", "/@@/ u:x",
                                   "h.example.com u @@", "[h.example.com]:587:u:@@", "u:@@", "@@", "h.example.com @@",
                                   "h.example.com u:x\n@@ x", "h.example.com\n  u:@@"}) {
      for (const std::string parameter : {"smtp_sasl_password_maps", "smtp_generic_maps", "sender_canonical_maps"}) {
        // A user without a colon is the user's name, and an address of its own may be a sender's.
        place.files.push_back({{"/etc/postfix/main.cf", postfix + parameter + " = " + type + ":/etc/postfix/t\n"},
                               {"/etc/postfix/t", line + "\n"}});
      }
    }
  }
  all.push_back(place);

  const std::string conf = "dc_eximconfig_configtype='smarthost'\ndc_smarthost='h.example.com::587'\n";
  place = {"exim", {}};
  for (const std::string line : {"h.example.com:u:@@", "*:u:@@", "*:u:@@\n@@", "h.example.com u @@", "u:@@", "@@",
                                 "^h.*:u:@@", "other:u:@@", "*::@@"}) {
    place.files.push_back({{"/etc/exim4/update-exim4.conf.conf", conf}, {"/etc/exim4/passwd.client", line + "\n"}});
  }
  for (const std::string line : {"PW=@@", "PW='@@'", "export PW=@@", "export @@", "@@", "@@=x", "dc_relay_nets='@@'",
                                 "dc_eximconfig_configtype='@@'", "dc_other_hostnames='@@'"}) {
    place.files.push_back({{"/etc/exim4/update-exim4.conf.conf", conf + line + "\n"}});
  }
  for (const std::string line :
       {"AUTH_PW = @@", "AUTH_PW @@", "begin @@", "@@", "@@ = x", "REMOTE_SMTP_SMARTHOST_PRIVATEKEY = x@@",
        "REMOTE_SMTP_SMARTHOST_HOSTS_AVOID_TLS = @@"}) {
    place.files.push_back(
        {{"/etc/exim4/update-exim4.conf.conf", conf}, {"/etc/exim4/exim4.conf.localmacros", line + "\n"}});
  }
  for (const std::string line : {"root: |curl -u u:@@ h", "root: \"|curl @@\"", "root /@@", "@@ @@"}) {
    place.files.push_back({{"/etc/exim4/update-exim4.conf.conf", conf}, {"/etc/aliases", line + "\n"}});
  }
  all.push_back(place);
  return all;
}

/// Where the text is, with this password, exactly what belongs there: nobody could tell it from another.
bool is_well_formed(std::string_view program, const std::string& text, const std::string& secret) {
  const bool alone = text.find("h.example.com @@") != std::string::npos ||
                     text.find("static:@@") != std::string::npos || text.starts_with("u:@@");
  const bool line = program == "nullmailer" && secret.find('\n') != std::string::npos;  // a server each
  return line || (alone && secret.find_first_of(":@") != std::string::npos);
}

TEST(ImportSecrets, NoneComesToLightWhereverItStands) {
  const std::vector<std::string> secrets = planted();
  std::size_t turn = 0;
  for (const auto& [program, cases] : places()) {
    for (const Files& files : cases) {
      // Every fourth, others at each place: all of them everywhere take half a minute.
      for (std::size_t which = turn++ % 4; which < secrets.size(); which += 4) {
        const std::string& secret = secrets[which];
        Files filled;
        std::string shown;
        const bool well_formed =
            std::ranges::any_of(files, [&](const auto& file) { return is_well_formed(program, file.second, secret); });
        if (well_formed) continue;
        for (const auto& [path, text] : files) shown += path + ":\n" + (filled[path] = with(text, secret));
        const Machine machine(filled);
        auto proposal = machine.read(program);
        std::string told = proposal ? std::string() : proposal.error().text;
        if (proposal) {
          (void)take_passwords(*proposal, "/etc/postern");
          for (const Note& note : proposal->notes) told += note.str() + "\n";
          told += settings_text(*proposal);
        }
        told = to_lower(told);
        const bool hidden =
            told.find(to_lower(kFirst)) == std::string::npos && told.find(to_lower(kSecond)) == std::string::npos;
        EXPECT_TRUE(hidden) << program << "\n" << shown << "becomes\n" << told;
        if (!hidden && testing::Test::HasFailure()) break;
      }
    }
  }
}

}  // namespace
}  // namespace postern::setup
