// Answers of real servers, and what each is about: by kind, with relatives in other words and codes, and those that
// only look like one of a kind.
#include "relay/refusals.h"

#include "answer_table.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::relay {
namespace {

TEST(Refusals, OfTheCasesAreReadAsTheTableOfCasesSays) {
  check(R"(
sender
R 553 5.7.1 sender address rejected: not owned by user
M 553 5.7.1 sender address rejected: not owned by auth user
T 554 message rejected: email address is not verified
M 501 mail from address must be same as authorization user
T 551 5.7.1 not authorised to send from this header address
T 550 the from address does not match a verified sender identity
M 501 invalid MAIL FROM address provided
M 553 5.7.1 no
site
T 554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message
T 554 5.7.0 limit on sent messages exceeded, try again later
R 550 domain has exceeded the max emails per hour
T 552 5.7.1 relay quota exceeded
R 504 5.5.2 helo command rejected: need fully-qualified hostname
R 554 5.7.1 relay access denied
M 550 5.7.1 authentication required
M 554 SMTP AUTH is required
R 554 5.7.1 client host blocked using a list
T 550 5.7.1 outgoing mail from your account has been suspended
enough
D 452 4.4.5 maximum number of messages per session exceeded
M 554 5.7.0 too many messages in this session
T 550 5.7.0 too many emails per connection
crowded
M 432 4.3.2 concurrent connections limit exceeded
split
R 550 5.5.3 too many recipients
R 554 5.5.3 too many recipients
)",
        24);
}

TEST(Refusals, OfTheRecipientFailItAtOnce) {
  check(R"(
failed
R 550 5.1.1 <x@y.example>: Recipient address rejected: User unknown in local recipient table
R 550 5.1.1 <x@y.example>: Recipient address rejected: User unknown in virtual mailbox table
R 550 5.1.1 User unknown
R 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient x@y.example not found by SMTP address lookup
R 550 5.1.2 <x@y.invalid>: Recipient address rejected: Domain not found
R 550 5.1.3 bad destination mailbox address syntax
R 550 5.1.6 destination mailbox has moved
R 550 5.2.1 The email account that you tried to reach is disabled
R 550-5.1.1 The email account that you tried to reach does not exist. Please try|5.1.1 double-checking the address
R 550 5.4.1 Recipient address rejected: Access denied. AS(201806281)
R 550 5.4.4 <x@y>: host not found
R 550 No such user here
R 550 no such user (x@y.example)
R 550 Unrouteable address
R 550 unknown user
R 553 5.1.1 sorry, no mailbox here by that name. (#5.1.1)
R 554 delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com)
R 550 5.5.0 Requested action not taken: mailbox unavailable
R 550 Requested action not taken: mailbox not found
R 550 Mailbox does not exist
R 550 5.1.1 <x@y>... User unknown
R 550 Address unknown
R 550 Recipient unknown
R 550 x@y.example (Address_Unknown)
R 554 30 Sorry, your message to x@yahoo.com cannot be delivered. This mailbox is disabled (554.30)
R 550 5.1.1 unknown or illegal alias: x@y
R 550 x... No such mailbox
R 511 5.1.1 unknown address or alias
R 550 #5.1.0 Address rejected x@y: no such account
R 556 5.1.10 null MX
R 550 5.2.2 mailbox full
R 554 5.2.2 the recipient's mailbox is full
R 550 5.2.2 The email account that you tried to reach is over quota
R 550 5.2.1 recipient account is suspended
R 504 5.5.2 <x>: Recipient address rejected: need fully-qualified address
R 552 5.2.3 message length exceeds the limit of this mailbox
deferred
R 552 5.2.2 mailbox full
R 552 5.2.2 over quota
R 452 4.2.2 The email account that you tried to reach is over quota
R 450 4.2.1 The user you are trying to contact is receiving mail too quickly
R 450 4.1.1 user unknown
R 450 4.7.1 <x@y>: Recipient address rejected: Greylisted, try again in 300 seconds
R 451 4.7.1 Greylisting in action, please come back later
R 451 4.3.0 not now
R 450 4.1.7 <a@b>: Sender address rejected: unverified address: Address verification in progress
)",
        40);
}

