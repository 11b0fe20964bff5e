#include "relay/refusals.h"

#include "base/text.h"
#include "relay/folded_words.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace postern::relay {
namespace {

/// Rows with commas between them. "*" stands for anything: what is before it comes before what is behind it. "_" is a
/// blank at the edge. Words are looked for in folded_words().
using Table = std::string_view;

/// A server that wants to see the message again, or is still finding out: no more than its 4xx says.
constexpr Table kWait = R"(
    greylist, graylist, grey list, verification in progress)";

/// Of the recipient in words that are of the account elsewhere: a full mailbox is no quota of ours, a disabled
/// recipient no suspended account, and who may write to somebody is that one's choice.
constexpr Table kRecipientFirst = R"(
    account that you tried to reach, user you are trying to contact, recipient's mailbox, recipient mailbox,
    user's mailbox, mailbox full, mailbox is full, mailbox quota, mailbox over, mailbox has exceeded,
    mailbox size limit, mailbox exceed, inbox full, inbox is full, account is full, storage allocation,
    storage quota, storage limit, user is over quota, user over quota, user over the quota,
    account is over quota, account over quota, disk quota, recipient*over quota, recipient*over the quota,
    recipient quota exceeded, recipient*is full, recipient*suspended, recipient*disabled, recipient*deactivated,
    recipient*inactive, recipient*is blocked, recipient*blacklisted, recipient*not accept,
    recipient*only accept, recipient*refuse, to this recipient, to the recipient, to that recipient,
    resolver.rst., receiving mail at a rate, receiving mail too quickly,
    not allowed to post to, by the recipient)";

constexpr Table kConnection = R"(
    messages*per session, messages*this session, messages*per connection, messages*this connection,
    mails*per session, mails*this session, mails*per connection, mails*this connection, transactions*session,
    transactions*connection, mail*limit for this connection, message limit*connection,
    too many recipients*too many messages sent)";

/// A number of messages or recipients in a time.
constexpr Table kQuota = R"(
    per hour, per day, per minute, per second, per month, daily*limit, daily*quota, hourly*limit, hourly*quota,
    monthly*limit, monthly*quota, sending limit, sending quota, sending rate, sending volume, send limit,
    send quota, sent limit, limit on sent, sent messages, messages sent, sent too many, submission quota,
    submissionquota, submission limit, relay quota, message quota, mail quota, email quota, outgoing quota,
    outgoing limit, outbound limit, quota for sending, policy*quota exceeded, too many messages, too many emails,
    too many mails, too much mail, too many recipients from, rate limit, throttl, unusual rate, ratelimit, sender rate,
    unusual*activity, unusual sending, free accounts, for test purposes)";

/// Words of a quota that may as well be a message's own.
constexpr Table kQuotaPerhaps = R"(
    credits, this hour, today)";

/// The same of whoever is spoken to.
constexpr Table kYourQuota = R"(
    you have exceeded, you've exceeded, you exceeded, you have reached, you've reached, you have sent,
    you have no more, user*exceed*rate, exceeded*plan, account limit, your quota, your limit, your account*quota,
    your account*limit, your*quota exceeded)";

constexpr Table kCrowded = R"(
    concurrent*connection, concurrent*session, simultaneous*connection, simultaneous*session,
    too many connections, too many connected, too many clients, too many concurrent, too many open,
    too many smtp connections, too many sessions, too many sockets, connections*limit, connections*exceeded,
    maximum*connections, connection*limit exceeded,
    thread limit exceeded)";

/// Microsoft's, with 4.3.2. In RFC 4954 it asks for another password; of a message it is said by nobody.
constexpr int kTooManyConnections = 432;

constexpr Table kRecipients = R"(
    too many recipients, too many rcpt, no more recipients, more recipients than, no more rcpt, number of recipients, number of rcpt,
    recipient limit, recipients limit, rcpt limit, recipients exceed, rcpts exceed, recipient count, rcpt count,
    recipients allowed, recipients permitted, recipients reached, recipients per, rcpts per, recipients*per message,
    recipients*per mail, recipients*per email, recipients*per transaction, max*recipients, max*rcpt,
    limit of*recipients, at most*recipients)";
constexpr Table kRecipientsCodes = "5.5.3";

