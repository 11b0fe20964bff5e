// Answers of real servers whose words are about something else than they seem to be: those of another server, of a
// policy service, of whoever asks, of a link, and of another time.
#include "relay/refusals.h"

#include "answer_table.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::relay {
namespace {

/// Each is said for the server that verifies an address, in words that mean trouble of ours if it says them itself.
TEST(Refusals, ThatQuoteAnotherServerAreReadWithoutItsWords) {
  for (const std::string theirs :
       {"450 4.7.1 Client host rejected: cannot find your reverse hostname", "421 too many connections",
        "550 sender rejected", "554 5.7.1 Relay access denied", "550 5.7.1 authentication required",
        "451 you have sent too many messages per hour", "550 your account has been suspended", "535 5.7.8 no",
        "552 5.3.4 message too large", "550-5.7.1 blocked using zen.spamhaus.org|550-550 5.7.1 your ip is listed"}) {
    const std::string one_line = theirs.substr(0, theirs.find('|'));
    check("failed\nR 550 5.1.1 <x@y>: Recipient address rejected: undeliverable address: host mx.y[192.0.2.1] said: " +
              one_line + " (in reply to RCPT TO command)\n",
          1);
    check("deferred\nR 450 4.1.1 <x@y>: Recipient address rejected: unverified address: host mx.y[192.0.2.1] said: " +
              one_line + "\nR 450 4.1.1 <x@y>: Recipient address rejected: unverified address: host mx.y[192.0.2.1] " +
              "refused to talk to me: " + one_line + "\nR 451 host mx.y said: " + one_line + "\n",
          3);
    check("doubtful\nR 550 Callout verification failed: " + one_line + "\nR 550-Callout verification failed:|" +
              theirs + "|550 550 Sender verify failed\nR 550 Remote server returned '" + one_line + "'\nR 550 <<< " +
              one_line + "\n",
          4);
    check("sender\nR 550-Verification failed for <a@b>|Called:   192.0.2.1|Sent:     RCPT TO:<a@b>|Response: " +
              theirs + "|Sender verify failed\n",
          1);
  }
  check(R"(
deferred
R 450 4.1.1 <x@y>: Recipient address rejected: unverified address: connect to relay-access-denied.example[192.0.2.1]:25
failed
R 550 5.1.1 <x@y>: Recipient address rejected: undeliverable address: host daily-limit.example[192.0.2.1] said: no
site
R 550 <"x said: "@y>: Relay access denied
)",
        3);
}

TEST(Refusals, OfAPolicyServiceAreReadWithoutWhatPostfixPutsBeforeThem) {
  check(R"(
site
R 554 5.7.1 <x@y>: Recipient address rejected: Your account is suspended
R 554 5.7.1 <x@y>: Recipient address rejected: your IP is blacklisted
R 554 5.7.1 <x@y>: Recipient address rejected: your host is blocked
R 554 5.7.1 <x@y>: Recipient address rejected: Sending of this account is suspended
R 554 5.7.1 <x@y>: Recipient address rejected: outgoing mail is disabled
R 550 5.7.1 Recipient refused: your account has been suspended
R 550 5.7.1 Recipient refused; the machine is blacklisted
doubtful
R 554 5.7.1 <x@y>: Recipient address rejected: SMTP access of this user is disabled
R 554 5.7.1 <x@y>: Recipient address rejected: mail refused, log in
R 554 5.7.1 <x@y>: Recipient address rejected: account is inactive
R 550 5.7.1 Recipient not accepted: this login is disabled
R 550 5.7.1 Recipient not taken. The subscription is suspended
R 550 5.7.1 Recipient rejected since your plan is inactive
R 550 5.7.1 Recipient rejected - account disabled
failed
R 554 5.7.1 <x@y>: Recipient address rejected: mailbox is full
R 554 5.7.1 <x@y>: Recipient address rejected: user unknown
R 504 5.5.2 <x>: Recipient address rejected: need fully-qualified address
R 550 5.7.1 recipient has been disabled
R 550 5.7.1 recipient is suspended
R 554 5.7.1 <x@y>: Recipient address rejected: recipient is inactive
)",
        19);
}

