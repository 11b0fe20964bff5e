#include "mail/advice_rows.h"

#include <array>

namespace postern::mail {
namespace {

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
constexpr std::string_view kNotATokenServer =
    "something else than a token server has answered: check token_url under oauth2; a proxy, or the login page of this "
    "machine's network, can stand in between (`curl -i TOKEN_URL` shows what comes)";

constexpr std::array kLoginAnswers{
    // Whatever else is in these texts, nobody may be told to give way.
    AdviceRow{
        At::login, "", "auth_downgrade",
        "ask who runs the server whether it was changed; if it was, `postern check --accept-weaker NAME` takes what "
        "it offers now for good"},
    AdviceRow{
        At::login, "", "",
        "do not work around this: the server did not prove that it knows the password, or somebody sits between you "
        "and it. Ask its operator; look for a proxy that inspects TLS, and at host and tls_name",
        Failure::tls},
    AdviceRow{At::anywhere, "5.7.139", "basic authentication is disabled", kMicrosoftOAuth},
    AdviceRow{At::login, "5.7.30", "", kMicrosoftOAuth},
    AdviceRow{At::login, "", "basic authentication is not", kMicrosoftOAuth},
    AdviceRow{
        At::anywhere, "5.7.139", "security defaults",
        "the tenant's security defaults forbid logins by password: set up oauth2 for this smarthost and run `postern "
        "login NAME`, or let an administrator exempt the account"},
    AdviceRow{
        At::anywhere, "5.7.139", "conditional access",
        "a Conditional Access policy of the tenant forbids this login: let an administrator exempt the account or "
        "this machine's address"},
    AdviceRow{At::anywhere, "5.7.139", "credentials were incorrect", kMicrosoftWrong},
    AdviceRow{At::anywhere, "5.7.139", "", kMicrosoftSwitch},
    AdviceRow{At::anywhere, "", "smtpclientauthentication is disabled", kMicrosoftSwitch},
    AdviceRow{At::refused_login, "", "invalid_token", kToken},
    AdviceRow{At::refused_login, "", "xoauth2: ", kToken},
    AdviceRow{At::refused_login, "", "oauthbearer: ", kToken},
    AdviceRow{At::login, "5.7.3", "", kMicrosoftWrong},
    AdviceRow{At::anywhere, "5.7.57", "starttls", kNeedsTls},
    AdviceRow{At::anywhere, "5.7.57", "", kNeedsLogin},
    AdviceRow{At::login, "5.7.9", "application-specific", kGoogleAppPassword},
    AdviceRow{
        At::login, "5.7.9", "please log in with your web browser",
        "Google wants to see a person: log in once to this account with a web browser, confirm the attempt, then run "
        "`postern check NAME`"},
    AdviceRow{
        At::login, "5.7.14", "",
        "Google wants to see a person: log in once to this account with a web browser, confirm the attempt, then run "
        "`postern check NAME`"},
    AdviceRow{At::login, "5.7.8", "badcredentials", kGoogleAppPassword},
    AdviceRow{At::login, "5.7.8", "gsmtp", kGoogleAppPassword},
    AdviceRow{At::login, "", "app-specific password", kAppPassword},
    AdviceRow{At::login, "", "application password", kAppPassword},
    AdviceRow{At::login, "", "app password", kAppPassword},
    AdviceRow{At::login, "", "too many login", kTooMany},
    AdviceRow{At::login, "", "too many bad auth", kTooMany},
    AdviceRow{At::login, "", "too many auth", kTooMany},
    AdviceRow{At::login, "", "too many failed", kTooMany},
    AdviceRow{At::login, "5.7.9", "too weak",
              "the server wants a stronger mechanism: take the mechanisms list out of this smarthost's settings"},
    AdviceRow{At::refusing_host, "", ".amazonaws.com",
              "Amazon SES wants its SMTP credentials, which are not the access key: make them in the SES console under "
              "\"SMTP settings\", for this region"},
    AdviceRow{At::refusing_host, "", "smtp.sendgrid.net",
              "SendGrid's user is the word apikey, the password an API key with the right to send"},
    AdviceRow{At::refusing_host, "", "smtp.mailgun.org",
              "check user and password in Mailgun's \"SMTP credentials\" of this domain; Mailgun refuses good ones at "
              "times, and Postern tries again by itself"},
    AdviceRow{At::login, "", "its answer is not json", kNotATokenServer, Failure::protocol},
    AdviceRow{At::login, "", "its answer is not a json", kNotATokenServer, Failure::protocol},
    AdviceRow{At::login, "", "its answer is not http", kNotATokenServer, Failure::protocol},
    AdviceRow{At::login, "", "(not found)", kNotATokenServer, Failure::not_found},
    AdviceRow{At::login, "", "which is not followed", kNotATokenServer, Failure::protocol},
    AdviceRow{At::login, "", "invalid_grant",
              "the stored authorization was withdrawn or has expired: run `postern login NAME`"},
    AdviceRow{
        At::login, "", "invalid_client",
        "the authorization server does not know this program: check client_id and client_secret_file under oauth2"},
    AdviceRow{
        At::login, "", "unauthorized_client",
        "the authorization server does not let this client do that: check its registration, client_id and scope under "
        "oauth2"},
    AdviceRow{At::login, "", "invalid_scope",
              "the authorization server does not know the scope: check scope under oauth2"},
    AdviceRow{At::login, "538", "",
              "the server wants encryption before this login: set tls: starttls or implicit for this smarthost"},
    AdviceRow{At::login, "", "suspended", kSuspended},
    AdviceRow{At::login, "", "account*disabled", kSuspended},
    AdviceRow{At::login, "", "account*locked", kSuspended},
    AdviceRow{At::login, "", "account*blocked", kSuspended},
    AdviceRow{At::login, "", "account*deactivated", kSuspended},
    AdviceRow{At::login, "", "account*inactive", kSuspended},
    AdviceRow{At::login, "", "account*restricted", kSuspended},
    AdviceRow{At::login, "", "account*on hold", kSuspended},
    AdviceRow{At::login, "", "mailbox*disabled", kSuspended},
    AdviceRow{At::login, "", "user*disabled", kSuspended},
    AdviceRow{At::login, "", "user*blocked", kSuspended},
    AdviceRow{At::login, "", "compromised", kSuspended},
    AdviceRow{At::login, "", "credits", kQuota},
    AdviceRow{At::login, "", "quota", kQuota},
    AdviceRow{At::login, "", "sending limit", kQuota},
    AdviceRow{At::login, "", "daily*limit", kQuota},
    AdviceRow{At::login, "", "client host", kBlocked},
    AdviceRow{At::login, "", "blocked using", kBlocked},
    AdviceRow{At::login, "", "blacklist", kBlocked},
    AdviceRow{At::login, "", "spamhaus", kBlocked},
    AdviceRow{At::login, "", "listed in", kBlocked},
    AdviceRow{At::login, "", "ip*blocked", kBlocked},
    AdviceRow{At::login, "", "ip*banned", kBlocked},
    AdviceRow{At::login, "454", "",
              "the server cannot check logins at the moment, which is for its operator to mend; Postern tries again by "
              "itself"},
    AdviceRow{
        At::login, "4.7.12", "",
        "the server must see the password once to make what stronger logins need (RFC 4954): let it, with `mechanisms: "
        "[PLAIN]` for one `postern check NAME`, or log in once with a web browser or mail program"},
    AdviceRow{
        At::tls, "454", "",
        "the server's TLS is out of order at the moment, which is for its operator to mend; Postern tries again by "
        "itself"},
};

constexpr std::array kRefusedLogins{
    AdviceRow{
        At::refused_login, "", "",
        "check user and password of this smarthost; many providers want an app password or oauth2 in place of the "
        "ordinary one. Then run `postern check NAME`: if it succeeds, the mail flows at once"},
};

}  // namespace

AdviceRows login_answers() { return kLoginAnswers; }

AdviceRows refused_logins() { return kRefusedLogins; }

}  // namespace postern::mail
