#include "mail/advice.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace postern::mail {
namespace {

/// Where a row applies. A number or a word means one thing at the login and another in a transaction.
enum class At { anywhere, login, refused_login, refusing_host, tls, resolve, connect, greeting };

struct Row {
  At at;
  std::string_view code;   // "535", or the enhanced code "5.7.139"; empty: any
  std::string_view words;  // lower case, somewhere in what was said (refusing_host: in its name); empty: any
  std::string_view text;   // NAME is the smarthost's
  std::optional<Failure> failure = {};  // nothing: any
};

constexpr std::string_view kMicrosoftSwitch =
    "SMTP AUTH is switched off for this mailbox or for the whole tenant: an Exchange administrator must run "
    "Set-CASMailbox -Identity MAILBOX -SmtpClientAuthenticationDisabled $false, or set up oauth2 for this smarthost "
    "and run `postern login NAME`";
constexpr std::string_view kMicrosoftOAuth =
    "Microsoft takes no passwords for this account any more: set up oauth2 for this smarthost (scope "
    "https://outlook.office.com/SMTP.Send offline_access) and run `postern login NAME`";
constexpr std::string_view kMicrosoftWrong =
    "Microsoft refuses this user with this password: check user and password; an account with two-factor login needs "
    "an app password or oauth2, and SMTP AUTH must be on for the mailbox (Get-CASMailbox MAILBOX | fl "
    "SmtpClientAuthenticationDisabled)";
constexpr std::string_view kGoogleAppPassword =
    "Google takes only an app password here: turn on 2-Step Verification for the account, make an app password at "
    "https://myaccount.google.com/apppasswords and store it as the password, or set up oauth2 and run `postern login "
    "NAME`";
constexpr std::string_view kToken =
    "the server does not take the access token: it must be made for this user and carry the right to send (scope); "
    "with oauth2 in the settings, `postern login NAME` gets a new one";
constexpr std::string_view kAppPassword =
    "the provider takes no ordinary password from programs: make an app password in the account's security settings "
    "and store it as the password";
constexpr std::string_view kTooMany =
    "the provider has seen too many logins: wait until it forgets them (often an hour); Postern tries again by "
    "itself, and every try by hand makes the wait longer; look for other programs that use this account";
constexpr std::string_view kNeedsLogin =
    "the server takes mail only after a login: set user and a password (password_file) for this smarthost; if they "
    "are set, look with `postern check NAME` whether the server offers AUTH";
constexpr std::string_view kNeedsTls = "the server wants encryption first: set tls: starttls for this smarthost";
constexpr std::string_view kUnknownIssuer =
    "the server's certificate comes from an authority this machine does not know: set tls_ca_file to that authority's "
    "certificate; for a public provider install ca-certificates, and ask whether somebody inspects TLS on the way";
constexpr std::string_view kWrongName =
    "the certificate was made out to another name: set host to the name in the certificate, or tls_name if the server "
    "must be reached by another one (`openssl s_client -connect HOST:PORT` shows the certificate)";
constexpr std::string_view kRenewOurs =
    "the client certificate is this machine's own: renew it in the file that client_certificate names (it is read "
    "again "
    "at the next login), and look whether this machine's clock is right (timedatectl)";
constexpr std::string_view kOurFiles =
    "check client_certificate and client_key: both must be PEM files that the user postern can read, the key without a "
    "passphrase and closed to other users";
constexpr std::string_view kNoUsableMechanism =
    "the reasons stand behind each mechanism: take away what forbids it (mechanisms, tls: none) or give the kind of "
    "credential that is missing; allow_cleartext_auth is for networks you trust only";
constexpr std::string_view kSender =
    "this account may not send as this sender: let programs send from the account's own address, or allow the address "
    "at the provider (Microsoft: \"Send As\"; others: add it as an alias or verify it)";
constexpr std::string_view kQuota =
    "the account has used up what the provider lets it send: wait (often a day), send less, or get a larger plan";
constexpr std::string_view kRelaying =
    "the server does not forward mail for you: set user and a password for this smarthost, or let its operator allow "
    "this machine's address";

// What providers say. The first rows are ours: whatever else is in that text, nobody may be told to give way here.
constexpr std::array kAnswers{
    Row{At::login, "", "auth_downgrade",
        "ask who runs the server whether it was changed; if it was, `postern check --accept-weaker NAME` takes what "
        "it offers now for good"},
    Row{At::login, "", "",
        "do not work around this: the server did not prove that it knows the password, or somebody sits between you "
        "and it. Ask its operator; look for a proxy that inspects TLS, and at host and tls_name",
        Failure::tls},
    Row{At::anywhere, "5.7.139", "basic authentication is disabled", kMicrosoftOAuth},
    Row{At::anywhere, "5.7.139", "security defaults",
        "the tenant's security defaults forbid logins by password: set up oauth2 for this smarthost and run `postern "
        "login NAME`, or let an administrator exempt the account"},
    Row{At::anywhere, "5.7.139", "conditional access",
        "a Conditional Access policy of the tenant forbids this login: let an administrator exempt the account or "
        "this machine's address"},
    Row{At::anywhere, "5.7.139", "credentials were incorrect", kMicrosoftWrong},
    Row{At::anywhere, "5.7.139", "", kMicrosoftSwitch},
    Row{At::anywhere, "", "smtpclientauthentication is disabled", kMicrosoftSwitch},
    Row{At::refused_login, "", "invalid_token", kToken},
    Row{At::refused_login, "", "xoauth2: ", kToken},
    Row{At::refused_login, "", "oauthbearer: ", kToken},
    Row{At::login, "5.7.3", "", kMicrosoftWrong},
    Row{At::anywhere, "5.7.57", "starttls", kNeedsTls},
    Row{At::anywhere, "5.7.57", "", kNeedsLogin},
    Row{At::login, "5.7.9", "application-specific", kGoogleAppPassword},
    Row{At::login, "5.7.9", "please log in with your web browser",
        "Google wants to see a person: log in once to this account with a web browser, confirm the attempt, then run "
        "`postern check NAME`"},
    Row{At::login, "5.7.14", "",
        "Google wants to see a person: log in once to this account with a web browser, confirm the attempt, then run "
        "`postern check NAME`"},
    Row{At::login, "5.7.8", "badcredentials", kGoogleAppPassword},
    Row{At::login, "5.7.8", "gsmtp", kGoogleAppPassword},
    Row{At::login, "", "app-specific password", kAppPassword},
    Row{At::login, "", "application password", kAppPassword},
    Row{At::login, "", "app password", kAppPassword},
    Row{At::login, "", "too many login", kTooMany},
    Row{At::login, "", "too many bad auth", kTooMany},
    Row{At::login, "", "too many auth", kTooMany},
    Row{At::login, "", "too many failed", kTooMany},
    Row{At::login, "5.7.9", "too weak",
        "the server wants a stronger mechanism: take the mechanisms list out of this smarthost's settings"},
    Row{At::refusing_host, "", ".amazonaws.com",
        "Amazon SES wants its SMTP credentials, which are not the access key: make them in the SES console under "
        "\"SMTP settings\", for this region"},
    Row{At::refusing_host, "", "smtp.sendgrid.net",
        "SendGrid's user is the word apikey, the password an API key with the right to send"},
    Row{At::refusing_host, "", "smtp.mailgun.org",
        "check user and password in Mailgun's \"SMTP credentials\" of this domain; Mailgun refuses good ones at "
        "times, and Postern tries again by itself"},
    Row{At::login, "", "invalid_grant",
        "the stored authorization was withdrawn or has expired: run `postern login NAME`"},
    Row{At::login, "", "invalid_client",
        "the authorization server does not know this program: check client_id and client_secret_file under oauth2"},
    Row{At::login, "", "unauthorized_client",
        "the authorization server does not let this client do that: check its registration, client_id and scope under "
        "oauth2"},
    Row{At::login, "", "invalid_scope", "the authorization server does not know the scope: check scope under oauth2"},
    Row{At::anywhere, "530", "starttls", kNeedsTls},
    Row{At::anywhere, "530", "", kNeedsLogin},
    Row{At::anywhere, "538", "",
        "the server wants encryption before this login: set tls: starttls or implicit for this smarthost"},
    Row{At::login, "454", "",
        "the server cannot check logins at the moment, which is for its operator to mend; Postern tries again by "
        "itself"},
    Row{At::tls, "454", "",
        "the server's TLS is out of order at the moment, which is for its operator to mend; Postern tries again by "
        "itself"},
    Row{At::anywhere, "5.2.252", "", kSender},
    Row{At::anywhere, "", "sendasdenied", kSender},
    Row{At::anywhere, "5.7.60", "", kSender},
    Row{At::anywhere, "", "email address is not verified", kSender},
    Row{At::anywhere, "5.4.5", "", kQuota},
    Row{At::anywhere, "454", "throttling failure", kQuota},
    Row{At::login, "4.7.12", "",
        "the server must see the password once to make what stronger logins need (RFC 4954): let it, with `mechanisms: "
        "[PLAIN]` for one `postern check NAME`, or log in once with a web browser or mail program"},
    Row{At::anywhere, "432", "concurrent connections",
        "the provider allows few connections at once: set connections: 2 for this smarthost"},
    Row{At::anywhere, "", "missing final '@domain'",
        "the server takes no address without a domain: set domain, or give the local name an alias"},
    Row{At::anywhere, "504", "fully-qualified",
        "the server takes no address without a full domain: set domain and hostname to full names"},
    Row{At::anywhere, "", "relay access denied", kRelaying},
    Row{At::anywhere, "", "relaying denied", kRelaying},
    Row{At::anywhere, "", "relay not permitted", kRelaying},
};

// What we found ourselves; the words are those of our own errors and of OpenSSL's.
constexpr std::array kFindings{
    Row{At::login, "", "not known before the first connection", "run `postern check NAME`"},
    // Our own before the server's: both say "has expired".
    Row{At::tls, "", "our certificate", kRenewOurs},
    Row{At::tls, "", "alert certificate expired", kRenewOurs},
    Row{At::tls, "", "alert unknown ca",
        "the server does not know who signed our client certificate: ask its operator which authority it takes"},
    Row{At::tls, "", "cannot read the certificate", kOurFiles},
    Row{At::tls, "", "cannot read the key", kOurFiles},
    Row{At::tls, "", "client key file", kOurFiles},
    Row{At::tls, "", "this key is not that of the certificate",
        "client_certificate and client_key do not belong together: one of them was renewed without the other"},
    Row{At::tls, "", "certificate has expired",
        "the server's certificate has expired: only its operator can renew it; look first whether this machine's "
        "clock is right (timedatectl)"},
    Row{At::tls, "", "certificate is not yet valid",
        "the server's certificate is not valid yet: look whether this machine's clock is right (timedatectl)"},
    Row{At::tls, "", "hostname mismatch", kWrongName},
    Row{At::tls, "", "ip address mismatch", kWrongName},
    Row{At::tls, "", "self-signed certificate in certificate chain", kUnknownIssuer},
    Row{At::tls, "", "self-signed certificate",
        "the server made its certificate itself: if you trust it, store that certificate in a file and set "
        "tls_ca_file to it"},
    Row{At::tls, "", "unable to get local issuer", kUnknownIssuer},
    Row{At::tls, "", "unable to get issuer", kUnknownIssuer},
    Row{At::tls, "", "unable to verify the first certificate", kUnknownIssuer},
    Row{At::tls, "", "cannot read certificates from",
        "check tls_ca_file: it must hold certificates in PEM and be readable for the user postern"},
    Row{At::tls, "", "cannot use the system's certificate store", "install the package ca-certificates"},
    Row{At::tls, "", "wrong version number",
        "this port begins without TLS: set tls: starttls (the usual port is 587), or port: 465"},
    Row{At::tls, "", "unsupported protocol",
        "the server is too old for TLS 1.2, which is the least that is safe: its operator must update it"},
    Row{At::tls, "", "does not offer starttls",
        "set tls: implicit with port 465 if the server has that; a firewall that inspects SMTP can take STARTTLS "
        "away, too"},
    Row{At::greeting, "", "",
        "a server that says nothing may wait for TLS from the first byte: set tls: implicit (the usual port is 465); "
        "or a firewall holds the connection",
        Failure::timeout},
    Row{At::login, "", "offers no auth",
        "many servers offer the login only after encryption: set tls: starttls or implicit; if this server needs no "
        "login, take user out of its settings"},
    Row{At::login, "", "no usable mechanism", kNoUsableMechanism},
    Row{At::login, "", "permission denied", "let the daemon read the file: chgrp postern FILE && chmod 640 FILE"},
    Row{At::login, "", "",
        "the credential is not where the settings say: create it, or correct password_file (or the key that is used "
        "in its place)",
        Failure::not_found},
    Row{At::resolve, "", "",
        "check host for typing errors; if it is right, this machine's name service does not work (`getent hosts HOST`)",
        Failure::resolve},
    Row{At::connect, "", "network is unreachable",
        "this machine has no way to that network: look at its network (`ip route`)"},
    Row{At::connect, "", "connection refused",
        "nothing listens there: check host and port; the server may be down, or a firewall refuses"},
    Row{At::connect, "", "",
        "nobody answered: check host and port, and whether a firewall or your hosting provider blocks this port (try "
        "587 or 2525 if the provider has them)",
        Failure::timeout},
};

constexpr std::array kRefused{
    Row{At::refused_login, "", "",
        "check user and password of this smarthost; many providers want an app password or oauth2 in place of the "
        "ordinary one. Then run `postern check NAME`: if it succeeds, the mail flows at once"},
};

struct Case {
  std::string words;  ///< lower case, the code before them
  std::string host;   ///< lower case
  std::optional<Step> step;
  Failure failure = Failure::refused;
  bool login_refused = false;
};

bool applies(At at, const Case& met) {
  switch (at) {
    case At::anywhere: return true;
    case At::login: return met.step == Step::auth;
    case At::refused_login:
    case At::refusing_host: return met.login_refused;
    case At::tls: return met.step == Step::tls || met.failure == Failure::tls;
    case At::resolve: return met.step == Step::resolve;
    case At::connect: return met.step == Step::connect;
    case At::greeting: return met.step == Step::greeting;
  }
  return false;
}

/// The code as a word of its own: "5.7.3" is not in "15.7.3.1", nor "535" in an id or a port.
bool has_code(std::string_view words, std::string_view code) {
  for (std::size_t at = words.find(code); at != std::string_view::npos; at = words.find(code, at + 1)) {
    const std::string_view after = words.substr(at + code.size());
    const bool begins = at == 0 || std::string_view(" \"-#").find(words[at - 1]) != std::string_view::npos;
    const bool ends = after.empty() || std::string_view(" \"-,;:)").find(after.front()) != std::string_view::npos;
    if (begins && ends) return true;
  }
  return false;
}

bool fits(const Row& row, const Case& met) {
  if (!applies(row.at, met)) return false;
  if (row.failure && *row.failure != met.failure) return false;
  const std::string& place = row.at == At::refusing_host ? met.host : met.words;
  if (place.find(row.words) == std::string::npos) return false;
  return row.code.empty() || has_code(met.words, row.code);
}

std::string for_site(std::string_view text, std::string_view site) {
  constexpr std::string_view kName = "NAME";
  std::string result;
  for (std::size_t at = text.find(kName); at != std::string_view::npos; at = text.find(kName)) {
    result.append(text.substr(0, at)).append(site);
    text.remove_prefix(at + kName.size());
  }
  return result.append(text);
}

template <typename Table>
std::string look_up(const Table& table, const Case& met, std::string_view site) {
  const auto row = std::ranges::find_if(table, [&met](const Row& one) { return fits(one, met); });
  return row == table.end() ? std::string() : for_site(row->text, site);
}

}  // namespace

std::string advice(const SiteTrouble& trouble, std::string_view site) {
  const std::string text = to_lower(trouble.text);
  Case met;
  met.words = std::to_string(trouble.code) + ' ' + (trouble.answer.empty() ? text : to_lower(trouble.answer));
  met.host = text.substr(0, text.find_first_of("[: "));
  met.step = trouble.step;
  met.failure = trouble.failure;
  met.login_refused = trouble.login_refused;
  if (std::string known = look_up(kAnswers, met, site); !known.empty()) return known;
  // A server's words are no finding of ours, even if they sound like one.
  if (trouble.code == 0) {
    if (std::string known = look_up(kFindings, met, site); !known.empty()) return known;
  }
  return look_up(kRefused, met, site);
}

std::string advice(const Status& status, std::string_view site) {
  if (status.verdict == Verdict::delivered) return {};
  Case met;
  met.words = to_lower(to_text(status));
  return look_up(kAnswers, met, site);
}

}  // namespace postern::mail
