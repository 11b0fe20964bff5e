// What providers say of this machine, the account, the sender and the amount of mail: one kind of trouble in many
// words.
#include "mail/advice.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {
namespace {

struct Kind {
  std::string_view advice;  ///< a part of what is advised
  std::vector<std::string_view> answers;
};

Status said(std::string_view answer) {
  const int code = std::stoi(std::string(answer.substr(0, 3)));
  Status status;
  status.verdict = code < 500 ? Verdict::deferred : Verdict::failed;
  status.code = code;
  std::string_view rest = answer.substr(4);
  const std::size_t end = rest.find(' ');
  if (end != std::string_view::npos && rest.find('.') == 1 && (rest.front() == '4' || rest.front() == '5')) {
    status.enhanced = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  status.text = rest;
  return status;
}

SiteTrouble met(Step step, std::string_view answer) {
  SiteTrouble trouble;
  trouble.step = step;
  trouble.failure = step == Step::auth ? Failure::denied : Failure::refused;
  trouble.code = std::stoi(std::string(answer.substr(0, 3)));
  // The host's name sounds like half of the answers.
  trouble.text = "suspended-quota.relaying.example.com[192.0.2.1]:587: MAIL: \"" + std::string(answer) + '"';
  return trouble;
}

const Kind kSenders{
    "may not send as this sender",
    {
        "553 5.7.1 <a@example.net>: Sender address rejected: not owned by user alerts@example.com",
        "553 5.7.1 Sender address rejected: not owned by auth user.",
        "554 Message rejected: Email address is not verified. The following identities failed the check: a@b.example",
        "501 mail from address must be same as authorization user",
        "551 5.7.1 Not authorised to send from this header address",
        "550 The from address does not match a verified Sender Identity. Mail cannot be sent until this is resolved",
        "554 5.2.252 SendAsDenied; a@example.com not allowed to send as b@example.com",
        "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "553 Mail from must equal authorized user",
        "553 5.7.1 Envelope sender mismatch with login user",
        "550 5.7.1 You are not allowed to send from root@web1.example.com",
        "550 Sender address not allowed for this account",
        "550 5.7.1 Sender is not authorized",
        "501 5.1.8 Unauthorized sender root@web1",
        "450 The example.net domain is not verified. Please, add and verify your domain",
        "422 The 'From' address you supplied is not a Sender Signature on your account",
        "550 Verify your sender address before sending",
        "535 Authorization failed: Envelope From address a@example.net not authorized",
        "550 5.7.1 From header does not belong to the authenticated user",
        "554 5.7.1 the sender address is unverified",
        "550 User not permitted to send from this address",
        "550 you are not authorized to use this from address",
        "550 5.7.1 spoofed sender",
        "553 sender address must match the login",
    }};

const Kind kNullSenders{"bounces.from",
                        {
                            "501 Invalid MAIL FROM address provided",
                            "553 5.7.1 <>: Sender address rejected: not owned by user alerts@example.com",
                            "550 5.7.1 Null sender is not allowed",
                            "550 empty envelope sender",
                            "554 5.1.7 Empty sender address",
                            "501 5.1.7 Null reverse-path refused",
                            "550 bounces are not accepted here",
                            "550 5.7.1 Bounce messages are not relayed",
                            "501 5.5.4 MAIL FROM:<> is not supported",
                            "550 the sender address is empty",
                            "553 null return path rejected",
                            "550 Invalid sender",
                            "554 5.7.1 blank sender",
                        }};

const Kind kSenderDomains{"set domain to one that is in the DNS",
                          {
                              "450 4.1.8 <root@web1.local>: Sender address rejected: Domain not found",
                              "550 5.1.8 <root@web1.local>... Domain of sender address does not exist",
                              "553 5.1.8 <root@x>... Domain of sender address root@x does not resolve",
                              "504 5.5.2 <root@web1>: Sender address rejected: need fully-qualified address",
                              "501 5.1.8 sender domain must exist",
                              "550 Sender verify failed",
                          }};

const Kind kQuotas{"used up what the provider lets it send",
                   {
                       "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process",
                       "554 5.7.0 limit on sent messages exceeded, try again later",
                       "550 Domain example.com has exceeded the max emails per hour (101/100 (101%)) allowed",
                       "552 5.7.1 Relay quota exceeded",
                       "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail",
                       "550-5.4.5 Daily SMTP relay sending limit exceeded for customer",
                       "550 5.1.90 Your message can't be sent because you've reached your daily limit for message "
                       "recipients",
                       "454 Throttling failure: Daily message quota exceeded.",
                       "450 Requested mail action not taken: mailbox unavailable. Mail send limit exceeded.",
                       "450 4.7.1 <b@example.org>: Recipient address rejected: Policy Rejection- Quota Exceeded",
                       "550 Hourly limit reached for this user",
                       "554 you have reached the monthly limit of your plan",
                       "550 5.7.1 Not enough credits",
                       "451 Maximum credits exceeded",
                       "550 too many recipients per day",
                       "452 4.5.3 Too many recipients this hour",
                       "554 5.7.1 Messages per day: over limit",
                       "550 exceeding the allowed sending limit",
                       "552 5.7.1 <unknown[192.0.2.1]>: Client host rejected: relay quota exceeded",
                       "552 sending quota of the account reached",
                       "550 outgoing limit exceeded, upgrade your plan",
                   }};

const Kind kRates{"set rate for this smarthost",
                  {
                      "454 Throttling failure: Maximum sending rate exceeded.",
                      "450 4.7.1 Error: too much mail from 192.0.2.1",
                      "450 4.7.1 Error: too many recipients from 192.0.2.1",
                      "451 4.7.1 Rate limit exceeded",
                      "421 4.7.28 Our system has detected an unusual rate of mail",
                      "451 4.7.0 Throttled, please slow down",
                      "550 ratelimit: 31.0 / 1h, limit 30",
                      "432 4.3.2 30 messages per minute are allowed",
                      "421 4.7.0 you are sending too fast",
                      "450 4.4.2 sending rate exceeded",
                      "450 too many messages, wait",
                  }};

const Kind kHello{"set hostname to a full name",
                  {
                      "504 5.5.2 <web1>: Helo command rejected: need fully-qualified hostname",
                      "450 4.7.1 <web1>: Helo command rejected: Host not found",
                      "501 <web_1>: Helo command rejected: Invalid name",
                      "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)",
                      "501 Syntactically invalid HELO argument(s)",
                      "550 5.7.1 EHLO name without a dot",
                      "554 5.7.1 bad HELO",
                      "501 5.0.0 EHLO requires domain address",
                      "550 your HELO must be a FQDN",
                      "550 HELO argument does not match calling host",
                      "504 5.5.2 EHLO: need fully-qualified hostname",
                      "550 invalid EHLO",
                  }};

const Kind kBlocked{"from this machine's address",
                    {
                        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
                        "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
                        "550 192.0.2.1 is listed at bl.example.net",
                        "550 JunkMail rejected - is in an RBL on dnsbl.example.org",
                        "554 your IP address is listed on our blocklist",
                        "521 5.7.1 dynamic IP addresses are not accepted here",
                        "550 5.7.1 mail from residential networks is refused",
                        "554 5.7.1 poor reputation of your network",
                        "550 5.7.25 The IP address sending this message does not have a PTR record setup",
                        "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]",
                        "550 Your IP 192.0.2.1 has been blocked",
                        "554 your host is temporarily blocked",
                        "550 5.7.1 reverse DNS lookup failed",
                        "550 blacklisted",
                        "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
                    }};

const Kind kSuspended{"has closed this account for sending",
                      {
                          "550 5.7.1 Outgoing mail from your account has been suspended",
                          "550 5.1.8 Access denied, bad outbound sender",
                          "554 5.1.8 Email Outgoing Blocked.",
                          "454 Sending paused for this account. For more information, check your inbox",
                          "554 Message rejected: Account is paused for sending",
                          "550 Outgoing mail from this account has been disabled",
                          "550 5.7.705 Access denied, tenant has exceeded threshold",
                          "535 5.7.1 your account is locked",
                          "550 5.4.6 Unusual sending activity detected",
                          "554 sending blocked because of abuse",
                          "550 5.7.1 this account is restricted from sending email",
                          "550 account under review",
                          "554 5.7.1 your password was compromised",
                          "550 User alerts@example.com is blocked",
                      }};

const Kind kNotActivated{"not opened this account",
                         {
                             "502 5.7.0 Your account is not yet activated. Please contact our support team",
                             "550 5.7.1 Your SMTP account is not yet activated. Unable to send email",
                             "550 this account has not been activated",
                             "554 account not activated",
                             "550 your account is pending approval",
                         }};

const Kind kForTests{"for tests alone",
                     {
                         "554 Sandbox subdomains are for test purposes only. Please add your own domain or add the "
                         "address to authorized recipients in Account Settings.",
                         "554 5.7.1 Free accounts are for test purposes only. Please upgrade",
                     }};

const Kind kRelaying{"does not forward mail for you",
                     {
                         "554 5.7.1 <b@example.org>: Relay access denied",
                         "550 5.7.1 <b@example.org>... Relaying denied",
                         "550 relay not permitted",
                         "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
                         "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
                         "551 we do not relay",
                         "550 5.7.64 TenantAttribution; Relay Access Denied",
                         "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Relay access denied",
                         "550 Relaying is prohibited",
                         "554 relay to example.org denied",
                         "550 not permitted to relay through this server",
                         "550 you are not allowed to relay",
                         "550 I cannot deliver mail for <b@example.org>",
                         "554 Relay rejected for policy reasons.",
                         "550 relaying mail to example.org is not allowed",
                         "550 Requested action not taken: mailbox unavailable or not local",
                         "551 not our customer",
                     }};

const Kind kLogins{"only after a login",
                   {
                       "550 5.7.1 Authentication required",
                       "554 SMTP AUTH is required",
                       "530 5.7.0 Authentication Required.",
                       "530 5.7.57 Client not authenticated to send mail.",
                       "553 5.7.1 <a@example.net>: Sender address rejected: not logged in",
                       "550 please authenticate first",
                       "503 5.5.4 you must be authenticated",
                       "550 login required",
                       "550 log in first",
                       "554 5.7.1 need to authenticate",
                       "553 POP before SMTP",
                       "550 5.7.1 mail without authentication is refused",
                       "530 no",
                       "550 Unauthenticated senders not allowed",
                       "503 5.5.4 Error: send AUTH command first",
                       "550 authenticate before sending",
                   }};

const Kind kConnections{"connections: 2",
                        {
                            "421 4.7.0 smtp.example.com Error: too many connections from 192.0.2.1",
                            "421 Too many concurrent connections",
                            "432 4.3.2 Concurrent connections limit exceeded.",
                            "421 too many concurrent SMTP connections from this IP address",
                            "554 5.7.1 too many simultaneous connections",
                            "421 4.4.5 too many open connections",
                            "421 4.3.2 maximum number of connections reached",
                            "421 number of connections exceeded",
                            "450 too many sessions for this user",
                            "421 too many parallel connections",
                            "421 smtp.example.com Too many connected clients, try again in a moment",
                            "421 connection limit reached",
                        }};

const Kind kPerConnection{"messages_per_connection",
                          {
                              "452 4.4.5 maximum number of messages per session exceeded",
                              "554 5.7.0 too many messages in this session",
                              "550 5.7.0 too many emails per connection",
                              "452 4.5.3 Too many recipients: Too many messages sent",
                              "421 too many messages per connection",
                              "452 4.3.2 messages allowed in one session: 10",
                              "421 4.7.0 10 messages on this connection are enough",
                              "421 too many messages in one connection",
                              "452 max. mails per connection reached",
                              "550 limit of messages for this connection",
                              "421 too many transactions on this connection",
                              "450 too many mails in this session",
                          }};

const Kind kRecipients{"few recipients in one transaction",
                       {
                           "550 5.5.3 too many recipients",
                           "554 5.5.3 Too many recipients specified",
                           "452 4.5.3 Error: too many recipients",
                           "452 too many recipients",
                           "552 too many recipients",
                           "550 maximum number of recipients reached",
                           "452 4.5.3 enough",
                           "550 recipient limit reached",
                           "550 5.5.3 rejected",
                           "452 at most 50 recipients per message",
                           "550 too many RCPTs",
                           "550 5.7.1 recipient count exceeded",
                           "550 Only 10 recipients allowed in a message",
                           "550 max rcpt limit reached",
                       }};

const Kind kTls{"tls: starttls",
                {
                    "530 5.7.0 Must issue a STARTTLS command first",
                    "530 5.7.57 SMTP; must issue a STARTTLS command first",
                    "554 5.7.3 encryption required",
                    "550 STARTTLS must be used first",
                    "538 5.7.11 encryption is missing",
                }};

const std::array kKinds{&kSenders,    &kNullSenders, &kSenderDomains, &kQuotas,  &kRates,       &kHello,
                        &kBlocked,    &kSuspended,   &kRelaying,      &kLogins,  &kConnections, &kPerConnection,
                        &kRecipients, &kTls,         &kNotActivated,  &kForTests};

TEST(AdviceAnswers, EveryKindIsKnownInItsOwnWordsAndInAllTheOthers) {
  for (const Kind* kind : kKinds) {
    for (const std::string_view answer : kind->answers) {
      EXPECT_NE(advice(said(answer), "main").find(kind->advice), std::string::npos) << answer << "\n"
                                                                                    << advice(said(answer), "main");
      for (const Step step : {Step::mail, Step::rcpt, Step::data, Step::end_of_data}) {
        SiteTrouble trouble = met(step, answer);
        EXPECT_NE(advice(trouble, "main").find(kind->advice), std::string::npos) << answer;
        trouble.text = to_upper(trouble.text);
        EXPECT_NE(advice(trouble, "main").find(kind->advice), std::string::npos) << answer;
      }
    }
  }
}

TEST(AdviceAnswers, WhatIsSaidOfTheMachineAndOfConnectionsIsKnownBeforeATransactionToo) {
  for (const Kind* kind : {&kHello, &kBlocked, &kConnections, &kSuspended}) {
    for (const std::string_view answer : kind->answers) {
      for (const Step step : {Step::greeting, Step::ehlo}) {
        // A code that says enough of EHLO itself is no list of addresses.
        if (step == Step::ehlo && kind != &kHello && (answer.starts_with("501") || answer.starts_with("504"))) continue;
        EXPECT_NE(advice(met(step, answer), "main").find(kind->advice), std::string::npos) << answer;
      }
    }
  }
}

TEST(AdviceAnswers, ANameWithoutADotIsSeenInTheAnswerToEhlo) {
  for (const std::string_view answer :
       {"501 5.5.4 Invalid domain name", "504 5.5.2 need fully-qualified hostname", "550 not a valid hostname",
        "553 5.0.0 invalid domain name", "501 syntax", "504 no", "550 a fully qualified name is needed", "550 no FQDN",
        "554 give a valid domain", "500 invalid host name"}) {
    EXPECT_NE(advice(met(Step::ehlo, answer), "main").find(kHello.advice), std::string::npos) << answer;
  }
}

TEST(AdviceAnswers, NoRowForATransactionSpeaksOfALogin) {
  for (const Kind* kind : kKinds) {
    for (const std::string_view answer : kind->answers) {
      SiteTrouble trouble = met(Step::auth, answer);
      trouble.login_refused = true;
      const std::string text = advice(trouble, "main");
      EXPECT_NE(text, "") << answer;
      for (const Kind* other :
           {&kSenders, &kNullSenders, &kSenderDomains, &kHello, &kRelaying, &kRecipients, &kPerConnection}) {
        EXPECT_EQ(text.find(other->advice), std::string::npos) << answer << "\n" << text;
      }
    }
  }
}

TEST(AdviceAnswers, NoRowForALoginSpeaksInATransaction) {
  for (const std::string_view answer :
       {"550 5.7.8 BadCredentials", "550 5.7.3 no", "554 application password", "550 5.7.9 application-specific",
        "550 too many failed attempts", "550 5.7.14 no", "550 invalid_grant", "451 4.7.12 no", "454 4.7.0 no",
        "550 5.7.30 no", "535 5.7.8 no"}) {
    EXPECT_EQ(advice(said(answer), "main"), "") << answer;
    EXPECT_EQ(advice(met(Step::mail, answer), "main"), "") << answer;
  }
}

TEST(AdviceAnswers, WhatIsAboutAMessageOrItsRecipientsGetsNoAdvice) {
  for (const std::string_view answer : {
           "550 5.1.1 <b@example.org>: Recipient address rejected: User unknown",
           "550 no such user",
           "550 5.2.1 The email account that you tried to reach is disabled",
           "552 5.2.2 The email account that you tried to reach is over quota",
           "452 4.2.2 mailbox over quota",
           "550 mailbox is full: quota exceeded",
           "552 5.3.4 Message size exceeds fixed limit",
           "554 5.6.0 message rejected: maximum message size exceeded",
           "552 message exceeds the size limit",
           "500 line length limit exceeded",
           "554 5.4.6 Hop count exceeded - possible mail loop",
           "554 5.7.1 Message blocked: contains a URL listed at example.net",
           "554 5.7.1 blocked using dbl.spamhaus.org",
           "550 5.7.26 Unauthenticated email from example.net is not accepted due to the DMARC policy",
           "550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized",
           "550 you are not allowed to send to this group",
           "550 User not listed in the directory",
           "452 4.3.1 insufficient system storage",
           "552 exceeded storage allocation",
           "550 5.7.1 message looks like spam",
           "554 5.6.0 bad MIME",
           "451 4.3.0 try later",
           "450 4.2.0 greylisted",
           "421 4.4.2 timeout exceeded",
           "421 4.7.0 too many errors",
           "550 5.7.1 recipient account suspended",
           "550 no",
       }) {
    EXPECT_EQ(advice(said(answer), "main"), "") << answer;
    EXPECT_EQ(advice(met(Step::end_of_data, answer), "main"), "") << answer;
  }
}

TEST(AdviceAnswers, CheckIsNamedOnlyWhereItMeetsTheSame) {
  SiteTrouble unknown = met(Step::connect, "550 no");
  unknown.code = 0;
  unknown.text = "reset";
  for (const Step step : {Step::resolve, Step::connect, Step::greeting, Step::ehlo, Step::tls, Step::auth}) {
    unknown.step = step;
    EXPECT_EQ(advice_or_check(unknown, "main"), "`postern check main` shows more") << name(step);
  }
  for (const Step step : {Step::mail, Step::rcpt, Step::data, Step::end_of_data, Step::quit}) {
    unknown.step = step;
    EXPECT_EQ(advice_or_check(unknown, "main"), "") << name(step);
  }
  EXPECT_EQ(advice_or_check(met(Step::mail, "530 no"), "main"), advice(met(Step::mail, "530 no"), "main"));
}

}  // namespace
}  // namespace postern::mail