TEST(Refusals, OfTheSenderAreItsTrouble) {
  check(R"(
sender
MR 553 5.7.1 <a@b.example>: Sender address rejected: not owned by user c@b.example
MR 550 5.7.1 <a@b.example>: Sender address rejected: not logged in
MR 550 5.1.1 <a@b.example>: Sender address rejected: User unknown in local recipient table
MR 550 5.1.8 <a@b.example>: Sender address rejected: Domain not found
MR 450 4.1.8 <a@b.example>: Sender address rejected: Domain not found
MR 450 4.7.1 <a@b.example>: Sender address rejected: not owned by user
MR 554 5.7.1 <a@b.example>: Sender address rejected: Access denied
MR 504 5.5.2 <root>: Sender address rejected: need fully-qualified address
MRT 421 4.7.1 <a@b.example>: Sender address rejected: rate of this sender
MRT 550 5.7.60 SMTP; Client does not have permissions to send as this sender
T 554 5.2.252 SendAsDenied; a@b.example not allowed to send as c@b.example
T 554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied
MRT 550 5.7.1 Sender not allowed
MRT 550 Sender verify failed
MR 550 5.1.0 sender rejected
M 501 5.1.7 Invalid address
M 501 5.5.4 Syntax error
M 501 Syntax error in parameters
M 553 5.1.8 Domain of sender address root@host.invalid does not exist
M 553 5.5.4 <root>... Domain name required for sender address root
M 550 5.1.1 user unknown
MRT 550 Mail from address must match the authenticated user
MRT 553 From: address does not match your account; header From is not allowed
T 554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1
T 550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved
MRT 553 Relaying disallowed as a@b.example: unauthorized sender
MT 550 5.7.1 You are not permitted to send from this domain
MRT 550 5.7.1 Not authorized to send on behalf of this user
MRT 550 unverified sender
MRT 550 5.7.26 Unauthenticated email from b.example is not accepted due to domain's DMARC policy
MRT 550 5.7.23 SPF validation failed
MRT 550 Sender signature is not confirmed
MRT 553 Relaying disallowed as a@b.example
MRT 550 Sending was rejected because the sender you used a@b.example is not valid
M 550 Request failed; Mailbox unavailable
MR 550 Requested action not taken: mailbox unavailable|Sender address is not allowed.
MRT 553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)
M 517 Domain does not exist: b.example
MRT 553 Sender is not allowed to relay emails
MRT 550-Verification failed for <a@b.example>|Unrouteable address|Sender verify failed
MRT 550 5.7.509 Access denied, sending domain b.example does not pass DMARC verification
)",
        30);
}

