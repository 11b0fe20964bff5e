// What servers are known to say in a refusal, by whom it is about: words and codes alone. Which of them come first, and
// where they count, is in relay/refusals.cc, the one place that includes this.
#pragma once

#include <array>
#include <string_view>

namespace postern::relay::tables {

/// Rows with commas between them. "*" stands for anything: what is before it comes before what is behind it. "_" is a
/// blank at the edge. Words are looked for in folded_words().
using Table = std::string_view;

/// A server that wants to see the message again, or is still finding out: no more than its 4xx says.
inline constexpr Table kWait = R"(
    greylist, graylist, grey list, verification in progress)";

/// It says itself that this is not for good, whatever its code.
inline constexpr Table kAgain = R"(
    try again later, try again in, try later, retry later, please retry, temporar)";

/// Whoever refuses, not the sender who is refused.
inline constexpr Table kRecipientsChoice = R"(
    by this recipient, by the recipient, by that recipient)";

/// Postfix puts this before whatever a policy service says, of anybody.
inline constexpr std::string_view kRecipientRejected = " recipient address rejected:";

/// Of whoever speaks to the server, and not of whom it asks for: nobody is a recipient in such words alone.
inline constexpr Table kOurs = R"(
    _your_, helo, ehlo, authenticat, relay, login, log in, logged in, password, _ip_, _ip:, client)";
/// The same in words that say no more than that there is no such one.
inline constexpr Table kOursPerhaps = R"(
    to send, to use, permission, permitted, allowed to, credential, user name, username, licen, certificate,
    subscription, session, token, reverse, lookup, hostname, _dns_, _spf, connect)";

/// Of the recipient in words that nobody says of an account.
inline constexpr Table kRecipientSure = R"(
    account that you tried to reach, user you are trying to contact, resolver.rst., receiving mail at a rate,
    receiving mail too quickly, not allowed to post to, badrcptto)";
/// Of the recipient in words that are of the account elsewhere: a full mailbox is no quota of ours, a disabled
/// recipient no suspended account, and who may write to somebody is that one's choice. "*" stays in its clause.
inline constexpr Table kRecipientFirst = R"(
    recipient's mailbox, recipient mailbox, user's mailbox, mailbox full, mailbox is full, mailbox quota,
    mailbox over, mailbox has exceeded, mailbox size limit, mailbox exceed, inbox full, inbox is full,
    account is full, storage allocation, storage quota, storage limit, user is over quota, user over quota,
    user over the quota, account is over quota, account over quota, disk quota, recipient*over quota,
    recipient*over the quota, recipient quota exceeded, recipient*is full, recipient is suspended,
    recipient suspended, recipient has been suspended, recipient account*suspended,
    recipient's account*suspended, recipient address is suspended, recipient is disabled, recipient disabled,
    recipient has been disabled, recipient account*disabled, recipient's account*disabled,
    recipient address is disabled, recipient is deactivated, recipient deactivated,
    recipient has been deactivated, recipient account*deactivated, recipient's account*deactivated,
    recipient address is deactivated, recipient is inactive, recipient inactive, recipient has been inactive,
    recipient account*inactive, recipient's account*inactive, recipient address is inactive,
    recipient is blocked, recipient blocked, recipient has been blocked, recipient account*blocked,
    recipient's account*blocked, recipient address is blocked, recipient is blacklisted, recipient blacklisted,
    recipient has been blacklisted, recipient account*blacklisted, recipient's account*blacklisted,
    recipient address is blacklisted, recipient*not accept, recipient*only accept, recipient's*refuse,
    recipient refuses, recipient has refused, to this recipient, to the recipient, to that recipient,
    rejected by recipient, refused by recipient, denied by recipient, blocked by recipient,
    declined by recipient, disabled by recipient, not accepted by recipient, target address, recipient*suppress,
    could not deliver mail to)";
/// Words that are of this machine's address elsewhere.
inline constexpr Table kRecipientListed = R"(
    address blacklisted, address is blacklisted, address blocklisted, address is blocklisted, suppression list)";

inline constexpr Table kConnection = R"(
    message per session, message per connection, messages*per session, messages*this session,
    messages*per connection, messages*this connection, mails*per session, mails*this session,
    mails*per connection, mails*this connection, transactions*session, transactions*connection,
    mail*limit for this connection, message limit*connection, too many recipients*too many messages sent)";