/// A login is missing, a password is wrong, a quota is used up, the account is blocked; relaying is not for us. A code
/// of RFC 4954 that servers also give to what they dislike in a message (Yahoo: 554 5.7.9) is not here: of a login it
/// comes with one of kSiteReplies, or with words.
constexpr Table kSiteCodes = R"(
    5.4.5, 5.7.8, 5.7.25, 5.7.54, 5.7.57, 5.7.64, 5.7.139, 5.7.501, 5.7.508,
    5.7.511, 5.7.606, 5.7.705, 5.7.708, 5.7.750)";
/// A disabled account (RFC 5248), which after MAIL may be the recipient's; a login that is not taken any more
/// (Microsoft), which after MAIL means that somebody on the way has no REQUIRETLS (RFC 8689).
constexpr Table kSiteCodesAtMail = "5.7.13, 5.7.30";
/// 530, 535, 538: RFC 4954; 534: a login is to be made another way; 513: Courier, relaying.
constexpr std::array kSiteReplies{513, 530, 534, 535, 538};

/// Postfix, whatever the code before them.
constexpr Table kSenderAddress = R"(
    sender address rejected)";

constexpr Table kSenderCodes = R"(
    5.1.7, 5.1.8, 5.2.252, 5.7.60, 5.7.20, 5.7.21, 5.7.22, 5.7.23, 5.7.26, 5.7.27, 5.7.502, 5.7.512)";

/// The name of Microsoft's exception for them.
constexpr Table kSenderSure = R"(
    sendasdenied)";

/// What stands in the message, though blocklists are named.
constexpr Table kContentFirst = R"(
    _url, _uri, surbl, _link, message body, in the body, _dbl)";

constexpr Table kSender = R"(
    sender address, sender rejected, sender denied, sender refused, sender blocked, sender is blocked,
    sender is invalid, sender invalid, sender unknown, sender domain, sender's domain, sender email,
    sender identity, sender mismatch, sender verif, sender not_, sender is not, sender must, sender does not,
    sender doesn't, sender*not exist, sender*not owned, sender*not allowed, sender*not authori,
    sender*not permitted, sender*not verified, sender*unverified, invalid sender, bad sender, unknown sender,
    unverified sender, unauthorized sender, unauthorised sender, verified sender, null sender, empty sender,
    envelope sender, envelope from, send as, sendas, send mail as, send from, sending from this,
    sent from this address, on behalf of, mail from address, mail from domain, mail from must, mail from command,
    invalid mail from, return path, reverse path, from address, from header, header from, from field, not owned,
    do not own, does not own, address*not verified, domain*not verified, verified domain, match*authenticated,
    match*login, match*your account, match*authori, same as auth, same as*login, same as*user,
    different*from auth, _spf_, _spf:, dmarc, _dkim_, sender signature, sender*not valid, sender you used,
    relaying disallowed as, domain*not allowed to send)";
/// To MAIL alone: nobody else was named yet.
constexpr Table kSenderAtMail = R"(
    user unknown, domain not found, not exist, invalid address, syntax error in address, address rejected,
    fully qualified address, mailbox unavailable)";

/// The account is blocked. At RCPT and at the dot an account may be the recipient's, so there it must be said whose.
constexpr Table kBlockedAtMail = R"(
    account*suspended, account*disabled, account*blocked, account*locked, account*restricted, account*inactive,
    account*deactivated, user*suspended, user*disabled)";
constexpr Table kBlocked = R"(
    your account*suspended, your account*disabled, your account*blocked, your account*locked,
    your account*restrict, your account*inactive, your account*deactiv, your account*not active,
    your account*not yet activated, your account*not been activated, your account*not activated,
    your account*paused, your account*under review, your account*pending, smtp account*activated,
    detected: account blocked, account is paused for sending, account paused for sending,
    outgoing*suspended, outgoing*blocked, outgoing*disabled, outbound*suspended, outbound*blocked,
    outbound*disabled, sending*suspended, sending*disabled, sending*blocked, sending*paused, suspended*sending,
    not allowed to send mail, not permitted to send mail, account*not allowed to send, account*for spam,
    account*due to spam, account*spamming, sender account)";

/// They speak of senders and mean whoever has not logged in.
constexpr Table kLoginFirst = R"(
    unauthenticated sender, unauthenticated user, unauthenticated client, unauthenticated connection,
    unauthenticated session, unauthenticated relay)";