TEST(Refusals, OfTheSiteChargeNothingToTheMessage) {
  check(R"(
site
MRT 550 5.4.5 Daily user sending limit exceeded
MRT 550-5.4.5 Daily SMTP relay sending|5.4.5 limit exceeded for user
MRT 454 4.7.0 Too many messages sent, try again later
MRT 451 4.7.0 daily sending quota exceeded
MRT 450 4.7.1 Error: too much mail from 192.0.2.1
R 450 4.7.1 Error: too many recipients from 192.0.2.1
MRT 454 Throttling failure: Maximum sending rate exceeded.
MRT 454 Throttling failure: Daily message quota exceeded.
MRT 550 Domain web.example has exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message discarded.
MRT 554 5.7.1 <x@y>: Recipient address rejected: Policy Rejection- Quota Exceeded.
MRT 550 5.7.1 You have exceeded your daily limit
MRT 554 5.7.0 You have exceeded the limit of 500 mails per day
MRT 550 hourly sending limit reached
MRT 552 5.2.2 monthly mail quota exceeded for this plan
MRT 550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit for sending email
MRT 550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients
MRT 550 5.7.705 Access denied, tenant has exceeded threshold
MRT 550 5.7.501 Access denied, spam abuse detected
MRT 550 5.7.1 your account has been suspended
MRT 550 Your account is temporarily locked
M 550 account suspended
MRT 550 Outgoing mail has been disabled for this account
MRT 554 Sending paused for this account
MRT 530 5.7.0 Must issue a STARTTLS command first
MRT 530 5.7.1 Authentication required
MRT 530 5.7.57 Client not authenticated to send mail
MRT 535 5.7.8 no
MRT 534 5.7.9 Application-specific password required
MRT 538 5.7.11 encryption required
MRT 550 5.7.9 Authentication mechanism is too weak
MRT 550 5.7.9 Application-specific password required
MRT 550 5.7.30 Basic authentication is not supported for Client Submission.
M 525 5.7.13 User account disabled
M 550 5.7.13 no
M 550 5.7.30 no
MRT 550 5.7.1 Client was not authenticated
MRT 550 SMTP AUTH required
MRT 503 5.5.1 Error: need to authenticate first
MRT 550 You must authenticate to send mail
MRT 550 please log in first
MRT 554 5.7.1 POP before SMTP
MRT 432 4.7.12 A password transition is needed; you must change your password
R 550 relay not permitted
R 550 5.7.1 Unable to relay
R 550 5.7.64 TenantAttribution; Relay Access Denied
R 550 5.7.1 <x@y>... Relaying denied
R 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
R 454 4.7.1 <x@y>: Relay access denied
R 513 Relaying denied.
R 554 <x@y>: Relay access denied
R 550 we do not relay
R 550 5.7.1 Relaying denied. IP name lookup failed
MRT 550 5.7.0 Mail relay denied [192.0.2.1]. Invalid credentials for relay
MRT 554 Access denied: User `arn:aws:iam::1:user/x' is not authorized to perform `ses:SendRawEmail'
MRT 451 You have exceeded your messaging limits
MRT 550 Maximum credits exceeded
R 452 Too many recipients received this hour
R 554 5.7.1 Free accounts are for test purposes only. Please upgrade
MRT 550 5.4.6 Unusual sending activity detected
MRT 451 4.7.1 Sender rate 101.0 / 1h
R 450 Requested mail action not taken: mailbox unavailable|Mail send limit exceeded
MRT 525 5.7.1 Unauthorized IP address
T 554 5.7.1 account locked due to spam
T 550 5.7.1 Spam detected: account blocked
MRT 550 5.7.1 [192.0.2.1] The IP you're using to send mail is not authorized
MRT 450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]
MRT 550 5.7.25 The IP address sending this message does not have a PTR record
MRT 504 5.5.2 <host>: Helo command rejected: need fully-qualified hostname
MRT 450 4.7.1 <host>: Helo command rejected: Host not found
MRT 501 5.5.2 invalid EHLO domain
MRT 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org
MRT 550 5.7.1 your IP is listed in a DNSBL
MRT 550 5.7.606 Access denied, banned sending IP [192.0.2.1]
MRT 451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation
R 551 User not local; please try another
R 551 not our customer
R 551 5.7.1 no
R 550 Requested action not taken: mailbox unavailable or not local
R 550 I cannot deliver mail for <x@y>
R 554 Relay rejected for policy reasons.
R 550 relaying mail to y is not allowed
MR 550 Unauthenticated senders not allowed
MR 550 unauthenticated users may not send
MR 503 5.5.4 Error: send AUTH command first
MR 550 authenticate before sending
M 421 4.7.0 daily sending limit exceeded
MRT 502 5.7.0 Your account is not yet activated. Please contact our support team
MRT 550 5.7.1 Your SMTP account is not yet activated. Unable to send email
T 554 Message rejected: Account is paused for sending
T 554 Sandbox subdomains are for test purposes only. Please add your own domain
MRT 554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1
)",
        50);
}

TEST(Refusals, OfTheMessageFailItAtOnce) {
  check(R"(
failed
MRDT 552 5.3.4 Message size exceeds fixed limit
MT 552 5.2.3 Message exceeds maximum fixed size
MT 552 Message size exceeds maximum permitted
MT 550 message too large
MT 554 5.3.4 too big
MT 552 5.3.4 Error: message file too big
MT 523 the message length exceeds administrative limit
T 554 5.6.0 invalid message content
T 550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal
MT 554 5.6.211 no
T 550 5.6.1 media not supported
MRT 550 5.6.7 the address needs SMTPUTF8
T 554 5.7.1 message rejected as spam
T 550 5.7.1 This message was classified as SPAM and may not be delivered
T 554 5.7.1 Message contains a virus (Eicar-Test-Signature)
T 550 This message contains malware (Win.Test)
T 554 5.7.0 Reject, id=1-2 - BANNED: application/x-msdownload
T 552 5.7.0 This message was blocked because its content presents a potential security issue: attachment
T 554 5.4.6 Too many hops
T 554 5.4.14 Hop count exceeded - possible mail loop
T 550 5.7.1 Messages missing a valid Message-ID header are not accepted
T 550 5.7.1 Our system has detected that this message is likely unsolicited mail
T 554 5.7.1 Blocked: body contains an URL listed in a blacklist
T 550 phishing detected
T 554 Transaction failed: Missing final '@domain'
T 550 maximum allowed line length is 998 octets
T 500 line too long
T 550 5.7.1 Your email was rejected due to having a domain present in the Spamhaus DBL
T 554 Transaction failed|Spam message rejected
T 550 Message rejected due to content restrictions
T 554 5.7.1 Blocked by SpamAssassin
T 550 High probability of spam
)",
        20);
}

