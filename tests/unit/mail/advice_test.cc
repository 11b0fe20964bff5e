#include "mail/advice.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace postern::mail {
namespace {

constexpr std::string_view kHost = "smtp.example.com[192.0.2.1]:587: ";

/// "PLAIN: 535 words", as a login tells it.
SiteTrouble refused(const std::string& words) {
  const std::size_t reply = words.find(": ") + 2;
  SiteTrouble trouble;
  trouble.step = Step::auth;
  trouble.failure = Failure::denied;
  trouble.code = 535;
  trouble.text =
      std::string(kHost) + "every mechanism was refused: " + words.substr(0, reply) + '"' + words.substr(reply) + '"';
  trouble.login_refused = true;
  return trouble;
}

SiteTrouble trouble(Step step, Failure failure, const std::string& words, int code = 0) {
  return SiteTrouble{step, failure, code, std::string(kHost) + words, false};
}

struct AdviceRow {
  SiteTrouble met;
  std::string advice;  // a part that no other row has
};

/// One for each row of the table: what is known to be said, and what must be done about it.
std::vector<AdviceRow> advice_rows() {
  const auto login = [](const std::string& words, int code) {
    return trouble(Step::auth, Failure::denied, words, code);
  };
  const auto tls = [](const std::string& words) {
    return trouble(Step::tls, Failure::tls, "TLS: certificate verify failed: " + words);
  };
  const auto handshake = [](const std::string& words) {
    return trouble(Step::tls, Failure::tls, "TLS: TLS handshake failed: " + words);
  };
  return {
      {refused("LOGIN: 535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [AM0.PROD]"),
       "Microsoft takes no passwords"},
      {refused("LOGIN: 535 5.7.139 Authentication unsuccessful, user is locked by your organization's security "
               "defaults policy. Contact your administrator."),
       "security defaults forbid"},
      {refused("LOGIN: 535 5.7.139 Authentication unsuccessful, conditional access policy blocked it"),
       "Conditional Access policy"},
      {refused("LOGIN: 535 5.7.139 Authentication unsuccessful, the user credentials were incorrect."),
       "Microsoft refuses this user"},
      {refused("LOGIN: 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. "
               "Visit https://aka.ms/smtp_auth_disabled for more information."),
       "Set-CASMailbox"},
      {refused("LOGIN: 535 SmtpClientAuthentication is disabled for the Mailbox."), "Set-CASMailbox"},
      {refused("LOGIN: 550 5.7.30 Basic authentication is not supported for Client Submission."),
       "Microsoft takes no passwords"},
      {refused("PLAIN: 535 5.7.1 your account has been suspended"), "closed this account"},
      {refused("PLAIN: 535 5.7.0 Account disabled"), "closed this account"},
      {refused("PLAIN: 525 5.7.13 user is disabled"), "closed this account"},
      {refused("PLAIN: 535 account locked after too much abuse"), "closed this account"},
      {refused("PLAIN: 535 mailbox is disabled"), "closed this account"},
      {login("PLAIN: 451 Authentication failed: Maximum credits exceeded", 451), "used up"},
      {login("PLAIN: 454 4.7.0 daily sending quota exceeded", 454), "used up"},
      {refused("PLAIN: 535 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org"), "this machine's address"},
      {login("PLAIN: 421 4.7.0 too many connections", 421), "connections: 2"},
      {trouble(Step::auth, Failure::protocol,
               "cannot log in: https://login.example.com/token: its answer is not JSON: syntax error"),
       "check token_url"},
      {trouble(Step::auth, Failure::protocol,
               "cannot log in: https://login.example.com/token: its answer is not a JSON object"),
       "check token_url"},
      {trouble(Step::auth, Failure::protocol,
               "cannot log in: https://login.example.com/token: its answer is not HTTP: bad version"),
       "check token_url"},
      {trouble(Step::auth, Failure::not_found,
               "cannot log in: https://login.example.com/token answered 404 (not found)"),
       "check token_url"},
      {trouble(Step::auth, Failure::protocol,
               "cannot log in: https://login.example.com/token answered 302 and wants to redirect to http://portal/, "
               "which is not followed: configure the final URL"),
       "check token_url"},
      {refused("XOAUTH2: 535 5.7.3 Authentication unsuccessful [AM0.PROD]"), "the access token"},
      {refused("OAUTHBEARER: 535 5.7.8 Username and Password not accepted - gsmtp"), "the access token"},
      {refused("OAUTHBEARER: 501 no; invalid_token"), "the access token"},
      {refused("LOGIN: 535 5.7.3 Authentication unsuccessful [AM0.PROD]"), "Microsoft refuses this user"},
      {refused("PLAIN: 534 5.7.9 Application-specific password required. - gsmtp"), "apppasswords"},
      {refused("PLAIN: 534 5.7.9 Please log in with your web browser and then try again."), "with a web browser"},
      {refused("PLAIN: 534 5.7.14 <https://accounts.google.com/signin/continue?sarp=1> Please log in via your browser"),
       "with a web browser"},
      {refused("PLAIN: 535 5.7.8 Username and Password not accepted. / "
               "https://support.google.com/mail/?p=BadCredentials a1-2"),
       "apppasswords"},
      {refused("PLAIN: 535 5.7.8 Username and Password not accepted. a1-2 - gsmtp"), "apppasswords"},
      {refused("PLAIN: 535 5.7.8 use an app-specific password"), "takes no ordinary password"},
      {refused("PLAIN: 535 (#AUTH012) Application Password required"), "takes no ordinary password"},
      {refused("PLAIN: 535 please create an App Password"), "takes no ordinary password"},
      {login("PLAIN: 454 4.7.0 Too many login attempts, please try again later. - gsmtp", 454), "too many logins"},
      {refused("LOGIN: 535 5.7.0 (#AUTH005) Too many bad auth attempts."), "too many logins"},
      {refused("LOGIN: 535 5.7.0 Error: too many AUTH commands"), "too many logins"},
      {refused("LOGIN: 421 4.7.0 too many failed attempts"), "too many logins"},
      {refused("PLAIN: 534 5.7.9 Authentication mechanism is too weak"), "mechanisms list"},
      {refused("invalid_grant: AADSTS700082: The refresh token has expired"), "was withdrawn or has expired"},
      {login("cannot log in: https://oauth2.example.com/token: invalid_grant", 0), "was withdrawn or has expired"},
      {login("cannot log in: https://oauth2.example.com/token: invalid_client", 0), "client_secret_file"},
      {login("cannot log in: https://oauth2.example.com/token: unauthorized_client", 0), "its registration"},
      {login("cannot log in: https://oauth2.example.com/token: invalid_scope", 0), "does not know the scope"},
      {SiteTrouble{Step::auth, Failure::denied, 535,
                   "email-smtp.eu-west-1.amazonaws.com[192.0.2.1]:587: every "
                   "mechanism was refused: PLAIN: \"535 Authentication Credentials Invalid\"",
                   true},
       "SES"},
      {SiteTrouble{Step::auth, Failure::denied, 535,
                   "smtp.sendgrid.net[192.0.2.1]:587: every mechanism was refused: "
                   "PLAIN: \"535 Authentication failed: Bad username / password\"",
                   true},
       "apikey"},
      {SiteTrouble{Step::auth, Failure::denied, 535,
                   "smtp.mailgun.org[192.0.2.1]:587: every mechanism was refused: "
                   "PLAIN: \"535 5.7.0 Mailgun is not loving your login or password\"",
                   true},
       "Mailgun"},
      {trouble(Step::mail, Failure::refused, "MAIL: \"530 5.7.57 Client not authenticated to send mail.\"", 530),
       "only after a login"},
      {trouble(Step::mail, Failure::refused, "MAIL: \"530 5.7.57 SMTP; must issue a STARTTLS command first\"", 530),
       "set tls: starttls for"},
      {trouble(Step::mail, Failure::refused, "MAIL: \"530 5.7.0 Must issue a STARTTLS command first\"", 530),
       "set tls: starttls for"},
      {trouble(Step::mail, Failure::refused, "MAIL: \"530 5.7.0 Authentication Required.\"", 530),
       "only after a login"},
      {refused("PLAIN: 538 5.7.11 Encryption required for requested authentication mechanism"),
       "encryption before this login"},
      {login("SCRAM-SHA-1: 432 4.7.12 A password transition is needed", 432), "mechanisms: [PLAIN]"},
      {login("PLAIN: 454 4.7.0 Temporary authentication failure", 454), "cannot check logins"},
      {trouble(Step::tls, Failure::refused, "the server refuses STARTTLS: \"454 4.3.0 TLS not available\"", 454),
       "TLS is out of order"},
      {tls("certificate has expired"), "only its operator can renew"},
      {tls("our certificate /etc/c.pem has expired (not after 2026)"), "client_certificate names"},
      {tls("our certificate /etc/c.pem is not yet valid (not before 2036)"), "timedatectl"},
      {tls("ssl/tls alert certificate expired"), "client_certificate names"},
      {tls("tlsv1 alert unknown ca"), "which authority it takes"},
      {tls("cannot read the certificate /etc/c.pem: No such file or directory"), "check client_certificate"},
      {tls("cannot read the key (it must not be encrypted) /etc/c.key: bad"), "without a passphrase"},
      {tls("the client key file /etc/c.key is open to every user (mode 0644)"), "closed to other users"},
      {tls("this key is not that of the certificate: /etc/c.key: x"), "do not belong together"},
      {tls("certificate is not yet valid"), "not valid yet"},
      {tls("hostname mismatch: certificate is for no name; expected smtp.example.com"), "in the old way alone"},
      {tls("EE certificate key too weak"), "a key or signature that is too weak"},
      {tls("CA certificate key too weak"), "a key or signature that is too weak"},
      {tls("CA signature digest algorithm too weak"), "a key or signature that is too weak"},
      {tls("certificate revoked"), "was withdrawn"},
      {tls("unsuitable certificate purpose"), "not made for servers"},
      {handshake("dh key too small"), "DEFAULT:@SECLEVEL=1"},
      {handshake("unsafe legacy renegotiation disabled"), "no setting here makes up"},
      {handshake("wrong signature type"), "signs the handshake with SHA-1"},
      {handshake("legacy sigalg disallowed or unsupported"), "signs the handshake with SHA-1"},
      {handshake("wrong curve"), "no setting here makes up"},
      {handshake("tlsv1 alert protocol version"), "older than tls_min_version"},
      {handshake("unsupported protocol"), "older than tls_min_version"},
      {handshake("tlsv1 alert inappropriate fallback"), "older than tls_min_version"},
      {handshake("sslv3 alert handshake failure"), "no safe way of encryption in common"},
      {handshake("no shared cipher"), "no safe way of encryption in common"},
      {handshake("no shared signature algorithms"), "no safe way of encryption in common"},
      {handshake("tlsv1 alert insufficient security"), "no safe way of encryption in common"},
      {handshake("no ciphers available"), "no safe way of encryption in common"},
      {handshake("tlsv13 alert certificate required"), "set client_certificate and client_key"},
      {trouble(Step::ehlo, Failure::tls, "EHLO: TLS read failed: tlsv13 alert certificate required"),
       "set client_certificate and client_key"},
      {handshake("sslv3 alert no certificate"), "set client_certificate and client_key"},
      {handshake("sslv3 alert bad certificate"), "does not take the client certificate"},
      {handshake("sslv3 alert certificate unknown"), "does not take the client certificate"},
      {handshake("sslv3 alert certificate revoked"), "does not take the client certificate"},
      {handshake("sslv3 alert unsupported certificate"), "does not take the client certificate"},
      {handshake("tlsv1 unrecognized name"), "by which it is called"},
      {handshake("tlsv1 alert internal error"), "for its operator to mend"},
      {handshake("packet length too long"), "begins without TLS"},
      {trouble(Step::tls, Failure::tls, "cannot read the certificate /etc/c.pem: ee key too small"),
       "its key or signature is too weak"},
      {trouble(Step::tls, Failure::tls, "cannot read the certificate /etc/c.pem: ca md too weak"),
       "its key or signature is too weak"},
      {tls("hostname mismatch"), "tls_name"},
      {tls("IP address mismatch"), "tls_name"},
      {tls("self-signed certificate in certificate chain"), "set tls_ca_file to that authority's"},
      {tls("self-signed certificate"), "the server made its certificate itself"},
      {tls("unable to get local issuer certificate"), "set tls_ca_file to that authority's"},
      {tls("unable to get issuer certificate"), "set tls_ca_file to that authority's"},
      {tls("unable to verify the first certificate"), "set tls_ca_file to that authority's"},
      {trouble(Step::tls, Failure::tls, "cannot read certificates from /etc/x.pem: no start line"), "in PEM"},
      {trouble(Step::tls, Failure::tls, "cannot use the system's certificate store: no"),
       "the package ca-certificates"},
      {trouble(Step::tls, Failure::tls, "TLS handshake failed: wrong version number"), "begins without TLS"},
      {trouble(Step::tls, Failure::tls, "TLS handshake failed: unsupported protocol"), "older than tls_min_version"},
      {trouble(Step::tls, Failure::tls, "STARTTLS: the server does not offer STARTTLS, which the settings require"),
       "take STARTTLS away"},
      {trouble(Step::greeting, Failure::timeout, "no greeting: no answer for 5m"),
       "may wait for TLS from the first byte"},
      {trouble(Step::greeting, Failure::closed, "no greeting: the server closed the connection"),
       "wants no mail from this machine's address"},
      {trouble(Step::auth, Failure::tls, "AUTH SCRAM-SHA-256: the server's signature is wrong"), "do not work around"},
      {trouble(Step::auth, Failure::tls, "SCRAM was offered before; nothing was logged in to (auth_downgrade: refuse)"),
       "whether it was changed"},
      {login("cannot log in: the server offers no AUTH, but a login is configured", 0), "only after encryption"},
      {login("cannot log in: no usable mechanism; the server offers GSSAPI", 0), "behind each mechanism"},
      {trouble(Step::auth, Failure::denied, "cannot log in: /etc/postern/password: Permission denied"),
       "chgrp postern"},
      {trouble(Step::auth, Failure::not_found, "cannot log in: /etc/postern/password: No such file or directory"),
       "not where the settings say"},
      {trouble(Step::auth, Failure::not_found,
               "cannot tell: what the server offers is not known before the first "
               "connection"),
       "run `postern check"},
      {trouble(Step::resolve, Failure::resolve, "cannot resolve smtp.exmaple.com: Host not found"), "getent hosts"},
      {trouble(Step::connect, Failure::refused, "connect: Network is unreachable"), "ip route"},
      {trouble(Step::connect, Failure::refused, "connect: Connection refused"), "nothing listens there"},
      {trouble(Step::connect, Failure::timeout, "connect: no answer for 30s"), "nobody answered"},
      {refused("PLAIN: 535 Incorrect authentication data"), "many providers want an app password"},
  };
}

std::optional<Status> failed(int code, const std::string& enhanced, const std::string& text) {
  return Status{Verdict::failed, code, enhanced, text};
}

TEST(Advice, FollowsTheRefusalThatDecidesAndNotTheOthers) {
  constexpr std::array kOthers{"454 4.7.0 Temporary authentication failure",
                               "535 Permission denied",
                               "538 5.7.11 Encryption required",
                               "534 5.7.9 Authentication mechanism is too weak",
                               "535 5.7.0 too many failed attempts",
                               "535 no usable mechanism"};
  for (const char* other : kOthers) {
    SiteTrouble met = refused("PLAIN: 535 5.7.8 bad password");
    met.text += std::string("; CRAM-MD5: \"") + other + '"';
    met.answer = "PLAIN: 535 5.7.8 bad password";
    EXPECT_NE(advice(met, "main").find("check user and password of this smarthost"), std::string::npos) << other;
    met.answer = "PLAIN: 534 5.7.9 Application-specific password required. - gsmtp";
    EXPECT_NE(advice(met, "main").find("apppasswords"), std::string::npos) << other;
  }
}

TEST(Advice, TakesAServersWordsForNoFindingOfOurs) {
  for (const char* words : {"535 Permission denied", "535 no usable mechanism", "535 the server offers no AUTH"}) {
    const std::string text = advice(refused(std::string("PLAIN: ") + words), "main");
    EXPECT_NE(text.find("check user and password of this smarthost"), std::string::npos) << text;
  }
}

TEST(Advice, KnowsEveryRowInAnyCase) {
  std::vector<AdviceRow> all = advice_rows();
  for (AdviceRow& row : all) {
    EXPECT_NE(advice(row.met, "main").find(row.advice), std::string::npos) << row.met.text << "\n"
                                                                           << advice(row.met, "main");
    row.met.text = to_upper(row.met.text);
    EXPECT_NE(advice(row.met, "main").find(row.advice), std::string::npos) << row.met.text;
  }
}

TEST(Advice, KnowsWhatProvidersSayAboutMessages) {
  struct Said {
    Status status;
    const char* advice;
  };
  const std::vector<Said> said{
      {*failed(554, "5.2.252", "SendAsDenied; a@example.com not allowed to send as b@example.com"), "Send As"},
      {*failed(554, "5.2.0", "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"),
       "Send As"},
      {*failed(550, "5.7.60", "SMTP; Client does not have permissions to send as this sender"), "Send As"},
      {*failed(554, "5.0.0", "Message rejected: Email address is not verified."), "Send As"},
      {*failed(550, "5.4.5", "Daily user sending limit exceeded."), "used up"},
      {Status{Verdict::deferred, 454, "4.0.0", "Throttling failure: Maximum sending rate exceeded."}, "set rate for"},
      {Status{Verdict::deferred, 432, "4.3.2", "Concurrent connections limit exceeded."}, "connections: 2"},
      {*failed(554, "5.0.0", "Transaction failed: Missing final '@domain'"), "without a domain"},
      {*failed(504, "5.5.2", "<root>: Recipient address rejected: need fully-qualified address"), "full domain"},
      {*failed(554, "5.7.1", "<a@example.net>: Relay access denied"), "does not forward mail for you"},
      {*failed(550, "5.7.1", "<a@example.net>... Relaying denied"), "does not forward mail for you"},
      {*failed(550, "5.0.0", "relay not permitted"), "does not forward mail for you"},
  };
  for (const Said& one : said) {
    EXPECT_NE(advice(one.status, "main").find(one.advice), std::string::npos) << to_text(one.status);
  }
  EXPECT_EQ(advice(Status{Verdict::delivered, 250, "2.0.0", "relaying denied elsewhere"}, "main"), "");
}

TEST(Advice, SaysNothingOfWhatItDoesNotKnow) {
  const std::vector<SiteTrouble> unknown{
      trouble(Step::ehlo, Failure::protocol, "EHLO: the server spoke out of turn"),
      trouble(Step::greeting, Failure::refused, "the server refuses the connection: \"554 5.3.2 no\"", 554),
      trouble(Step::data, Failure::timeout, "sending the message: no answer"),
      trouble(Step::mail, Failure::refused, "MAIL: \"421 4.3.0 later\"", 421),
      trouble(Step::auth, Failure::closed, "AUTH PLAIN: the server closed the connection"),
      trouble(Step::connect, Failure::closed, "connect: reset"),
      // Numbers that are no codes.
      trouble(Step::mail, Failure::refused, "MAIL: \"451 4.7.1 x530 15.7.139 5.7.1390 5.7.139.2 id-a530b\"", 451),
  };
  for (const SiteTrouble& one : unknown) EXPECT_EQ(advice(one, "main"), "") << one.text;
  EXPECT_EQ(advice(*failed(550, "5.1.1", "no such user"), "main"), "");
}

TEST(Advice, KnowsSomethingOfEveryRefusedLogin) {
  for (int code = 400; code < 600; ++code) {
    EXPECT_NE(advice(refused("PLAIN: " + std::to_string(code) + " no"), "main"), "");
  }
}

TEST(Advice, NeverTellsToWorkAroundAServerThatDoesNotProveItself) {
  for (const AdviceRow& row : advice_rows()) {
    SiteTrouble met = trouble(Step::auth, Failure::tls, "AUTH SCRAM-SHA-256-PLUS: wrong signature; " + row.met.text);
    met.login_refused = true;
    const std::string text = advice(met, "main");
    EXPECT_TRUE(text.starts_with("do not work around") || text.find("whether it was changed") != std::string::npos)
        << text;
  }
}

TEST(Advice, NamesTheSmarthostInCommands) {
  EXPECT_NE(advice(refused("PLAIN: 535 no"), "backup mail").find("`postern check backup mail`"), std::string::npos);
  for (const AdviceRow& row : advice_rows()) EXPECT_EQ(advice(row.met, "main").find("NAME"), std::string::npos);
}

TEST(Advice, NamesNoSmarthostThatIsNotKnown) {
  for (const std::string words :
       {"Authentication required", "5.7.0 Must issue a STARTTLS command first", "relaying denied",
        "5.7.139 Authentication unsuccessful", "534 5.7.9 Application-specific password required"}) {
    const std::string text = advice(Status{Verdict::failed, 530, "5.7.0", words}, {});
    EXPECT_EQ(text.find("NAME"), std::string::npos) << text;
    for (const std::string cut : {"check `", "login `"}) EXPECT_EQ(text.find(cut), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace postern::mail
