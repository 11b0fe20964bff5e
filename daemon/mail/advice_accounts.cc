#include "mail/advice_rows.h"

#include <array>

namespace postern::mail {
namespace {

constexpr std::string_view kRelaying =
    "the server does not forward mail for you: set user and a password (password_file) for this smarthost, or let its "
    "operator allow this machine's address";
constexpr std::string_view kRate =
    "the server takes mail more slowly than it comes: set rate for this smarthost to what the provider allows; "
    "Postern tries again by itself";
constexpr std::string_view kNotActivated =
    "the provider has not opened this account for sending yet: log in at its web page, finish what it asks for there, "
    "or "
    "ask its support";
constexpr std::string_view kForTests =
    "the account or its domain at the provider is for tests alone: add a domain of your own at the provider's web "
    "page, "
    "or list there the recipients that may be written to";
constexpr std::string_view kConnections =
    "the provider allows few connections at once: set connections: 2 for this smarthost, or 1; other programs with "
    "this account or behind the same address count, too";
constexpr std::string_view kPerConnection =
    "the server takes few messages on one connection: set messages_per_connection for this smarthost to that number";
constexpr std::string_view kRecipients =
    "the server takes few recipients in one transaction: the others go in the next one by themselves; who wants them "
    "in "
    "one must send to fewer";
constexpr std::string_view kHello =
    "the server does not like the name that this machine gives in EHLO: set hostname to a full name with a dot in it, "
    "best one that the DNS knows";
constexpr std::string_view kBareName =
    "the server takes no address without a domain: set domain, or give the local name an alias";

constexpr std::array kOfThisMachine{
    AdviceRow{At::session, "", "helo command rejected", kHello},
    AdviceRow{At::session, "", "ehlo command rejected", kHello},
    AdviceRow{At::session, "", "helo*fully", kHello},
    AdviceRow{At::session, "", "ehlo*fully", kHello},
    AdviceRow{At::session, "", "helo*invalid", kHello},
    AdviceRow{At::session, "", "ehlo*invalid", kHello},
    AdviceRow{At::session, "", "invalid helo", kHello},
    AdviceRow{At::session, "", "invalid ehlo", kHello},
    AdviceRow{At::session, "", "bad helo", kHello},
    AdviceRow{At::session, "", "bad ehlo", kHello},
    AdviceRow{At::session, "", "helo name", kHello},
    AdviceRow{At::session, "", "ehlo name", kHello},
    AdviceRow{At::session, "", "helo argument", kHello},
    AdviceRow{At::session, "", "ehlo argument", kHello},
    AdviceRow{At::session, "", "helo*hostname", kHello},
    AdviceRow{At::session, "", "ehlo*hostname", kHello},
    AdviceRow{At::session, "", "helo*without", kHello},
    AdviceRow{At::session, "", "ehlo*without", kHello},
    AdviceRow{At::session, "", "helo*domain", kHello},
    AdviceRow{At::session, "", "ehlo*domain", kHello},
    AdviceRow{At::session, "", "helo*resolve", kHello},
    AdviceRow{At::session, "", "helo*match", kHello},
    AdviceRow{At::session, "", "ehlo*match", kHello},
    AdviceRow{At::session, "", "helo*fqdn", kHello},
    AdviceRow{At::session, "", "ehlo*fqdn", kHello},
    AdviceRow{At::ehlo, "501", "", kHello},
    AdviceRow{At::ehlo, "504", "", kHello},
    AdviceRow{At::ehlo, "", "fully", kHello},
    AdviceRow{At::ehlo, "", "fqdn", kHello},
    AdviceRow{At::ehlo, "", "invalid*name", kHello},
    AdviceRow{At::ehlo, "", "valid*hostname", kHello},
    AdviceRow{At::ehlo, "", "valid*domain", kHello},
    AdviceRow{At::session, "", "sender ip*black", kBlocked},
    AdviceRow{At::session, "", "sender ip*block", kBlocked},
    AdviceRow{At::transaction, "", "sender*blacklist", kNoAdvice},
    AdviceRow{At::session, "", "client host*blocked", kBlocked},
    AdviceRow{At::session, "", "client host rejected", kBlocked},
    AdviceRow{At::session, "", "blocked using", kBlocked},
    AdviceRow{At::session, "", "blocked by*list", kBlocked},
    AdviceRow{At::session, "", "listed in", kBlocked},
    AdviceRow{At::session, "", "listed at", kBlocked},
    AdviceRow{At::session, "", "listed by", kBlocked},
    AdviceRow{At::session, "", "listed on", kBlocked},
    AdviceRow{At::session, "", "blacklist", kBlocked},
    AdviceRow{At::session, "", "black list", kBlocked},
    AdviceRow{At::session, "", "blocklist", kBlocked},
    AdviceRow{At::session, "", "block list", kBlocked},
    AdviceRow{At::session, "", "dnsbl", kBlocked},
    AdviceRow{At::session, "", " rbl", kBlocked},
    AdviceRow{At::session, "", "spamhaus", kBlocked},
    AdviceRow{At::session, "", "spamcop", kBlocked},
    AdviceRow{At::session, "", "ipcheck", kBlocked},
    AdviceRow{At::session, "", "barracudacentral", kBlocked},
    AdviceRow{At::session, "", "poor reputation", kBlocked},
    AdviceRow{At::session, "", "bad reputation", kBlocked},
    AdviceRow{At::session, "", "low reputation", kBlocked},
    AdviceRow{At::session, "", "reputation of*ip", kBlocked},
    AdviceRow{At::session, "", "ip*reputation", kBlocked},
    AdviceRow{At::session, "", "dynamic ip", kBlocked},
    AdviceRow{At::session, "", "dynamic address", kBlocked},
    AdviceRow{At::session, "", "dynamically assigned", kBlocked},
    AdviceRow{At::session, "", "dialup", kBlocked},
    AdviceRow{At::session, "", "residential", kBlocked},
    AdviceRow{At::session, "", "your ip*blocked", kBlocked},
    AdviceRow{At::session, "", "your ip*banned", kBlocked},
    AdviceRow{At::session, "", "ip address*blocked", kBlocked},
    AdviceRow{At::session, "", "ip address*banned", kBlocked},
    AdviceRow{At::session, "", "your host*blocked", kBlocked},
    AdviceRow{At::session, "", "your network*blocked", kBlocked},
    AdviceRow{At::session, "", "reverse dns", kBlocked},
    AdviceRow{At::session, "", "reverse hostname", kBlocked},
    AdviceRow{At::session, "", "ptr record", kBlocked},
    AdviceRow{At::session, "", "cannot find your hostname", kBlocked},
    AdviceRow{At::anywhere, "", "missing final '@domain'", kBareName},
    AdviceRow{At::session, "504", "fully-qualified",
              "the server takes no address without a full domain: set domain and hostname to full names"},
};

constexpr std::array kOfAccounts{
    AdviceRow{At::session, "", "suspended", kSuspended},
    AdviceRow{At::session, "", "account*disabled", kSuspended},
    AdviceRow{At::session, "", "account*locked", kSuspended},
    AdviceRow{At::session, "", "account*blocked", kSuspended},
    AdviceRow{At::session, "", "account*deactivated", kSuspended},
    AdviceRow{At::session, "", "account*inactive", kSuspended},
    AdviceRow{At::session, "", "account*restricted", kSuspended},
    AdviceRow{At::session, "", "account*terminated", kSuspended},
    AdviceRow{At::session, "", "account*on hold", kSuspended},
    AdviceRow{At::session, "", "account*under review", kSuspended},
    AdviceRow{At::session, "", "compromised", kSuspended},
    AdviceRow{At::session, "", "user*is blocked", kSuspended},
    AdviceRow{At::session, "", "outgoing*blocked", kSuspended},
    AdviceRow{At::session, "", "outgoing*disabled", kSuspended},
    AdviceRow{At::session, "", "outbound*blocked", kSuspended},
    AdviceRow{At::session, "", "bad outbound sender", kSuspended},
    AdviceRow{At::session, "", "sending*disabled", kSuspended},
    AdviceRow{At::session, "", "sending*blocked", kSuspended},
    AdviceRow{At::session, "", "sending*paused", kSuspended},
    AdviceRow{At::session, "", "account*paused", kSuspended},
    AdviceRow{At::session, "", "account*not yet activated", kNotActivated},
    AdviceRow{At::session, "", "account*not been activated", kNotActivated},
    AdviceRow{At::session, "", "account*not activated", kNotActivated},
    AdviceRow{At::session, "", "account*pending", kNotActivated},
    AdviceRow{At::session, "", "for test purposes", kForTests},
    AdviceRow{At::session, "", "unusual sending activity", kSuspended},
    AdviceRow{At::session, "", "suspicious activity", kSuspended},
    AdviceRow{At::session, "", "restricted from sending", kSuspended},
    AdviceRow{At::session, "5.7.705", "", kSuspended},  // Microsoft, of the whole tenant
    AdviceRow{At::session, "5.7.708", "", kSuspended},
};

constexpr std::array kOfAmounts{
    AdviceRow{At::session, "", "per session", kPerConnection},
    AdviceRow{At::session, "", "too many messages sent", kPerConnection},  // OpenSMTPD, behind "too many recipients"
    AdviceRow{At::session, "", "messages per connection", kPerConnection},
    AdviceRow{At::session, "", "mails per connection", kPerConnection},
    AdviceRow{At::session, "", "messages*in this session", kPerConnection},
    AdviceRow{At::session, "", "mails*in this session", kPerConnection},
    AdviceRow{At::session, "", "messages*in one session", kPerConnection},
    AdviceRow{At::session, "", "messages*on this connection", kPerConnection},
    AdviceRow{At::session, "", "mails*on this connection", kPerConnection},
    AdviceRow{At::session, "", "messages*in this connection", kPerConnection},
    AdviceRow{At::session, "", "messages*for this connection", kPerConnection},
    AdviceRow{At::session, "", "messages*in one connection", kPerConnection},
    AdviceRow{At::session, "", "transactions*connection", kPerConnection},
    AdviceRow{At::session, "", "transactions*session", kPerConnection},
    AdviceRow{At::anywhere, "", "too many connections", kConnections},
    AdviceRow{At::anywhere, "", "too many connected", kConnections},
    AdviceRow{At::anywhere, "", "too many concurrent", kConnections},
    AdviceRow{At::anywhere, "", "too many simultaneous", kConnections},
    AdviceRow{At::anywhere, "", "too many parallel", kConnections},
    AdviceRow{At::anywhere, "", "too many sessions", kConnections},
    AdviceRow{At::anywhere, "", "too many open", kConnections},
    AdviceRow{At::anywhere, "", "concurrent*connection", kConnections},
    AdviceRow{At::anywhere, "", "concurrent*session", kConnections},
    AdviceRow{At::anywhere, "", "simultaneous connection", kConnections},
    AdviceRow{At::anywhere, "", "maximum*connections", kConnections},
    AdviceRow{At::anywhere, "", "connection limit", kConnections},
    AdviceRow{At::anywhere, "", "connections limit", kConnections},
    AdviceRow{At::anywhere, "", "number of connections", kConnections},
    AdviceRow{At::session, "", "too many recipients from", kRate},  // Postfix, of a client
    AdviceRow{At::session, "", "recipients*day", kQuota},
    AdviceRow{At::session, "", "recipients*hour", kQuota},
    AdviceRow{At::session, "", "recipients*minute", kRate},
    AdviceRow{At::session, "", "daily*recipients", kQuota},
    AdviceRow{At::session, "", "too many recipients", kRecipients},
    AdviceRow{At::session, "", "too many rcpt", kRecipients},
    AdviceRow{At::session, "", "recipient count", kRecipients},
    AdviceRow{At::session, "", "recipients allowed", kRecipients},
    AdviceRow{At::session, "", "rcpt limit", kRecipients},
    AdviceRow{At::session, "", "too many to", kRecipients},
    AdviceRow{At::session, "", "recipients*per message", kRecipients},
    AdviceRow{At::session, "", "recipient limit", kRecipients},
    AdviceRow{At::session, "", "recipients limit", kRecipients},
    AdviceRow{At::session, "", "number of recipients", kRecipients},
    AdviceRow{At::session, "", "maximum*recipients", kRecipients},
    AdviceRow{At::transaction, "4.5.3", "", kRecipients},
    AdviceRow{At::transaction, "5.5.3", "", kRecipients},
    AdviceRow{At::session, "", "throttling failure*quota", kQuota},
    AdviceRow{At::session, "", "rate limit", kRate},
    AdviceRow{At::session, "", "rate-limit", kRate},
    AdviceRow{At::session, "", "ratelimit", kRate},
    AdviceRow{At::session, "", "limit*rate", kRate},
    AdviceRow{At::session, "", "rate*exceeded", kRate},
    AdviceRow{At::session, "", "throttl", kRate},
    AdviceRow{At::session, "", "too fast", kRate},
    AdviceRow{At::session, "", "slow down", kRate},
    AdviceRow{At::session, "", "unusual rate", kRate},
    AdviceRow{At::session, "", "too much mail", kRate},
    AdviceRow{At::session, "", "per minute", kRate},
    AdviceRow{At::session, "", "per second", kRate},
    AdviceRow{At::session, "5.4.5", "", kQuota},
    AdviceRow{At::session, "5.1.90", "", kQuota},  // Microsoft
    AdviceRow{At::session, "", "quota", kQuota},
    AdviceRow{At::session, "", "per hour", kQuota},
    AdviceRow{At::session, "", "per day", kQuota},
    AdviceRow{At::session, "", "per month", kQuota},
    AdviceRow{At::session, "", "limit on sent", kQuota},
    AdviceRow{At::session, "", "sending limit", kQuota},
    AdviceRow{At::session, "", "send limit", kQuota},
    AdviceRow{At::session, "", "daily*limit", kQuota},
    AdviceRow{At::session, "", "hourly*limit", kQuota},
    AdviceRow{At::session, "", "monthly*limit", kQuota},
    AdviceRow{At::session, "", "limit*exceeded", kQuota},
    AdviceRow{At::session, "", "exceeded*limit", kQuota},
    AdviceRow{At::session, "", "exceeded*max", kQuota},
    AdviceRow{At::session, "", "exceeded*allowed", kQuota},
    AdviceRow{At::session, "", "exceeds*limit", kQuota},
    AdviceRow{At::session, "", "exceeding*limit", kQuota},
    AdviceRow{At::session, "", "over*limit", kQuota},
    AdviceRow{At::session, "", "limit*reached", kQuota},
    AdviceRow{At::session, "", "reached*limit", kQuota},
    AdviceRow{At::session, "", "credits", kQuota},
    AdviceRow{At::session, "", "upgrade your", kQuota},
    AdviceRow{At::session, "", "too many messages", kRate},
    AdviceRow{At::session, "", "too many emails", kRate},
    AdviceRow{At::session, "", "too many mails", kRate},
};

constexpr std::array kOfLogins{
    AdviceRow{At::anywhere, "530", "starttls", kNeedsTls},
    AdviceRow{At::session, "", "starttls*first", kNeedsTls},
    AdviceRow{At::session, "", "encryption required", kNeedsTls},
    AdviceRow{At::session, "530", "", kNeedsLogin},
    AdviceRow{At::session, "538", "", kNeedsTls},
    AdviceRow{At::session, "", "authentication required", kNeedsLogin},
    AdviceRow{At::session, "", "authentication is required", kNeedsLogin},
    AdviceRow{At::session, "", "authentication needed", kNeedsLogin},
    AdviceRow{At::session, "", "requires*authentication", kNeedsLogin},
    AdviceRow{At::session, "", "without authentication", kNeedsLogin},
    AdviceRow{At::session, "", "auth required", kNeedsLogin},
    AdviceRow{At::session, "", "auth is required", kNeedsLogin},
    AdviceRow{At::session, "", "authorization required", kNeedsLogin},
    AdviceRow{At::session, "", "must authenticate", kNeedsLogin},
    AdviceRow{At::session, "", "must be authenticated", kNeedsLogin},
    AdviceRow{At::session, "", "need to authenticate", kNeedsLogin},
    AdviceRow{At::session, "", "please authenticate", kNeedsLogin},
    AdviceRow{At::session, "", "authenticate first", kNeedsLogin},
    AdviceRow{At::session, "", "not authenticated", kNeedsLogin},
    AdviceRow{At::session, "", "unauthenticated", kNeedsLogin},
    AdviceRow{At::session, "", "auth command first", kNeedsLogin},
    AdviceRow{At::session, "", "authenticate before", kNeedsLogin},
    AdviceRow{At::session, "", "log in first", kNeedsLogin},
    AdviceRow{At::session, "", "login first", kNeedsLogin},
    AdviceRow{At::session, "", "login required", kNeedsLogin},
    AdviceRow{At::session, "", "must log in", kNeedsLogin},
    AdviceRow{At::session, "", "pop before smtp", kNeedsLogin},
    AdviceRow{At::session, "", "pop-before-smtp", kNeedsLogin},
    AdviceRow{At::session, "", "check*mail first", kNeedsLogin},
    AdviceRow{At::transaction, "", "relay access denied", kRelaying},
    AdviceRow{At::transaction, "", "relaying", kRelaying},
    AdviceRow{At::transaction, "", "unable to relay", kRelaying},
    AdviceRow{At::transaction, "", "relay not permitted", kRelaying},
    AdviceRow{At::transaction, "", "relay not allowed", kRelaying},
    AdviceRow{At::transaction, "", "relay*denied", kRelaying},
    AdviceRow{At::transaction, "", "relay*prohibited", kRelaying},
    AdviceRow{At::transaction, "", "relay*rejected", kRelaying},
    AdviceRow{At::transaction, "", "deliver mail for", kRelaying},
    AdviceRow{At::transaction, "", "or not local", kRelaying},
    AdviceRow{At::transaction, "", "not our customer", kRelaying},
    AdviceRow{At::transaction, "", "not relay", kRelaying},
    AdviceRow{At::transaction, "", "allowed to relay", kRelaying},
    AdviceRow{At::transaction, "", "permitted to relay", kRelaying},
    AdviceRow{At::transaction, "", "no relay", kRelaying},
    AdviceRow{At::transaction, "", "rcpthosts", kRelaying},
};

}  // namespace

AdviceRows machine_answers() { return kOfThisMachine; }
AdviceRows account_answers() { return kOfAccounts; }
AdviceRows amount_answers() { return kOfAmounts; }
AdviceRows missing_login_answers() { return kOfLogins; }

}  // namespace postern::mail