TEST(Refusals, OfWhoeverAsksAreNoneOfTheRecipient) {
  check(R"(
doubtful
R 550 5.7.1 Relaying to this recipient requires a login
R 550 Your mailbox is full, sending is not possible
R 550 user does not have permission to send outside
R 550 this user is no longer allowed to send
R 550 this user is no longer permitted to use this service
R 550 Your licence is no longer valid
R 550 the licence of this server is no longer valid
R 550 session token is no longer valid
R 550 invalid user or password
R 550 invalid username
R 550 invalid user credentials
R 550 192.0.2.1 is not listed in the allowed clients
R 550 192.0.2.1 is not listed in the local networks
R 550 Reverse lookup of 192.0.2.1 does not exist
R 550 HELO host not found
R 550 EHLO: no such host
R 550 user does not use authentication
R 550 mailbox unavailable, your address may not be used
R 550 user unknown, login with another name
split
R 550 limited by recipient count
failed
R 550 No such user here
R 550 user does not exist
R 550 this user no longer works here
R 550 this address is no longer valid
R 550 User unknown, your message was not delivered
R 554 Sorry, your message cannot be delivered. This mailbox is disabled
R 550 User x not listed in Domino Directory
R 550 x not listed in public Name & Address Book
R 550 mail is refused by recipient
R 550 5.7.1 RESOLVER.RST.AuthenticationRequired; authentication required
R 550 5.7.1 not allowed to post to this list without login
R 550 5.1.1 user unknown; please check your address book
R 550 No such user - please check your spelling
R 550 user does not exist, ask your correspondent
R 550 <x@y>: Recipient address rejected: User unknown in relay recipient table
)",
        32);
}

/// A page may be named by anybody, of anything.
TEST(Refusals, ThatNameALinkAreReadByTheirOtherWords) {
  check(R"(
site
T 554 5.7.1 Your account is blocked, follow the link to unblock it: https://isp.example/unblock
T 550 5.7.1 Client host blocked, see this URL: https://isp.example/why
T 554 5.7.1 Client host [192.0.2.1] blocked, the URL is listed in the answer
T 550 Sending is suspended, use this link: https://isp.example/
T 554 Authentication required, see the link below
T 554 5.7.1 Your account is blocked, open the URL in a browser
sender
T 550 Email address is not verified, use this link: https://isp.example/verify
T 550 sender rejected, see the URL http://isp.example/spam
doubtful
T 554 DT:SUM 163 smtp5,EcGowACnr; http://mail.example/help/help_spam_16.htm
T 554 5.7.1 refused, see https://isp.example/virus-found
T 554 5.7.1 refused, see www.isp.example/phishing
T 554 5.7.1 refused. A link to the reason: https://isp.example/r
R 550 refused, see https://isp.example/no_such_user
T 552 refused, see https://isp.example/message-too-large
failed
T 550-5.7.1 [192.0.2.1] Our system has detected that this message is|5.7.1 likely unsolicited mail. To reduce the amount of spam sent to Gmail,|5.7.1 this message has been blocked. Please visit|5.7.1 https://support.google.com/mail/?p=UnsolicitedMessageError|5.7.1 for more information.
T 554 5.7.1 Message rejected as spam, see https://isp.example/why
T 550 5.7.1 spam link found, see https://isp.example/why
T 554 5.7.1 URL in message is listed by SURBL
T 554 5.7.1 Message contains a link to malware
T 550 blacklisted URL in your message
T 554 5.7.1 Blocked: a malicious link in the message
T 554 DT:SPM smtp6,EcGowACnr; http://mail.example/help.htm
)",
        20);
}