TEST(Refusals, OfAConnectionThatSaysEnoughAndOfTooManyOfThem) {
  check(R"(
enough
MDT 452 4.4.5 Maximum number of messages per session exceeded
MDT 554 5.7.0 Too many messages in this session
MDT 550 5.7.0 too many e-mails per connection
MDT 451 too many messages on this connection
M 452 4.5.3 Too many recipients: Too many messages sent
MDT 550 max messages per connection reached
MDT 452 too many mails this session
MDT 550 mail transactions per session exceeded
crowded
MT 432 4.3.2 Concurrent connections limit exceeded
M 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded
M 550 too many concurrent SMTP connections
M 451 4.7.0 too many connections from your host
M 421 smtp.example.com Too many connected clients, try again in a moment
M 454 too many simultaneous connections
M 450 4.7.1 Error: too many connections from 192.0.2.1
M 554 5.7.1 too many concurrent sessions
M 452 4.3.2 maximum number of connections exceeded
M 550 connection limit exceeded
M 451 too many open connections
split
R 452 4.5.3 Too many recipients
R 550 5.5.3 no
R 554 too many recipients
R 552 too many
R 452 later
R 451 4.5.3 too many recipients for one transaction
R 550 maximum number of recipients exceeded
R 550 exceeded maximum recipients (10)
R 550 Maximum recipients exceeded
R 554 too many rcpts
R 550 Too many RCPT commands
R 550 5.7.1 recipient count exceeded
R 550 max rcpt limit reached
R 550 maximum allowed recipients per message reached
R 550 Only 10 recipients allowed per message
R 554 5.7.1 the limit of 50 recipients was reached
R 550 at most 20 recipients
R 550 no more recipients in this transaction
R 550 recipients are limited to 5 per message
R 421 4.5.3 too many recipients
)",
        20);
}

TEST(Refusals, ThatOnlyLookLikeTroubleOfTheSiteAreNone) {
  check(R"(
failed
R 550 5.2.2 user is over quota
R 554 5.2.2 mailbox quota exceeded
R 550 5.2.1 this account has been disabled
R 550 5.2.1 the account is suspended
R 550 recipient is blacklisted here
R 550 5.7.1 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized to send to the recipient
R 550 the recipient does not accept mail from this sender
R 550 5.1.1 <"relay access denied"@y.example>: Recipient address rejected: User unknown
R 550 5.1.1 <quota-per-hour@authentication.example>: Recipient address rejected: User unknown
R 550 5.1.1 "your account is suspended"@y.example unknown user
R 550 5.1.1 <x@y>: recipient not local
R 550 5.1.1 Invalid recipient x@y
R 551 5.1.6 User not local; please try <z@y>
R 550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required
R 550 5.7.134 RESOLVER.RST.SenderNotAuthenticatedForMailbox; authentication required
R 550 5.7.124 Sender not in allowed-senders list
R 550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized
R 550 no such user sender-address@y.example
deferred
R 552 5.2.2 disk quota exceeded
R 452 4.2.2 user over quota
MRT 450 4.2.0 try again in an hour
MRT 451 4.3.0 service unavailable
R 450 4.2.2 mailbox full
MT 452 4.3.1 insufficient system storage
doubtful
T 552 5.2.2 mailbox full
T 554 5.2.2 recipient over quota
T 550 5.2.1 the account is suspended
MT 550 recipient is blacklisted here
T 550 5.7.1 the recipient only accepts mail of members
)",
        20);
}

TEST(Refusals, OfTheTextAreOfWhatItHoldsThoughTheyUseWordsOfTheSite) {
  check(R"(
failed
T 550 message contains blacklisted content
T 554 5.7.1 Message contains a blacklisted phrase
T 550 attachment type is on the blacklist
T 550 spam detected, ask the administrator of your server
T 550 virus found, first seen today
T 554 5.7.1 rejected as spam: "win credits now"
site
T 550 you have no credits left
T 550 no more mail today
T 554 5.7.1 your IP is on a blacklist, see the pages on spam
T 554 5.7.1 Your server is listed by a spam blocklist
T 554 client host blocked using zen.spamhaus.org
T 550 rejected: you are a spammer
T 550 blacklisted
MR 550 blacklisted
MR 550 spammer
MR 550 no more today
)",
        16);
}