constexpr Table kLogin = R"(
    authentication required, authentication is required, requires auth, require auth, required*authentication,
    must authenticate, must be authenticated, need to authenticate, need to be authenticated, please authenticate,
    authenticate first, authentication first, authenticate before, auth command first, auth first, auth before,
    send auth, issue an auth, not authenticated, not been authenticated, smtp auth,
    authentication failed, authentication failure, authentication credentials, invalid credentials,
    bad credentials, log in first, login required, must log in, must login, not logged in, before smtp,
    starttls first, must issue a starttls, authentication unsuccessful,
    not authorized to perform, credentials for relay, mechanism is too weak,
    basic authentication is not supported, basic authentication is disabled)";
constexpr Table kPassword = R"(
    password*expired, password*chang, change*password, reset*password, password*reset, new password,
    application specific password)";

constexpr Table kRelaying = R"(
    relay access denied, relaying denied, relay denied, relaying is denied, relaying not, relaying is not,
    relay not, relay is not, to relay, cannot relay, can't relay, may not relay, not relay, don't relay,
    no relay, not a relay, open relay, relay*prohibited, relaying*prohibited, relay*forbidden,
    relaying*disallowed, rcpthosts, relay*refused, relaying*refused)";
/// The same in words that a message may hold: of an address alone.
constexpr Table kRelayingOfAddress = R"(
    relay*rejected, relay*denied, relay*not allowed, relaying*not allowed, relaying*not permitted,
    relaying*not authori, cannot deliver mail for, can't deliver mail for, not deliver mail for, or not local,
    or non local)";
/// "User not local; please try" another host (RFC 5321 3.4), in words that say no more.
constexpr int kNotLocal = 551;

constexpr Table kMachine = R"(
    client host, helo command, ehlo command, helo name, ehlo name, helo argument, invalid helo, invalid ehlo,
    bad helo, helo*rejected, helo*invalid, ehlo*invalid, helo*resolve, helo first, fully qualified host,
    reverse dns, rdns, ptr record, no ptr, your hostname, your reverse, reverse hostname, blocked using,
    spamhaus, spamcop, dnsbl, _rbl, your ip, sender ip, _ip*blocklist, _ip*block list, _ip*blacklist,
    _ip*black list, _host*blocklist, _host*block list, _host*blacklist, _host*black list, your server*list,
    your mail server*list, your network*list, spammer, spam source,
    ip address*block, ip address*denied, ip address*reject, ip address*not, ip*reputation, sending ip,
    ip you're using, unauthorized ip, ipcheck)";
/// Words that may as well be of a message: what it holds, or whom it names.
constexpr Table kMachinePerhaps = R"(
    blocklist, block list, blacklist, black list, your host, your server, your network, your mail server)";

/// No words take them back: "x" is 4 or 5. Microsoft says 5.7.124, 5.7.133 and 5.7.134 where a recipient or a group
/// takes no mail of this sender.
constexpr Table kRecipientCodesFirst = R"(
    x.1.1, x.1.2, x.1.3, x.1.6, x.1.10, 5.7.124, 5.7.133, 5.7.134)";
constexpr Table kRecipientCodes = R"(
    5.2.1, 5.4.1, 5.4.4, 5.4.310, 5.4.312)";
constexpr Table kRecipient = R"(
    no such user, no such recipient, no such mailbox, no such address, no such account, no such person,
    no such local, no such domain, no such host, no such name, user unknown, user is unknown, user not found,
    user not known, user does not, user doesn't, user*no longer, unknown user, unknown recipient, unknown mailbox,
    unknown address, unknown local, unknown account, unknown alias, unknown or illegal alias, unknown domain,
    recipient unknown, recipient not found, recipientnotfound, recipnotfound, recipient not known,
    mailbox unknown, mailbox unavailable, mailbox is unavailable, mailbox not found, mailbox not available,
    mailbox disabled, mailbox is disabled, mailbox is inactive, mailbox inactive, no mailbox, address unknown,
    addressee unknown, account not found, does not exist, doesn't exist, not a valid user, not a valid mailbox,
    invalid mailbox, invalid user, bad destination, unrouteable, unroutable, domain not found, host not found,
    host unknown, not listed in, does not accept mail, null mx, user*have a*account, no account by that name,
    recipient address rejected*fully qualified)";