/// A number of messages or recipients in a time.
inline constexpr Table kQuota = R"(
    per hour, per day, per minute, per second, per month, daily*limit, daily*quota, hourly*limit, hourly*quota,
    monthly*limit, monthly*quota, sending limit, sending quota, sending rate, sending volume, send limit,
    send quota, sent limit, limit on sent, sent messages, messages sent, sent too many, submission quota,
    submissionquota, submission limit, relay quota, outgoing quota, outgoing limit, outbound limit,
    quota for sending, policy*quota exceeded, too many messages, too many emails, too many mails,
    too much mail, too many recipients from, rate limit, throttl, unusual rate, ratelimit, sender rate,
    unusual*activity, unusual sending, unusual amount, unexpected volume, frequency limit, hour limit,
    day limit, minute limit, relay limit, not allowed to send*limit exceeded, free accounts, for test purposes,
    testing emails)";

/// The same, but with these codes to RCPT a full mailbox, unless they say whose.
inline constexpr Table kMailQuota = R"(
    message quota, mail quota, email quota)";
inline constexpr Table kFullCodes = "x.2.2";
inline constexpr Table kYou = R"(
    _your_, _you_, you've)";

/// Words of a quota that may as well be a message's own.
inline constexpr Table kQuotaPerhaps = R"(
    credits, this hour, today)";

/// The same of whoever is spoken to.
inline constexpr Table kYourQuota = R"(
    you have exceeded, you've exceeded, you exceeded, you have reached, you've reached, you have sent,
    you have no more, user*exceed*rate, exceeded*plan, account limit, your quota, your limit,
    your account*quota, your account*limit, your*quota exceeded)";

/// Made too often: also words of a quota.
inline constexpr Table kCrowdedFirst = R"(
    connection rate, connection frequency, frequent connect, thread limit)";
inline constexpr Table kCrowded = R"(
    concurrent*connection, concurrent*session, simultaneous*connection, simultaneous*session,
    too many connections, too many connected, too many clients, too many concurrent, too many open,
    too many smtp connections, too many sessions, too many sockets, connections*limit, connections*exceeded,
    maximum*connections, connection*limit exceeded)";

/// Microsoft's, with 4.3.2. In RFC 4954 it asks for another password; of a message it is said by nobody.
inline constexpr int kTooManyConnections = 432;

inline constexpr Table kRecipients = R"(
    too many recipients, too many rcpt, no more recipients, more recipients than, no more rcpt,
    number of recipients, number of rcpt, recipient limit, recipients limit, rcpt limit, recipients exceed,
    rcpts exceed, recipient count, rcpt count, recipients allowed, recipients permitted, recipients reached,
    recipients per, rcpts per, recipients*per message, recipients*per mail, recipients*per email,
    recipients*per transaction, max*recipients, max*rcpt, limit of*recipients, at most*recipients)";
inline constexpr Table kRecipientsCodes = "5.5.3";

/// A login is missing, a password is wrong, a quota is used up, the account is blocked; relaying is not for us. A code
/// of RFC 4954 that servers also give to what they dislike in a message (Yahoo: 554 5.7.9) is not here: of a login it
/// comes with one of kSiteReplies, or with words.
inline constexpr Table kSiteCodes = R"(
    5.4.5, 5.7.8, 5.7.25, 5.7.54, 5.7.57, 5.7.64, 5.7.139, 5.7.501, 5.7.508,
    5.7.511, 5.7.606, 5.7.705, 5.7.708, 5.7.750)";
/// A disabled account (RFC 5248), which after MAIL may be the recipient's; a login that is not taken any more
/// (Microsoft), which after MAIL means that somebody on the way has no REQUIRETLS (RFC 8689).
inline constexpr Table kSiteCodesAtMail = "5.7.13, 5.7.30";
/// The form of a command and its parameters (RFC 5321 4.2.2: 455 and 555 are of these alone; RFC 3463 3.6).
inline constexpr std::array kFormReplies{455, 500, 501, 504, 555};
inline constexpr int kTooManyBytesOrRecipients = 552;
inline constexpr Table kFormCodes = R"(
    x.5.1, x.5.2, x.5.4)";
/// Of the parameters of RFC 3461, and of parameters at all.
inline constexpr Table kDsn = R"(
    orcpt, original recipient, notify, envid, _dsn_, delivery status, parameter, option, extension)";