TEST(Refusals, OfTheSiteAndTheSenderAreSureByCodesAlone) {
  for (const char* line : {"530 5.7.0 no", "535 spammer", "538 no", "550 5.7.8 no", "554 5.4.5 blacklist",
                           "550 5.7.501 no", "550 5.7.705 no"}) {
    EXPECT_EQ(blame_of(Asked::text, reply_of(line)), Blame::site) << line;
    EXPECT_FALSE(by_words_alone(Asked::text, reply_of(line))) << line;
  }
  for (const char* line : {"550 5.7.60 no", "554 5.2.252 no", "550 5.7.26 no", "550 5.1.8 no",
                           "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"}) {
    EXPECT_EQ(blame_of(Asked::text, reply_of(line)), Blame::sender) << line;
    EXPECT_FALSE(by_words_alone(Asked::text, reply_of(line))) << line;
  }
  for (const char* line : {"550 Only one From header allowed", "550 spam: DKIM_INVALID SPF_NONE",
                           "550 the from address does not match a verified Sender Identity", "550 sender rejected",
                           "421 4.7.0 sender address rejected"}) {
    EXPECT_EQ(blame_of(Asked::text, reply_of(line)), Blame::sender) << line;
    EXPECT_TRUE(by_words_alone(Asked::text, reply_of(line))) << line;
  }
  EXPECT_FALSE(by_words_alone(Asked::text, reply_of("432 4.3.2 Concurrent connections limit exceeded")));
  for (const char* line : {"550 blacklisted", "550 spammer", "550 client host rejected", "550 no more today",
                           "554 5.7.0 limit on sent messages exceeded", "552 relay quota exceeded",
                           "550 rejected: subject 'your daily backup limit report'", "550 5.7.9 mechanism is too weak",
                           "550 5.7.1 authentication required", "550 5.7.1 relay access denied",
                           "550 outgoing mail from your account has been suspended"}) {
    EXPECT_EQ(blame_of(Asked::text, reply_of(line)), Blame::site) << line;
    EXPECT_TRUE(by_words_alone(Asked::text, reply_of(line))) << line;
  }
  EXPECT_FALSE(by_words_alone(Asked::text, reply_of("550 spam")));
  EXPECT_TRUE(by_words_alone(Asked::text, reply_of("550 too many connections")));
}

TEST(Refusals, ThatNoTableKnowsAreDoubtful) {
  check(R"(
doubtful
MRDT 550 5.7.1 no
MRDT 554 5.7.1 Command rejected
MRDT 550 Administrative prohibition
MRDT 554 5.0.0 rejected due to policy
MRDT 550 5.7.1 Access denied
MRDT 550
MRDT 550 5.5.0 error
MRDT 571 Delivery not authorized, message refused
MRDT 550 5.3.0 Rejected by local rule 17
MRDT 554 Service unavailable
MDT 550 5.1.1 whoever
MDT 550 5.5.3 too many
R 554 5.7.1 <x@y>: Recipient address rejected: Access denied
R 553 5.7.1 no
R 501 no
R 550 Invalid recipient x@y
R 550 5.7.1 not a valid recipient
R 550 user not local
R 550 permanent failure for one or more recipients (x@y:550 rejected)
R 553 not our customer
R 554 5.7.1 account suspended
R 550 the account is paused
MRDT 554 5.7.9 Message not accepted for policy reasons. See https://postmaster.example/error-codes
MRDT 550 5.7.9 no
MRDT 550 5.7.14 no
RDT 550 5.7.13 no
RDT 550 5.7.30 REQUIRETLS support required
MR 550 spam
DT 550 no such user
)",
        10);
}

TEST(Refusals, OfCommandsWithParametersOfDsnMayBeOfThese) {
  for (const std::string refusal :
       {"501 5.5.4 invalid arguments", "501 Syntax error in parameters or arguments", "504 bad ORCPT syntax",
        "504 5.5.4 Command parameter not implemented", "555 5.5.4 Unsupported option: ORCPT=rfc822;root@x",
        "555 unrecognized", "455 4.5.4 cannot accommodate parameters", "500 5.5.2 unrecognized command",
        "553 5.1.3 invalid address in ORCPT", "550 5.1.3 original recipient: bad address syntax", "550 5.7.1 no",
        "554 5.5.2 protocol error", "550 NOTIFY is not allowed", "550 5.7.1 DSN is not permitted here",
        "451 4.5.1 ESMTP extension is not supported", "503 5.5.1 bad sequence", "553 no"}) {
    EXPECT_TRUE(may_be_of_dsn(Asked::rcpt, reply_of(refusal))) << refusal;
  }
  for (const std::string refusal :
       {"550 5.1.1 no such user", "553 5.1.3 bad recipient address syntax", "452 4.5.3 too many recipients",
        "552 too many recipients", "552 no", "550 5.5.3 too many recipients", "450 4.2.0 greylisted", "451 try later",
        "554 5.7.1 relay access denied", "530 5.7.0 authentication required", "550 5.2.1 mailbox disabled"}) {
    EXPECT_FALSE(may_be_of_dsn(Asked::rcpt, reply_of(refusal))) << refusal;
  }
}

}  // namespace
}  // namespace postern::relay