constexpr Table kSizeCodes = "5.3.4, 5.2.3";
constexpr Table kSize = R"(
    message size, message too large, message is too large, message too big, message is too big,
    message too long, message length, size limit, maximum*size, exceed*size, size exceed, too large, too big)";

/// All of RFC 3463 3.7 and what others have put there.
constexpr Table kContentCodes = "5.6.*";
/// RFC 3463: a loop, and Microsoft 365's; a message that was changed under way.
constexpr Table kContentCodesAtText = R"(
    5.4.6, 5.4.14, 5.7.7)";
constexpr Table kContent = R"(
    spam, virus, malware, phish, infected, trojan, message content, message contains, contains black,
    contains block, contains a black, contains a block, blacklisted content, blacklisted word, blacklisted phrase,
    blacklisted link, blacklisted domain, blocked content, content reject, content block, content filter,
    content denied, content not, prohibited content, attachment, junk, unsolicited, too many hops, hop count,
    mail loop, routing loop, loop detected, rfc 5322, rfc5322, rfc 2822, rfc2822, header is missing,
    missing*header, header missing, missing final, duplicate*header, bare lf, line too long, line length,
    executable, banned:, banned*file, banned*content, banned*name, content restrict, local address contains)";

constexpr unsigned kAtMail = 1;
constexpr unsigned kAtRcpt = 2;
constexpr unsigned kAtText = 4;
constexpr unsigned kAnywhere = kAtMail | kAtRcpt | kAtText;

struct Section {
  Blame blame;
  unsigned where;
  enum class By { words, enhanced } by;
  Table rows;
  bool sure = false;  ///< of the site or the sender: no message brings this answer about by what it holds
};

// The first that knows the answer decides. Within a section the order is of no matter.
constexpr std::array kSections{
    Section{Blame::sender, kAtRcpt, Section::By::words, kSenderAddress},
    Section{Blame::recipient, kAtRcpt, Section::By::enhanced, kRecipientCodesFirst},
    Section{Blame::recipient, kAnywhere, Section::By::words, kRecipientFirst},
    Section{Blame::connection, kAnywhere, Section::By::words, kConnection},
    Section{Blame::site, kAnywhere, Section::By::enhanced, kSiteCodes, true},
    Section{Blame::site, kAtMail, Section::By::enhanced, kSiteCodesAtMail, true},
    Section{Blame::site, kAnywhere, Section::By::words, kQuota},
    Section{Blame::site, kAtMail | kAtRcpt, Section::By::words, kQuotaPerhaps},
    Section{Blame::crowded, kAnywhere, Section::By::words, kCrowded},
    Section{Blame::recipients, kAtRcpt, Section::By::words, kRecipients},
    Section{Blame::recipients, kAtRcpt, Section::By::enhanced, kRecipientsCodes},
    Section{Blame::sender, kAnywhere, Section::By::enhanced, kSenderCodes, true},
    Section{Blame::sender, kAnywhere, Section::By::words, kSenderSure, true},
    Section{Blame::content, kAtText, Section::By::words, kContentFirst},
    Section{Blame::site, kAtMail | kAtRcpt, Section::By::words, kLoginFirst},
    Section{Blame::sender, kAnywhere, Section::By::words, kSender},
    Section{Blame::site, kAtMail, Section::By::words, kBlockedAtMail},
    Section{Blame::site, kAnywhere, Section::By::words, kBlocked},
    Section{Blame::site, kAnywhere, Section::By::words, kLogin},
    Section{Blame::site, kAnywhere, Section::By::words, kPassword},
    Section{Blame::site, kAnywhere, Section::By::words, kRelaying},
    Section{Blame::site, kAtMail | kAtRcpt, Section::By::words, kRelayingOfAddress},
    Section{Blame::site, kAnywhere, Section::By::words, kMachine},
    Section{Blame::site, kAtMail | kAtRcpt, Section::By::words, kMachinePerhaps},
    Section{Blame::sender, kAtMail, Section::By::words, kSenderAtMail},
    Section{Blame::size, kAnywhere, Section::By::enhanced, kSizeCodes},
    Section{Blame::size, kAnywhere, Section::By::words, kSize},
    Section{Blame::recipient, kAtRcpt, Section::By::enhanced, kRecipientCodes},
    Section{Blame::recipient, kAtRcpt, Section::By::words, kRecipient},
    Section{Blame::content, kAnywhere, Section::By::enhanced, kContentCodes},
    Section{Blame::content, kAtText, Section::By::enhanced, kContentCodesAtText},
    Section{Blame::content, kAtText, Section::By::words, kContent},
    Section{Blame::site, kAtText, Section::By::words, kQuotaPerhaps},
    Section{Blame::site, kAtText, Section::By::words, kMachinePerhaps},
    Section{Blame::site, kAnywhere, Section::By::words, kYourQuota},
};

