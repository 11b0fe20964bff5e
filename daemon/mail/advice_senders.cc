#include "mail/advice_rows.h"

#include <array>

namespace postern::mail {
namespace {

constexpr std::string_view kSender =
    "this account may not send as this sender: set from: {policy: account} at the smarthost, so that all mail goes out "
    "from the account's own address, or allow the address at the provider (Microsoft: \"Send As\"; others: add it as "
    "an "
    "alias or verify it)";
constexpr std::string_view kSenderDomain =
    "the server does not believe that the sender's address exists: set domain to one that is in the DNS, or set from: "
    "{policy: account} at the smarthost, so that all mail goes out from the account's own address";
constexpr std::string_view kNullSender =
    "the server takes no mail without a sender, as reports are (RFC 5321): set bounces.from to an address that this "
    "account may use";
constexpr std::string_view kSenderOrNull =
    "the server does not take the sender's address: a report, which has none, needs bounces.from set to an address of "
    "this account; other mail must come from an address that the account may use";

// Other things in words like ours: they come first, and nothing in the settings mends them.
constexpr std::array kOfMessages{
    // Of the recipient's mailbox, not of the account.
    AdviceRow{At::transaction, "5.1.1", "", kNoAdvice},
    AdviceRow{At::transaction, "5.1.2", "", kNoAdvice},
    AdviceRow{At::transaction, "5.1.3", "", kNoAdvice},
    AdviceRow{At::transaction, "5.1.6", "", kNoAdvice},
    AdviceRow{At::transaction, "5.1.10", "", kNoAdvice},
    AdviceRow{At::transaction, "5.2.1", "", kNoAdvice},
    AdviceRow{At::transaction, "5.2.2", "", kNoAdvice},
    AdviceRow{At::transaction, "4.2.1", "", kNoAdvice},
    AdviceRow{At::transaction, "4.2.2", "", kNoAdvice},
    AdviceRow{At::transaction, "", "tried to reach", kNoAdvice},
    AdviceRow{At::transaction, "", "no such user", kNoAdvice},
    AdviceRow{At::transaction, "", "user unknown", kNoAdvice},
    AdviceRow{At::transaction, "", "unknown user", kNoAdvice},
    AdviceRow{At::transaction, "", "mailbox full", kNoAdvice},
    AdviceRow{At::transaction, "", "mailbox is full", kNoAdvice},
    AdviceRow{At::transaction, "", "mailbox*over quota", kNoAdvice},
    AdviceRow{At::transaction, "", "mailbox*disabled", kNoAdvice},
    AdviceRow{At::transaction, "", "recipient*over quota", kNoAdvice},
    AdviceRow{At::transaction, "", "recipient*mailbox", kNoAdvice},
    AdviceRow{At::transaction, "", "recipient*suspended", kNoAdvice},
    AdviceRow{At::transaction, "", "recipient*disabled", kNoAdvice},
    AdviceRow{At::transaction, "", "recipient*blacklist", kNoAdvice},
    AdviceRow{At::transaction, "", "not listed", kNoAdvice},
    AdviceRow{At::transaction, "", "storage", kNoAdvice},
    AdviceRow{At::transaction, "", "resolver.rst", kNoAdvice},
    AdviceRow{At::transaction, "", "to this group", kNoAdvice},
    AdviceRow{At::transaction, "", "to this list", kNoAdvice},
    AdviceRow{At::transaction, "", "to this mailing list", kNoAdvice},
    AdviceRow{At::transaction, "", "to this recipient", kNoAdvice},
    // Of the message itself.
    AdviceRow{At::transaction, "5.3.4", "", kNoAdvice},
    AdviceRow{At::transaction, "", "message size", kNoAdvice},
    AdviceRow{At::transaction, "", "size limit", kNoAdvice},
    AdviceRow{At::transaction, "", "maximum*size", kNoAdvice},
    AdviceRow{At::transaction, "", "line length", kNoAdvice},
    AdviceRow{At::transaction, "", "hop count", kNoAdvice},
    AdviceRow{At::transaction, "", "attachment", kNoAdvice},
    AdviceRow{At::transaction, "", "contains*url", kNoAdvice},
    AdviceRow{At::transaction, "", "contains*link", kNoAdvice},
    AdviceRow{At::transaction, "", "contains*domain", kNoAdvice},
    AdviceRow{At::transaction, "", "uribl", kNoAdvice},
    AdviceRow{At::transaction, "", "surbl", kNoAdvice},
    AdviceRow{At::transaction, "", "dbl.spamhaus", kNoAdvice},
    AdviceRow{At::transaction, "5.7.26", "", kNoAdvice},
    AdviceRow{At::transaction, "", "dkim", kNoAdvice},
    AdviceRow{At::transaction, "", "dmarc", kNoAdvice},
    AdviceRow{At::transaction, "", " spf", kNoAdvice},
    // Of the session.
    AdviceRow{At::session, "", "time limit", kNoAdvice},
    AdviceRow{At::session, "", "timeout", kNoAdvice},
    AdviceRow{At::session, "", "error limit", kNoAdvice},
    AdviceRow{At::session, "", "too many errors", kNoAdvice},
    AdviceRow{At::session, "", "too many unknown", kNoAdvice},
    AdviceRow{At::session, "", "too many invalid", kNoAdvice},
};

constexpr std::array kOfSenders{
    AdviceRow{At::transaction, "", "unauthenticated sender", kNeedsLogin},
    AdviceRow{At::transaction, "", "<>*sender", kNullSender},
    AdviceRow{At::transaction, "", "null sender", kNullSender},
    AdviceRow{At::transaction, "", "null reverse", kNullSender},
    AdviceRow{At::transaction, "", "null return", kNullSender},
    AdviceRow{At::transaction, "", "null envelope", kNullSender},
    AdviceRow{At::transaction, "", "empty sender", kNullSender},
    AdviceRow{At::transaction, "", "empty envelope", kNullSender},
    AdviceRow{At::transaction, "", "empty return", kNullSender},
    AdviceRow{At::transaction, "", "empty reverse", kNullSender},
    AdviceRow{At::transaction, "", "empty from", kNullSender},
    AdviceRow{At::transaction, "", "blank sender", kNullSender},
    AdviceRow{At::transaction, "", "sender*is empty", kNullSender},
    AdviceRow{At::transaction, "", "from*is empty", kNullSender},
    AdviceRow{At::transaction, "", "bounces*not accepted", kNullSender},
    AdviceRow{At::transaction, "", "bounce messages*not", kNullSender},
    AdviceRow{At::transaction, "", "mail from:<>", kNullSender},
    AdviceRow{At::transaction, "", "mail from: <>", kNullSender},
    AdviceRow{At::transaction, "", "invalid mail from", kSenderOrNull},
    AdviceRow{At::transaction, "", "invalid sender", kSenderOrNull},
    AdviceRow{At::transaction, "", "invalid from", kSenderOrNull},
    AdviceRow{At::transaction, "", "invalid envelope from", kSenderOrNull},
    AdviceRow{At::transaction, "5.2.252", "", kSender},
    AdviceRow{At::transaction, "", "sendasdenied", kSender},
    AdviceRow{At::transaction, "5.7.60", "", kSender},
    AdviceRow{At::transaction, "", "not logged in", kNeedsLogin},  // Postfix, of a sender that is somebody's
    AdviceRow{At::transaction, "", "sender*not owned", kSender},
    AdviceRow{At::transaction, "", "not owned by", kSender},
    AdviceRow{At::transaction, "", "email address is not verified", kSender},
    AdviceRow{At::transaction, "", "sender*not*verified", kSender},
    AdviceRow{At::transaction, "", "sender*unverified", kSender},
    AdviceRow{At::transaction, "", "unverified sender", kSender},
    AdviceRow{At::transaction, "", "from*not*verified", kSender},
    AdviceRow{At::transaction, "", "from*not match*verified", kSender},
    AdviceRow{At::transaction, "", "identit*not*verified", kSender},
    AdviceRow{At::transaction, "", "domain*not verified", kSender},
    AdviceRow{At::transaction, "", "verify*sender address", kSender},
    AdviceRow{At::transaction, "", "sender signature", kSender},
    AdviceRow{At::transaction, "", "sender identity", kSender},
    AdviceRow{At::transaction, "", "same as auth", kSender},
    AdviceRow{At::transaction, "", "mail from*must", kSender},
    AdviceRow{At::transaction, "", "from*must equal", kSender},
    AdviceRow{At::transaction, "", "from*must match", kSender},
    AdviceRow{At::transaction, "", "from*must be*auth", kSender},
    AdviceRow{At::transaction, "", "sender*must match", kSender},
    AdviceRow{At::transaction, "", "sender*must be", kSender},
    AdviceRow{At::transaction, "", "sender mismatch", kSender},
    AdviceRow{At::transaction, "", "sender*not match", kSender},
    AdviceRow{At::transaction, "", "from*not match*user", kSender},
    AdviceRow{At::transaction, "", "from*not match*login", kSender},
    AdviceRow{At::transaction, "", "from*not match*account", kSender},
    AdviceRow{At::transaction, "", "from*not match*auth", kSender},
    AdviceRow{At::transaction, "", "from*not belong", kSender},
    AdviceRow{At::transaction, "", "sender*not belong", kSender},
    AdviceRow{At::transaction, "", "authorised to send from", kSender},
    AdviceRow{At::transaction, "", "authorized to send from", kSender},
    AdviceRow{At::transaction, "", "authorised to send as", kSender},
    AdviceRow{At::transaction, "", "authorized to send as", kSender},
    AdviceRow{At::transaction, "", "authorised to send on behalf", kSender},
    AdviceRow{At::transaction, "", "authorized to send on behalf", kSender},
    AdviceRow{At::transaction, "", "authorised to use", kSender},
    AdviceRow{At::transaction, "", "authorized to use", kSender},
    AdviceRow{At::transaction, "", "allowed to send as", kSender},
    AdviceRow{At::transaction, "", "allowed to send from", kSender},
    AdviceRow{At::transaction, "", "allowed to send mail from", kSender},
    AdviceRow{At::transaction, "", "allowed to send mail as", kSender},
    AdviceRow{At::transaction, "", "allowed to send email from", kSender},
    AdviceRow{At::transaction, "", "allowed to use", kSender},
    AdviceRow{At::transaction, "", "permitted to send as", kSender},
    AdviceRow{At::transaction, "", "permitted to send from", kSender},
    AdviceRow{At::transaction, "", "permissions to send as", kSender},
    AdviceRow{At::transaction, "", "permission to send as", kSender},
    AdviceRow{At::transaction, "", "envelope from*not authori", kSender},
    AdviceRow{At::transaction, "", "header from*not", kSender},
    AdviceRow{At::transaction, "", "from header*not", kSender},
    AdviceRow{At::transaction, "", "from address*not", kSender},
    AdviceRow{At::transaction, "", "sender*not authori", kSender},
    AdviceRow{At::transaction, "", "sender*not allowed", kSender},
    AdviceRow{At::transaction, "", "sender*not permitted", kSender},
    AdviceRow{At::transaction, "", "sender*not approved", kSender},
    AdviceRow{At::transaction, "", "unauthori*sender", kSender},
    AdviceRow{At::transaction, "", "spoof", kSender},
    AdviceRow{At::transaction, "", "sender*domain not found", kSenderDomain},
    AdviceRow{At::transaction, "", "sender*does not exist", kSenderDomain},
    AdviceRow{At::transaction, "", "sender*does not resolve", kSenderDomain},
    AdviceRow{At::transaction, "", "sender*fully", kSenderDomain},
    AdviceRow{At::transaction, "", "sender domain must exist", kSenderDomain},
    AdviceRow{At::transaction, "", "sender verify failed", kSenderDomain},
};

}  // namespace

AdviceRows message_answers() { return kOfMessages; }
AdviceRows sender_answers() { return kOfSenders; }

}  // namespace postern::mail