TEST(Refusals, OfTheSpamOfAnAccountAreNotOfOneMessage) {
  check(R"(
doubtful
T 554 5.7.1 Too much spam from your account
T 550 This mailbox is blocked for sending spam
T 554 Account compromised, spam detected
T 554 Account hacked: phishing mail was sent
T 550 Your computer is infected
T 550 virus detected, your mailbox was disabled
T 554 too much junk from your address
T 550 user is blocked for sending spam
T 554 the user sends spam
site
T 554 Your server sends spam
T 554 5.7.1 too much spam from your network
failed
T 554 5.7.1 Your message was classified as spam
T 554 5.7.1 Your mail was rejected as spam
T 554 your email contains a virus
T 550 spam detected, ask the administrator of your server
T 550 5.7.1 Message contains spam or virus
T 554 5.7.1 identified as spam, contact your provider
)",
        15);
}

TEST(Refusals, OfAFullMailboxAreNoQuotaOfTheAccount) {
  check(R"(
failed
R 550 5.2.2 <x@y>: mail quota exceeded
R 550 5.2.2 <x@y>: message quota exceeded
R 550 5.2.2 email quota exceeded
MT 552 5.2.3 mail too large for this account
MT 552 Message exceeds the maximum size
MT 552 message size exceeds limit
MT 552 maximum size exceeded
T 552 too large
deferred
R 552 5.2.2 <x@y>: mail quota exceeded
R 452 4.2.2 <x@y>: mail quota exceeded
R 552 5.7.0 Account exceeded its size allowance
doubtful
MT 552 Account exceeded its size allowance
MT 552 mailbox size exceeded
M 550 the number of messages is too large
R 550 the size of this account is exceeded
site
MT 550 5.2.2 mail quota exceeded
MRT 550 5.2.2 daily mail quota exceeded
MRT 552 5.2.2 your mail quota is exceeded
MRT 550 5.2.2 mail quota exceeded: 100 per hour
MRT 550 5.2.2 you have exceeded the email quota
MRT 550 5.7.1 Email quota exceeded
)",
        20);
}

/// The one who is refused so may be taken later, whoever else is taken now.
TEST(Refusals, ThatSayForNowFailNobody) {
  for (const char* line :
       {"550 mailbox unavailable, please try again later", "550 5.7.1 temporarily blocked, retry later",
        "550 user unknown, try again in an hour",
        "550 Requested action not taken: mailbox unavailable|Try again later.", "554 5.7.1 temporary failure",
        "550 recipient is disabled temporarily", "550 mailbox is full, try later"}) {
    EXPECT_EQ(outcome_of(Asked::rcpt, reply_of(line)), "doubtful") << line;
    EXPECT_TRUE(says_for_now(reply_of(line))) << line;
  }
  for (const char* line : {"550 mailbox unavailable", "550 5.7.1 no", "450 try again later", "550 no such user",
                           "550 host mx.y said: try again later"}) {
    EXPECT_FALSE(says_for_now(reply_of(line))) << line;
  }
}

TEST(Refusals, OfRelayingMayBeTheDoingOfOneRecipient) {
  for (const char* line : {"554 5.7.1 <x@y>: Relay access denied", "550 relay not permitted", "551 not our customer",
                           "550 relaying mail to y is not allowed", "550 I cannot deliver mail for <x@y>"}) {
    EXPECT_TRUE(says_relaying(reply_of(line))) << line;
  }
  for (const char* line :
       {"454 4.7.1 <x@y>: Relay access denied", "530 5.7.1 relaying denied", "550 5.7.64 Relay Access Denied",
        "550 hourly sending limit reached", "552 5.7.1 relay quota exceeded", "550 5.7.1 no",
        "550 Relaying denied. Authentication required", "550 your account is suspended, no relay",
        "554 Relay access denied, try again later", "550 5.1.1 user unknown"}) {
    EXPECT_FALSE(says_relaying(reply_of(line))) << line;
  }
}

}  // namespace
}  // namespace postern::relay