/// 530, 535, 538: RFC 4954; 534: a login is to be made another way; 513: Courier, relaying.
inline constexpr std::array kSiteReplies{513, 530, 534, 535, 538};

/// Postfix, and Exim's callout, whatever the code before them.
inline constexpr Table kSenderAddress = R"(
    sender address rejected, sender verif)";

/// Google says 4.7.26 to 4.7.32 of what it takes less of: no SPF, no DKIM, no DMARC.
inline constexpr Table kSenderCodes = R"(
    5.1.7, 5.1.8, 5.2.252, 5.7.60, 5.7.20, 5.7.21, 5.7.22, 5.7.23, 5.7.24, 5.7.26, 5.7.27, 5.7.502, 5.7.509,
    5.7.515, 4.7.26, 4.7.27, 4.7.30, 4.7.31, 4.7.32)";

/// The name of Microsoft's exception for them.
inline constexpr Table kSenderSure = R"(
    sendasdenied)";

/// What stands in the message, though blocklists are named. That an answer names a link, to where it explains itself,
/// is not of the message.
inline constexpr Table kContentFirst = R"(
    url listed, urls listed, uri listed, uris listed, url is listed, url blacklist, url blocklist,
    uri blacklist, uri blocklist, spam url, spam uri, spam link, blacklisted url, blacklisted uri, blocked url,
    blocked uri, malicious url, malicious uri, malicious link, suspicious url, suspicious uri, suspicious link,
    bad url, bad uri, bad link, phishing url, phishing link, phishing uri, forbidden url, forbidden link,
    url in content, url in message, url in the message, url in body, url in the body, url in your message,
    uri in message, uri in the message, urls in message, urls in the message, links in message,
    links in the message, link in the message, link in your message, contains a link, contains links,
    contains a url, contains an url, contains a uri, contains an uri, contains url, contains uri, surbl, uribl,
    message body, in the body, _dbl, multiple from, multiple addresses in)";
/// They say that it is not.
inline constexpr Table kNotContent = R"(
    client host, client ip, your account, account is, account has, account was, your ip, your host, your server)";

inline constexpr Table kSender = R"(
    sender address, sender header, sender name, sender's mx, sender rejected, sender denied, sender refused,
    sender blocked, sender is blocked, sender is invalid, sender invalid, sender unknown, sender domain,
    sender's domain, sender email, sender identity, sender mismatch, sender verif, sender not_, sender is not,
    sender must, sender does not, sender doesn't, sender*not exist, sender*not owned, sender*not allowed,
    sender*not authori, sender*not permitted, sender*not verified, sender*unverified, invalid sender,
    bad sender, unknown sender, unverified sender, unauthorized sender, unauthorised sender, verified sender,
    null sender, empty sender, envelope sender, envelope from, send as, sendas, send mail as, send from,
    sending from this, sending from domain, sent from this address, on behalf of, mail from address,
    mail from domain, mail from must, mail from command, invalid mail from, _mailfrom, sending domain,
    domain based, spam sender, spoof, incorrect authentication for, return path, reverse path, from address,
    from header, header from, from field, not owned, do not own, does not own, address*not verified,
    domain*not verified, verified domain, match*authenticated, match*login, match*your account, match*authori,
    same as auth, same as*login, same as*user, different*from auth, _spf_, _spf:, dmarc, _dkim_,
    sender signature, sender*not valid, sender you used, relaying disallowed as, domain*not allowed to send)";
/// To MAIL alone: nobody else was named yet.
inline constexpr Table kSenderAtMail = R"(
    user unknown, domain not found, not exist, invalid address, syntax error in address, address rejected,
    fully qualified address, mailbox unavailable, mx record, dns mx)";

/// The account is blocked. At RCPT and at the dot an account may be the recipient's, so there it must be said whose.
inline constexpr Table kBlockedAtMail = R"(
    account*suspended, account*disabled, account*blocked, account*locked, account*restricted, account*inactive,
    account*deactivated, user*suspended, user*disabled, no permission, temporarily blocked, blocked for the day)";
/// Whatever the code before them, and though a sender is named.
inline constexpr Table kBlockedFirst = R"(
    outgoing*suspen, outgoing*blocked, outgoing*disabled, outbound*suspen, outbound*blocked, outbound*disabled,
    please activate your)";
