// What providers and servers are known to answer, from their documentation, their source or public reports; the words
// are shortened and the addresses changed. Each was judged by hand before the code was asked: whose it is, and why.
#include "relay/refusals.h"

#include "answer_table.h"
#include "relay/folded_words.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

namespace postern::relay {
namespace {

// "[whose server]", and below it "PLACES OUTCOME ~ why ~ answer". The places are those of answer_table.h, the outcomes
//   failed     the recipient's at RCPT, the message's elsewhere: at once
//   deferred   likewise, for now
//   doubtful   nobody knows: a control question settles it at RCPT, time and other mail elsewhere
//   sender     the reverse-path or From: others' mail passes
//   site       the account, its quota, its login, this machine
//   crowded    too many connections, or made too often
//   enough     this connection has carried enough
//   split      too many recipients for one transaction
//   closing    a 421 that says no more: charged to the message after MAIL
constexpr const char* kAnswers = R"(
[Gmail and Google Workspace]
MRT site ~ the account's day is used up ~ 550 5.4.5 Daily user sending limit exceeded. For more information on limits
MRT site ~ likewise, of the relay service ~ 550 5.4.5 Daily SMTP relay limit exceeded for customer
MRT site ~ likewise ~ 550 5.7.1 Email quota exceeded.
MRT site ~ likewise, for now ~ 450 4.2.1 Peak SMTP relay limit exceeded for this customer. This is a temporary error.
MT site ~ this machine sends too much ~ 421 4.7.28 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been temporarily rate limited
MT site ~ likewise, for good ~ 550 5.7.28 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail originating from your IP address
MRT site ~ the relay does not know the machine ~ 550 5.7.1 Invalid credentials for relay [192.0.2.1]. The IP address you've registered in your SMTP Relay service doesn't match domain of the account this email is being sent from
MRT site ~ no login ~ 530 5.5.1 Authentication Required. Learn more at https://support.example/
R failed ~ the mailbox ~ 550 5.2.1 The email account that you tried to reach is inactive. Learn more - gsmtp
R failed ~ what the recipient gets ~ 550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered
R deferred ~ likewise, for now ~ 450 4.2.1 The user you are trying to contact is receiving email at a rate that prevents additional messages
R deferred ~ the recipient's inbox ~ 452 4.2.2 The recipient's inbox is out of storage space. Please direct the recipient to a page
R deferred ~ likewise; 552 is for now at RCPT ~ 552 5.2.2 The recipient's inbox is out of storage space and inactive
T sender ~ its domain's reputation ~ 550 5.7.1 [192.0.2.1] Our system has detected that this message is likely suspicious due to the very low reputation of the sending domain. To best protect our users from spam, the message has been blocked
T sender ~ likewise, closing ~ 421 4.7.0 [192.0.2.1] Our system has detected that this message is suspicious due to the very low reputation of the sending domain
T sender ~ its domain has no SPF or DKIM ~ 550 5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM
T sender ~ likewise, for now ~ 421 4.7.26 This mail has been rate limited because it is unauthenticated. Gmail requires all senders to authenticate
T sender ~ its domain's DMARC ~ 421 4.7.32 This mail has been rate limited because there is no DMARC alignment
T sender ~ its domain's SPF record ~ 550 5.7.24 The SPF record of the sending domain has one or more suspicious entries
T failed ~ spam ~ 550 5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked
T failed ~ its header ~ 550 5.7.1 [192.0.2.1 14] Messages missing a valid address in From: header, or having no From: header, are not accepted
MT failed ~ its size ~ 552 5.2.3 Your message exceeded Google's message size limits. Please visit a page
RT doubtful ~ one of both has a policy, it does not say who ~ 550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail that you sent
M site ~ the dialogue ~ 503 5.5.1 EHLO/HELO first. gsmtp
MRT closing ~ says nothing ~ 421 4.7.0 Temporary System Problem. Try again later
MT deferred ~ says nothing ~ 451 4.3.0 Mail server temporarily rejected message.
[Microsoft 365, Outlook.com and Exchange]
R failed ~ what the recipient may get in an hour ~ 554 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour
T doubtful ~ likewise, and not said of whom ~ 554 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour
R failed ~ what this recipient takes of this sender ~ 554 5.2.121 The sender has exceeded the limit for the number of messages they can send to this recipient per hour
MRT site ~ the tenant's quota ~ 550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit for sending email to external recipients (tenant external recipient rate limit)
MRT site ~ this machine ~ 550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP
MRT site ~ this machine ~ 550 5.7.511 Access denied, banned sender[192.0.2.1]
MRT site ~ the tenant ~ 550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains
MRT sender ~ the mailbox may not send out ~ 550 5.1.8 Access denied, bad outbound sender
MRT site ~ no login ~ 550 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM
MRT site ~ no login ~ 550 5.7.3 Requested action not taken; user not authenticated
MR site ~ no TLS ~ 451 5.7.3 STARTTLS is required to send mail
MR site ~ nobody has logged in, so that it sends as nobody ~ 550 5.7.1 Anonymous clients does not have permissions to send as this sender
MRT sender ~ From is another's ~ 550 5.7.1 Client does not have permissions to send on behalf of the from address
R site ~ relaying ~ 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
M crowded ~ connections ~ 421 4.3.2 The maximum number of concurrent connections per resource forest has exceeded a limit, closing transmission channel
M crowded ~ connections ~ 421 4.3.2 The maximum number of concurrent server connections has exceeded a limit
MT deferred ~ says nothing ~ 452 4.3.1 Insufficient system resources
MRT deferred ~ says no more than that it is busy ~ 451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712344)
MRT deferred ~ says nothing ~ 451 4.7.0 Temporary server error. Please try again later. PRX4 NextHop:mx.example
MRT closing ~ says nothing ~ 421 4.4.1 Connection timed out. Total session duration: 00:10:00
T sender ~ its domain's DMARC ~ 550 5.7.515 Access denied, sending domain b.example does not meet the required authentication level
T failed ~ its header ~ 550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant
T failed ~ its header ~ 550 5.1.20 Multiple From addresses are not allowed without Sender address
T doubtful ~ a rule of theirs, about anything ~ 550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy
T doubtful ~ about who forwards ~ 550 5.7.520 Access denied, Your organization does not allow external forwarding
R failed ~ the mailbox ~ 550 5.4.1 All recipient addresses rejected : Access denied
R failed ~ the mailbox ~ 550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found
RT failed ~ too large, for this one ~ 550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient
T failed ~ its form ~ 550 5.6.0 M2MCVT.StorageError.Exception: ConversionFailedException
MRT site ~ this machine's network ~ 550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140)
M sender ~ its domain is listed ~ 550 5.7.1 Service unavailable, MailFrom domain is listed in Spamhaus. To request removal from this list see https://www.example/query/lookup/ (S8002)
M site ~ this machine's name is listed ~ 550 5.7.1 Service unavailable, Helo domain is listed in Spamhaus. (S8001)
[Yahoo and AOL]
T doubtful ~ policy ~ 554 Message not allowed - [PH01] Email not accepted for policy reasons
T failed ~ its header ~ 554 Message not allowed - Headers are not RFC compliant[291]
T doubtful ~ says nothing ~ 554 Message not allowed - [299]
R failed ~ the mailbox ~ 554 delivery error: dd x@yahoo.example is no longer valid. [-20] - mta.yahoo.example
M site ~ this machine is listed ~ 553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list
MT site ~ this machine's volume ~ 421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1
M enough ~ messages on one connection ~ 421 Max message per connection reached, closing transmission channel
MRT closing ~ says nothing ~ 421 Service not available, closing transmission channel
MRT deferred ~ says nothing ~ 451 mta.yahoo.example Resources temporarily unavailable. Please try again later
MRT sender ~ From is not the account's ~ 553 From address not verified - see http://help.yahoo.example/
T doubtful ~ says nothing ~ 554 Email rejected
[iCloud]
T sender ~ From is another's ~ 550 5.7.0 From address is not one of your addresses.
T doubtful ~ policy ~ 554 5.7.1 [CS01] Message rejected due to local policy.
MRT sender ~ its domain's DMARC ~ 550 5.7.1 Your message was rejected due to b.example DMARC policy.
R closing ~ after other refusals ~ 421 4.7.0 me.example Error: too many errors
R closing ~ what the recipient gets ~ 421 4.7.1 Messages to x@icloud.example deferred due to excessive volume. Try again later
[Fastmail, Proton, Purelymail]
T failed ~ its header ~ 551 5.7.1 Multiple addresses in a From header is not allowed
T sender ~ From is another's ~ 551 5.7.1 Not authorised to send from this header address
R failed ~ the mailbox ~ 550 5.1.1 Recipient address rejected: Address does not exist
R site ~ the account's rate ~ 450 4.3.2 Please wait to send more emails, or contact support for a rate limit increase.
[Zoho]
R site ~ relaying ~ 553 5.7.1 Relaying disallowed. Invalid Domain - b.example
MRT site ~ the account is blocked ~ 554 5.1.8 Email Outgoing Blocked
T failed ~ a virus ~ 552 5.7.1 virus Win.Test.EICAR_HDB-1 detected by Zoho Mail
R failed ~ the recipient's domain ~ 541 5.4.1 Mail rejected by destination domain
MRT sender ~ its domain's DMARC ~ 550 5.7.1 Email rejected per DMARC policy for b.example
T failed ~ spam ~ 554 5.7.1 Email cannot be delivered. Reason: Email flagged as Spam.
[GMX, web.de, IONOS]
T doubtful ~ policy ~ 554 Transaction failed|Reject due to policy restrictions.|For explanation visit https://postmaster.example/error-messages?ip=192.0.2.1&c=hi
R doubtful ~ says for now, and was the account's rate ~ 550 Requested action not taken: mailbox unavailable|Failure sending mail. Try again later.
MRT site ~ the account's rate ~ 450 Requested mail action not taken: mailbox unavailable|Mail send limit exceeded.
MRT site ~ the rate ~ 421 Rate limit reached. Please try again later
MRT closing ~ policy ~ 421 Reject due to policy violations
MRT sender ~ its domain's SPF ~ 550 <a@b.example>: Reject due to SPF policy. The originating IP of the message is not permitted by the domain owner
MR site ~ this machine's name ~ 550 <a@b.example>: Bad DNS PTR resource record
MR site ~ this machine ~ 550 <a@b.example>: Reject due to policy restrictions (IP based)
T failed ~ its header ~ 550 <a@b.example>: Reject due to policy restrictions (header based)
MT sender ~ its domain ~ 550 <a@b.example>: Reject due to policy restrictions (domain based)
MR site ~ this machine is listed ~ 550 <a@b.example>: IP address is block listed
M sender ~ its domain has no MX ~ 550 <a@b.example>: Invalid DNS MX or A/AAAA resource record
R failed ~ the mailbox is full ~ 550 <x@y.example>: Requested mail action aborted: exceeded storage allocation, Quota exceeded
T failed ~ its size ~ 552 Requested mail action aborted: exceeded storage allocation|Message content is too large
R doubtful ~ nobody says whose ~ 550 Quota Exceeded
R failed ~ the mailbox ~ 550 <x@y.example>: Requested action not taken: mailbox unavailable
[T-Online, Strato, OVH, Gandi, Orange, Free, Freenet, Hostpoint, Infomaniak]
T failed ~ spam ~ 550 5.7.0 Message considered as spam or virus, rejected
T failed ~ spam ~ 550 5.7.1 Refused by local policy. No SPAM please! (B-URL)
MRT site ~ the account's rate ~ 550 sorry, too many emails (#5.7.1)
MR site ~ no login ~ 553 sorry, that domain isn't allowed to be relayed thru this MTA (#5.7.1)
T doubtful ~ policy ~ 550 5.7.1 Reject for policy reason RULE3_2. See http://postmaster.example
T doubtful ~ says nothing ~ 550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]
R failed ~ the mailbox ~ 550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]
MRT site ~ this machine ~ 550 mwinf5c04 ME Adresse IP source bloquee pour incident de spam. Client host blocked for spamming issues. OFR006_102 Ref http://csi.example/reset-request/?ip=192.0.2.1 [102]
R failed ~ the mailbox is full ~ 554 5.2.2 <x@free.example>: Recipient address rejected: Quota exceeded (mailbox for user is full)
R failed ~ the mailbox is full ~ 550 5.2.2 user quota exceeded
R failed ~ the mailbox ~ 550 5.2.1 This mailbox has been blocked due to inactivity
MR site ~ this machine's name ~ 550 inconsistent or no DNS PTR record for 192.0.2.1 (see RFC 1912 2.1)
MR sender ~ its domain's SPF ~ 550-SPF-check failed: 550 b.example doesn't allow sending mails from 192.0.2.1
MRT sender ~ its domain's DMARC ~ 550 Message from b.example failed sender's DMARC policy, REJECT
R failed ~ the mailbox ~ 550 no such address here (MX do not point to us)
[MXroute, Rackspace, GoDaddy, Comcast, AT&T, HostGator]
MR site ~ no login ~ 550 Unauthenticated mail not allowed from this range
MRT site ~ no login ~ 550 Authentication Required
R failed ~ the mailbox ~ 550 5.1.1 Email address could not be found, or was misspelled (G8)
R failed ~ the recipient's server ~ 550 5.7.1 The recipient's server refused to accept your message (G7)
T doubtful ~ likewise, and not said of whom ~ 550 5.7.1 The recipient's server refused to accept your message (G7)
M sender ~ its domain ~ 550 5.7.1 Sender's MX record not allowed (G14)
R failed ~ the recipient's own list ~ 554 5.7.1 a@b.example: Sender address rejected: Blocked by this recipient (GE)
MRT site ~ this machine is new ~ 451 4.7.1 Received too many messages from a new or untrusted IP (G28)
MRT site ~ this machine is listed ~ 554 5.7.1 ACL dns_rbl; Client host 192.0.2.1 blocked using Senderscore. Please visit Senderscore for more (G31)
T failed ~ an attachment ~ 550 5.7.0 mime_banned_file - Your message has been rejected because it contains a banned file attachment (G1A)
T doubtful ~ a rule's name ~ 550 5.7.0 header_contenttype_1 (G18)
M crowded ~ connections ~ 421 Connection refused, too many sessions from 192.0.2.1. Please lower the number of concurrent sessions. IB007
M site ~ this machine's name ~ 421 Temporarily rejected. Reverse DNS for 192.0.2.1 failed. IB108
M site ~ this machine ~ 554 192.0.2.1 has been temporarily blocked for attempting to mail too many invalid recipients. IB112
M site ~ this machine's reputation ~ 554 IB103. Connection refused. 192.0.2.1 has a poor reputation on Cloudmark Sender Intelligence (CSI)
M site ~ this machine is listed ~ 554 IB105. Connection refused. 192.0.2.1 is listed on the Exploits Block List (XBL)
MT sender ~ its domain's SPF ~ 550 192.0.2.1 is not allowed to send from <b.example> per its SPF Record. IB508
MR site ~ this machine is listed ~ 554 RBL Reject -Please submit an unblock request
R failed ~ the mailbox ~ 550 5.1.1 Not our Customer
R failed ~ the mailbox ~ 550 5.2.0 <x@comcast.example> - Recipient unavailable
MRT site ~ the rate ~ 421 4.1.0 192.0.2.1 Throttled - try again later
M site ~ this machine's name ~ 550 5.7.1 Connections not accepted from servers without a valid sender domain. Fix reverse DNS for 192.0.2.1
R failed ~ the mailbox ~ 550 5.2.1 <X@PRODIGY.EXAMPLE>... Addressee unknown, relay=[192.0.2.1]
MRT site ~ the account's day ~ 550 User foo@b.example has exceeded its 24-hour sending limit. Messages to 500 recipients out of 500 allowed have been sent. Relay quota will reset in 3.15 hours.
[Mail.ru, Yandex, QQ, NetEase, Alibaba, Naver, Sina, Libero]
R failed ~ the mailbox ~ 550 Message was not accepted -- invalid mailbox. Local mailbox x@mail.example is unavailable: account is disabled
T failed ~ spam ~ 550 spam message rejected. Please visit http://help.example/ or report details to abuse@corp.example
T sender ~ From is another's ~ 550 5.7.0 Sender or From header address rejected: not owned by authorized user
MRT site ~ the account's rate ~ 451 Ratelimit exceeded for mailbox a@mail.example. Try again later.
T failed ~ spam ~ 554 5.7.1 [1] Message rejected under suspicion of SPAM; https://ya.example/1IrBc
R failed ~ the mailbox ~ 550 5.7.1 Policy rejection on the target address
MRT deferred ~ says nothing ~ 451 4.7.1 Sorry, the service is currently unavailable. Please come back later.
R failed ~ the recipient's own list ~ 550 Mail is rejected by recipients
T doubtful ~ likewise, and not said of whom ~ 550 Mail is rejected by recipients
R failed ~ the mailbox ~ 550 Mailbox unavailable or access denied
T failed ~ what it holds ~ 550 Mail content denied.
MRT site ~ the account's rate ~ 550 Sender frequency limited.
MRT site ~ this machine's rate ~ 550 Ip frequency limited
M crowded ~ connections too often ~ 550 Connection frequency limited
MT sender ~ its domain ~ 550 Suspected spam sender.
M site ~ the account may not use SMTP ~ 550 User has no permission
T failed ~ spam, by NetEase's name for it ~ 554 DT:SPM smtp6,EcGowACnr; http://mail.example/help/help_spam_16.htm
MRT sender ~ not the account's ~ 553 Mail from must equal authorized user
T failed ~ spam ~ 554 Reject by content spam at Data End stage(Data:a@b.example)
MRT site ~ the login ~ 526 Authentication failure[0]
M site ~ this machine ~ 421 4.3.2 Your ip blocked from this server 192.0.2.1
MRT sender ~ not the account's ~ 554 5.7.1 The sender address is unauthorized
MRT sender ~ not the account's ~ 553 Envolope sender mismatch with login user..
MR site ~ this machine is listed ~ 550 mail not accepted from blacklisted IP address [192.0.2.1]
[Titan, Mimecast, Proofpoint, Barracuda, Trend Micro, Cisco, Symantec]
M site ~ this machine's reputation ~ 421 4.7.0 : Sender IP rejected: sending IP has insufficient reputation. Please retry later.
MRT doubtful ~ a policy ~ 550 Administrative prohibition - envelope blocked - https://community.example/docs/DOC-1369#550
T sender ~ From is their own domain's ~ 550 Rejected by header based Anti-Spoofing policy: a@b.example
T doubtful ~ a recipient's list ~ 550 Rejected by header based manually Blocked Senders: a@b.example
R doubtful ~ a recipient's list ~ 550 Envelope blocked - User Entry
MRT site ~ this machine's reputation ~ 550 Local CT IP Reputation - (reject)
MR sender ~ its domain's SPF ~ 550 SPF Sender Invalid - envelope rejected.
R site ~ relaying ~ 451 Open relay not allowed - https://community.example/docs/DOC-1369#451
MR site ~ the account ~ 451 Account outbounds disabled - https://community.example/docs/DOC-1369#451
MR site ~ the login ~ 550 Submitter failed to authenticate
M crowded ~ connections ~ 451 Exceeding outbound thread limit
M site ~ this machine's reputation ~ 550 csi.mimecast.example Poor Reputation Sender.
T doubtful ~ policy ~ 554 Email rejected due to security policies - https://community.example/docs/DOC-1369#554
M site ~ this machine is listed ~ 550 5.7.1 Service unavailable; client [192.0.2.1] blocked using prs.proofpoint.example
R failed ~ the mailbox ~ 550 5.7.1 <x@y.example>: Recipient address rejected: User email address is marked as invalid.
R closing ~ it is still finding out ~ 421 4.1.1 <x@y.example>: Recipient address rejected: unverified address: Address verification in progress
MRT sender ~ its domain's DMARC ~ 550 5.7.0 Email rejected per sender's DMARC policy
T doubtful ~ any of them, for anything ~ 550 permanent failure for one or more recipients (x@y.example:blocked)
T failed ~ a link ~ 554 rejected due to spam URL in content
T sender ~ From is another's ~ 550 rejecting spoofed message
MRT deferred ~ their licence ~ 422 License Expired
R failed ~ the mailbox ~ 550 cuda_nsu 5.1.1 <x@y.example> Recipient address rejected: User unknown
R doubtful ~ a list ~ 554 5.7.1 <x@y.example>: Recipient address rejected: BLOCK-RCPT.
R doubtful ~ a list ~ 550 5.7.1 <x@y.example>: Recipient address rejected: ERS-Customized-Block.
MRT site ~ this machine ~ 550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.
R failed ~ the mailbox ~ 550 Invalid recipient <x@y.example> (#5.1.1)
M crowded ~ connections ~ 421 #4.4.5 Too many connections from your host.
[Amazon SES, SendGrid, Mailgun, Brevo, SparkPost, Resend, Mailtrap, Emailit, smtp2go, Oracle]
T site ~ the account ~ 554 Message rejected: Sending paused for this account. For more information, please check the inbox
T doubtful ~ a header names what is not there ~ 554 Configuration set <alerts> does not exist.
T failed ~ its header ~ 554 Transaction failed: Empty address
T failed ~ its header ~ 554 Transaction failed: Illegal address
T failed ~ its header ~ 554 Transaction failed: Domain contains dot-dot
R failed ~ the recipient is on the list of those not to write to ~ 554 Message rejected: Address blacklisted.
T doubtful ~ likewise, and not said of whom ~ 554 Message rejected: Address blacklisted.
R failed ~ its form ~ 553 Invalid email address
M enough ~ messages on one connection ~ 421 too many messages in this connection
M crowded ~ connections too often ~ 450 too frequent connects from 198.51.100.1, please try again later.
MRT site ~ the account has no credits ~ 451 Authentication failed: Maximum credits exceeded
DT site ~ the account is a trial ~ 421 Domain sandbox1.mailgun.example is not allowed to send: Sandbox subdomains are for test purposes only.
DT site ~ the account is not activated ~ 421 Domain sandbox1.mailgun.example is not allowed to send: Please activate your Mailgun account.
DT site ~ the account's quota ~ 421 Domain b.example is not allowed to send: recipient limit exceeded. try again after Thu
MR site ~ no login ~ 502 5.7.0 Please authenticate first
MRT sender ~ its domain is not set up ~ 550 5.7.1 Unconfigured Sending Domain <b.example>
MRT site ~ the account's quota ~ 550 5.7.1 Exceed Sending Limit (daily)
R failed ~ the recipient is on the list of those not to write to ~ 550 5.7.1 recipient address was suppressed due to customer policy
T doubtful ~ likewise, and not said of whom ~ 550 5.7.1 recipient address was suppressed due to customer policy
T closing ~ for now ~ 421 4.3.0 message is too large to process at this time
M site ~ the rate ~ 452 4.4.5 Messages per second limit exceeded
M site ~ the quota ~ 452 4.5.3 Daily message limit exceeded
MR site ~ this machine ~ 550 that IP address is not allowed to send
T sender ~ its domain is not set up ~ 550 The b.example domain is not verified. Please, add and verify your domain
T site ~ the account is a trial ~ 450 You can only send testing emails to your own email address
T sender ~ its domain is not set up ~ 550 5.7.1 Sending from domain b.example is not allowed
MRT site ~ the rate ~ 550 5.7.0 Requested action not taken: too many emails per second
M sender ~ not an approved sender ~ 535 Authorization failed: Envelope From address a@b.example not authorized
[Postfix, amavis, rspamd and policy services]
MRT site ~ the account's rate ~ 451 4.7.1 Ratelimit "user" exceeded
R site ~ the account's rate ~ 554 5.7.1 <x@y.example>: Recipient address rejected: Sender rate limit exceeded
T failed ~ spam ~ 554 5.7.0 Reject, id=01234-05 - SPAM
T failed ~ a virus ~ 554 5.7.0 Reject, id=01234-05 - INFECTED: Eicar-Test-Signature
T deferred ~ says nothing ~ 451 4.7.1 Try again later
R deferred ~ says nothing ~ 450 4.3.2 Service currently unavailable
M deferred ~ their disk ~ 452 4.3.1 Insufficient system storage
M crowded ~ connections ~ 421 4.7.0 mx.example Error: too many connections from 192.0.2.1
MR site ~ this machine ~ 554 5.7.1 <host.example[192.0.2.1]>: Client host rejected: Access denied
R failed ~ its form ~ 501 5.1.3 Bad recipient address syntax
M sender ~ its form ~ 501 5.1.7 Bad sender address syntax
T failed ~ an attachment ~ 550 5.7.1 Message contains forbidden attachment
R deferred ~ the recipient's domain ~ 450 4.1.2 <x@y.example>: Recipient address rejected: Domain not found
D site ~ the account's day ~ 550 5.7.1 <DATA>: Data command rejected: only 10 messages per day
D site ~ this machine's name ~ 550 5.7.1 <DATA>: Data command rejected: Blocked - contact postmaster for help - Suspicious HELO [[192.168.1.4]] and missing reverse DNS [192.0.2.1]
T sender ~ its header ~ 550 Incorrect sender header (LOCAL)
[Exim and cPanel]
R site ~ no login ~ 550-Please turn on SMTP Authentication in your mail client.|host.example [192.0.2.1]:42630 is not permitted to relay through this server without|authentication.
M sender ~ its form ~ 501 root: sender address must contain a domain
R failed ~ its form ~ 501 root: recipient address must contain a domain
M crowded ~ connections ~ 421 mx.example: Too many concurrent SMTP connections from this IP address; please try again later.
MRT deferred ~ says nothing ~ 451 Temporary local problem - please try later
MR site ~ this machine's name ~ 550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)
MRT site ~ the account ~ 550 Sender root has an outgoing mail suspension.  Message discarded.
R failed ~ the mailbox or its domain ~ 550-The mail server could not deliver mail to x@y.example.  The account or domain may|not exist, they may be blacklisted, or missing the proper dns entries.
R sender ~ the same of the sender ~ 550-Verification failed for <a@b.example>|The mail server could not deliver mail to a@b.example. The account or domain may not exist, they may be blacklisted, or missing the proper dns entries.|Sender verify failed
T failed ~ its header ~ 550 Message headers fail syntax check
T failed ~ its header ~ 550 unqualified address not permitted: failing address in "To:" header is: root
T failed ~ spam ~ 550 This message scored 12.3 spam points.
MR site ~ this machine is listed ~ 550 Rejected because 192.0.2.1 is in a black list at zen.spamhaus.example
R failed ~ its form ~ 550 Restricted characters in address
MT site ~ this machine sends spam ~ 550 5.7.1 [CSR] Our system has detected an unusual amount of unsolicited email originating from your address. Contact your service provider for support
[Sendmail]
R site ~ no login ~ 550 5.7.1 <x@y.example>... Relaying denied. Proper authentication required.
MR sender ~ its domain ~ 451 4.1.8 Domain of sender address a@b.example does not resolve
MR doubtful ~ an access list, of anybody ~ 550 5.7.1 <a@b.example>... Access denied
M deferred ~ their disk ~ 452 4.4.5 Insufficient disk space; try again later
M crowded ~ connections too often ~ 421 4.3.2 Connection rate limit exceeded.
MR site ~ this machine is listed ~ 554 5.7.1 Rejected: 192.0.2.1 listed at dnsbl.example
R failed ~ the recipient's domain ~ 550 5.1.2 <x@y.example>... Host unknown (Name server: y.example: host not found)
R deferred ~ says nothing ~ 451 4.3.2 Please try again later
[qmail and its patches]
MT failed ~ its size ~ 552 sorry, that message size exceeds my databytes limit (#5.3.4)
T failed ~ a loop ~ 554 too many hops, this message is looping (#5.4.6)
T deferred ~ their disk ~ 451 qq trouble creating files in queue (#4.3.0)
R failed ~ the mailbox ~ 553 sorry, this recipient is in my badrcptto list (#5.7.1)
T deferred ~ its line ends ~ 451 See http://pobox.example/~djb/docs/smtplf.html.
MR site ~ this machine's name ~ 554 Refused. You have no reverse DNS entry.
R site ~ relaying ~ 550 Refused. Sending to remote addresses (relaying) is not allowed.
MR site ~ this machine is listed ~ 421 Refused. Your IP address is listed in the RBL at rbl.example
[OpenSMTPD, Haraka, Courier, hMailServer, MailEnable, Kerio, IceWarp, SmarterMail, CommuniGate]
R doubtful ~ also said where relaying is refused ~ 550 Invalid recipient: <x@y.example>
MR site ~ no login ~ 530 5.5.1 Invalid command: Must issue an AUTH command first
R split ~ recipients ~ 452 4.5.3 Too many recipients: Too many recipients sent
M site ~ the rate ~ 450 rate limit exceeded
MR sender ~ not the account's ~ 550 Envelope sender 'a@b.example' does not match AUTH domain 'c.example'
MT failed ~ its size ~ 523 Message length (12345) exceeds administrative limit.
R site ~ relaying ~ 550 Delivery is not allowed to this address.
MRT site ~ no login ~ 530 SMTP authentication is required.
M sender ~ none is not taken ~ 550 Sender address must be specified.
R site ~ no login ~ 503 This mail server requires authentication when attempting to send to a non-local e-mail address. Please check your mail client settings
R site ~ relaying ~ 551 User not local or invalid address - Relay denied
R site ~ no login ~ 550 5.7.1 Relaying to <x@y.example> denied (authentication required)
R site ~ no login ~ 550 5.7.1 <x@y.example> We do not relay without RFC2554 authentication.
T failed ~ a virus ~ 554 5.7.1 Message cannot be accepted, virus found
T failed ~ what it holds ~ 554 5.7.1 Message cannot be accepted, content filter rejection
T doubtful ~ a rule ~ 554 5.7.1 Message cannot be accepted, rules rejection
T failed ~ its size ~ 501 5.7.1 Message is too long
MR site ~ no login ~ 505 5.7.1 Authentication required
R site ~ no login ~ 550 Authentication is required for relay
R site ~ no login ~ 473 x@y.example relaying prohibited. You should authenticate first
[Stalwart, mox, maddy, chasquid, James, Postal]
R site ~ relaying, whatever its code ~ 550 5.1.2 Relay not allowed.
M sender ~ not the account's ~ 501 5.5.4 You are not allowed to send from this address.
MR site ~ the rate ~ 451 4.4.5 Rate limit exceeded, try again later
MR site ~ no login ~ 503 5.5.1 You must authenticate first.
M crowded ~ connections ~ 421 4.4.5 Too many concurrent connections
R split ~ recipients ~ 451 4.5.3 Too many recipients.
RT doubtful ~ whom the account may write to ~ 550 5.7.2 not allowed to send to destination
M sender ~ not the account's ~ 501 5.1.8 Non-local sender domain
R site ~ relaying ~ 503 5.7.1 Relay not allowed
R failed ~ the mailbox ~ 550 5.1.1 Destination address is unknown (user does not exist)
MRT sender ~ not the account's ~ 503 5.7.1 Incorrect Authentication for Specified Email Address
T sender ~ its domain is not set up ~ 530 From/Sender name is not valid
R site ~ relaying, whatever its code ~ 550 5.1.3 Relay not permitted. (#id-5.9.2)
R doubtful ~ where it would go ~ 550 Route does not accept incoming messages
T site ~ the account's hour ~ 550 send spam mail rejected: exceeded hour limit
)";

struct Answer {
  std::string server;
  std::string places;
  std::string outcome;
  std::string why;
  std::string text;
};

std::vector<Answer> answers() {
  std::vector<Answer> list;
  std::istringstream lines(kAnswers);
  std::string server;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) server = line;
    const std::size_t why = line.find(" ~ ");
    if (why == std::string::npos) continue;
    const std::size_t text = line.find(" ~ ", why + 3);
    const std::size_t blank = line.find(' ');
    list.push_back({server, line.substr(0, blank), line.substr(blank + 1, why - blank - 1),
                    line.substr(why + 3, text - why - 3), line.substr(text + 3)});
  }
  return list;
}

TEST(AnswersOfProviders, AreReadAsTheyWereJudged) {
  const std::vector<Answer> list = answers();
  EXPECT_GE(list.size(), 150U);
  for (const Answer& one : list) {
    for (const char place : one.places) {
      const smtp::Reply reply = reply_of(one.text);
      EXPECT_EQ(outcome_of(place_of(place), reply), one.outcome)
          << one.server << ' ' << place << ": " << one.text << "\n  judged: " << one.why << "\n  as \""
          << folded_words(reply) << '"';
    }
  }
}

}  // namespace
}  // namespace postern::relay