bool holds(std::string_view text, std::string_view pattern) {
  for (;;) {
    const std::size_t star = std::min(pattern.find('*'), pattern.size());
    const std::size_t found = text.find(pattern.substr(0, star));
    if (found == std::string_view::npos) return false;
    if (star == pattern.size()) return true;
    text.remove_prefix(found + star);
    pattern.remove_prefix(star + 1);
  }
}

/// One of the table's rows is true.
template <typename Predicate>
bool any_row(Table table, Predicate holds_for) {
  while (!table.empty()) {
    const std::size_t comma = std::min(table.find(','), table.size());
    std::string row(trim(table.substr(0, comma)));
    std::ranges::replace(row, '_', ' ');
    if (holds_for(std::string_view(row))) return true;
    table.remove_prefix(std::min(comma + 1, table.size()));
  }
  return false;
}

bool is_code(std::string_view enhanced, std::string_view row) {
  const bool refuses = enhanced.starts_with('4') || enhanced.starts_with('5');
  const std::string_view tail = row.substr(1);
  if (!refuses || (row.front() != 'x' && row.front() != enhanced.front())) return false;
  if (tail.ends_with('*')) return enhanced.substr(1).starts_with(tail.substr(0, tail.size() - 1));
  return enhanced.substr(1) == tail;
}

bool says(std::string_view folded, Table table) {
  return any_row(table, [&](std::string_view row) { return holds(folded, row); });
}

unsigned place_of(Asked asked) {
  switch (asked) {
    case Asked::reset:
    case Asked::mail: return kAtMail;
    case Asked::rcpt: return kAtRcpt;
    case Asked::data:
    case Asked::text: break;
  }
  return kAtText;
}

/// The address is refused in its form, or by a name that is not allowed (RFC 5321 4.2.3): at MAIL that is the sender's.
bool refuses_address(const smtp::Reply& refusal, std::string_view enhanced) {
  if (refusal.code == 553) return true;
  return refusal.code == 501 && (enhanced.empty() || enhanced == "5.5.4");
}

struct Finding {
  Blame blame;
  bool sure;
};

Finding find(Asked asked, const smtp::Reply& refusal) {
  // Also in the words of another: whoever is still finding out says nothing yet.
  if (refusal.transient() && says(folded_words(refusal), kWait)) return {Blame::unknown, false};
  if (std::ranges::find(kSiteReplies, refusal.code) != kSiteReplies.end()) return {Blame::site, true};
  const std::string said = own_words(refusal);
  const std::string enhanced = refusal.enhanced();
  const unsigned place = place_of(asked);
  for (const Section& section : kSections) {
    if ((section.where & place) == 0) continue;
    const bool found = section.by == Section::By::words
                           ? says(said, section.rows)
                           : any_row(section.rows, [&](std::string_view row) { return is_code(enhanced, row); });
    if (found) return {section.blame, section.sure || refusal.code == kTooManyConnections};
  }
  if (asked == Asked::rcpt && refusal.code == kNotLocal) return {Blame::site, false};
  const bool of_sender = asked == Asked::mail && refuses_address(refusal, enhanced);
  return {of_sender ? Blame::sender : Blame::unknown, false};
}

}  // namespace

Blame blame_of(Asked asked, const smtp::Reply& refusal) { return find(asked, refusal).blame; }

bool by_words_alone(Asked asked, const smtp::Reply& refusal) {
  const Finding found = find(asked, refusal);
  const bool trouble = found.blame == Blame::site || found.blame == Blame::crowded || found.blame == Blame::sender;
  return trouble && !found.sure;
}

bool says_crowded(const smtp::Reply& refusal) { return says(own_words(refusal), kCrowded); }

}  // namespace postern::relay