inline constexpr Table kBlocked = R"(
    your account*suspended, your account*disabled, your account*blocked, your account*locked,
    your account*restrict, your account*inactive, your account*deactiv, your account*not active,
    your account*not yet activated, your account*not been activated, your account*not activated,
    your account*paused, your account*under review, your account*pending, smtp account*activated,
    detected: account blocked, account is paused for sending, account paused for sending, sending*suspended,
    sending*disabled, sending*blocked, sending*paused, suspended*sending, not allowed to send mail,
    not permitted to send mail, account*not allowed to send, account*for spam, account*due to spam,
    account*spamming, sender account)";

/// They speak of senders and mean whoever has not logged in.
inline constexpr Table kLoginFirst = R"(
    unauthenticated sender, unauthenticated user, unauthenticated client, unauthenticated connection,
    unauthenticated session, unauthenticated relay, unauthenticated mail not, anonymous client, anonymous user,
    anonymous sender)";
inline constexpr Table kLogin = R"(
    authentication required, authentication is required, requires auth, require auth, required*authentication,
    must authenticate, must be authenticated, need to authenticate, need to be authenticated,
    please authenticate, authenticate first, authentication first, authenticate before, auth command first,
    auth first, auth before, send auth, issue an auth, not authenticated, not been authenticated, smtp auth,
    authentication failed, authentication failure, authentication credentials, invalid credentials,
    bad credentials, log in first, login required, must log in, must login, not logged in, before smtp,
    starttls first, must issue a starttls, starttls is required, starttls required, _tls is required,
    _tls required, failed to authenticate, authentication unsuccessful, not authorized to perform,
    credentials for relay, mechanism is too weak, basic authentication is not supported,
    basic authentication is disabled)";
inline constexpr Table kPassword = R"(
    password*expired, password*chang, change*password, reset*password, password*reset, new password,
    application specific password)";

inline constexpr Table kRelaying = R"(
    relay access denied, relaying denied, relay denied, relaying is denied, relaying not, relaying is not,
    relay not, relay is not, to relay, cannot relay, can't relay, may not relay, not relay, don't relay,
    no relay, not a relay, be relayed, relayed thr, open relay, relay*prohibited, relaying*prohibited,
    relay*forbidden, relaying*disallowed, rcpthosts, relay*refused, relaying*refused)";
/// The same in words that a message may hold: of an address alone.
inline constexpr Table kRelayingOfAddress = R"(
    relay*rejected, relay*denied, relay*not allowed, relaying*not allowed, relaying*not permitted,
    relaying*not authori, cannot deliver mail for, can't deliver mail for, not deliver mail for, or not local,
    or non local, delivery is not allowed)";
/// "User not local; please try" another host (RFC 5321 3.4), in words that say no more.
inline constexpr int kNotLocal = 551;

/// Of this machine though a sender's domain is named.
inline constexpr Table kMachineFirst = R"(
    reverse dns for, fix reverse dns, connections not accepted, connections will not be accepted,
    access to submit messages, _ip address*blacklist, _ip address*blocklist)";
inline constexpr Table kMachine = R"(
    client host, helo command, ehlo command, helo name, ehlo name, helo argument, invalid helo, invalid ehlo,
    bad helo, helo*rejected, helo*invalid, ehlo*invalid, helo*resolve, helo first, fully qualified host,
    reverse dns, rdns, ptr record, ptr resource, no ptr, (ip based, your hostname, your reverse,
    reverse hostname, blocked using, spamhaus, spamcop, dnsbl, _rbl, your ip, sender ip, _ip*blocklist,
    _ip*block list, _ip*blacklist, _ip*black list, _host*blocklist, _host*block list, _host*blacklist,
    _host*black list, your server*list, your mail server*list, your network*list, spammer, spam source,
    ip address*block, ip address*denied, ip address*reject, ip address*not, ip*reputation, sending ip,
    ip you're using, unauthorized ip, ipcheck)";
/// Words that may as well be of a message: what it holds, or whom it names.
inline constexpr Table kMachinePerhaps = R"(
    blocklist, block list, blacklist, black list, your host, your server, your network, your mail server,
    poor reputation, bad reputation, low reputation)";

/// No words take them back but those of relaying (Stalwart: 550 5.1.2): "x" is 4 or 5. Microsoft says 5.7.124, 5.7.133
/// and 5.7.134 where a recipient or a group takes no mail of this sender, x.2.121 and x.2.122 of what a recipient gets
/// in an hour.
inline constexpr Table kRecipientCodesFirst = R"(
    x.1.1, x.1.2, x.1.3, x.1.6, x.1.10, 5.7.124, 5.7.133, 5.7.134)";
inline constexpr Table kRecipientReceives = "x.2.121, x.2.122";
/// 5.2.2, a full mailbox, is also said of quotas for sending, in words that come first.
inline constexpr Table kRecipientCodes = R"(
    5.2.1, 5.2.2, 5.4.1, 5.4.4, 5.4.310, 5.4.312)";
inline constexpr Table kRecipient = R"(
    no such user, no such recipient, no such mailbox, no such address, no such account, no such person,
    no such local, no such domain, no such host, no such name, user unknown, user is unknown, user not found,
    user not known, user does not, user doesn't, user*no longer, unknown user, unknown recipient,
    unknown mailbox, unknown address, unknown local, unknown account, unknown alias, unknown or illegal alias,
    unknown domain, recipient unknown, recipient not found, recipientnotfound, recipnotfound,
    recipient not known, mailbox unknown, mailbox unavailable, mailbox is unavailable, mailbox not found,
    mailbox not available, mailbox disabled, mailbox is disabled, mailbox is inactive, mailbox inactive,
    no mailbox, address unknown, addressee unknown, account not found, does not exist, doesn't exist,
    not a valid user, not a valid mailbox, invalid mailbox, invalid user, bad destination, unrouteable,
    unroutable, domain not found, host not found, host unknown, not listed in domino, not listed in public,
    not listed in*directory, not listed in*address book, does not accept mail, null mx, user*have a*account,
    no account by that name, need fully qualified address, recipient unavailable, recipient is unavailable,
    no longer valid, no longer exist, no longer in use, marked as invalid, address is invalid,
    invalid email address, invalid address, recipient address must, restricted characters)";

/// Though it says of a mailbox that this is for it.
inline constexpr Table kSizeFirst = R"(
    message too large, message is too large, message content is too large, message too big, message is too big,
    message too long, message is too long)";
inline constexpr Table kSizeCodes = "5.3.4, 5.2.3";
inline constexpr Table kSize = R"(
    message size, message length, size limit, maximum*size, exceed*size, size exceed, too large, too big)";
/// Before the text was seen they must say that it is the message, and an account or a mailbox has a size, too.
inline constexpr Table kOfMessage = R"(
    message, _mail_, email_, maximum size, size limit)";
inline constexpr Table kOfStore = R"(
    account, mailbox, allowance, quota, storage, number)";

/// All of RFC 3463 3.7 and what others have put there.
inline constexpr Table kContentCodes = "5.6.*";
/// RFC 3463: a loop, and Microsoft 365's; a message that was changed under way; fields that Microsoft 365 wants once.
inline constexpr Table kContentCodesAtText = R"(
    5.4.6, 5.4.14, 5.7.7, 5.7.512, 5.1.20)";
inline constexpr Table kSpam = R"(
    spam, dt:spm, virus, malware, phish, infected, trojan, junk, unsolicited)";
/// They say that it is the account that sends such things, not this message alone that is one.
inline constexpr Table kSpamOfAccount = R"(
    account, mailbox, compromis, hacked, hijack, _your_*spam, _your_*virus, _your_*malware, _your_*phish,
    _your_*infected, _your_*junk, _your_*unsolicited, from your_, from you_, by your_, your computer,
    your machine, sends spam, sending spam, send spam, sent spam)";
inline constexpr Table kContent = R"(
    message content, message contains, contains black,
    contains block, contains a black, contains a block, blacklisted content, blacklisted word, blacklisted phrase,
    blacklisted link, blacklisted domain, blocked content, content reject, content block, content filter,
    content denied, content not, prohibited content, attachment, too many hops, hop count,
    mail loop, routing loop, loop detected, rfc 5322, rfc5322, rfc 2822, rfc2822, header is missing,
    missing*header, header missing, missing final, duplicate*header, bare lf, line too long, line length,
    executable, banned:, banned*file, banned*content, banned*name, content restrict, local address contains,
    domain contains, empty address, illegal address, failing address in, headers fail, syntax check, rfc compliant,
    (header based)";

}  // namespace postern::relay::tables
