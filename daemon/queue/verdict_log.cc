#include "queue/verdict_log.h"

#include "base/log.h"
#include "base/text.h"
#include "base/zone.h"
#include "mail/named_addresses.h"
#include "mail/original_recipient.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::queue {
namespace {

/// A report counts for the user whose mail it is about, and is not sent by that user.
std::optional<std::uint32_t> user_of(const mail::Source& source) {
  return source.kind == mail::Source::Kind::daemon ? std::nullopt : source.user();
}

/// RFC 3463, where no server said one.
std::string_view enhanced_code(const WaitingFor& waiting) {
  if (waiting.site.empty()) return "4.3.0";
  switch (waiting.trouble.step) {
    case mail::Step::resolve: return "4.4.3";
    case mail::Step::connect: return "4.4.1";
    case mail::Step::tls: return "4.7.5";
    case mail::Step::auth: return "4.7.0";
    default: return "4.4.2";
  }
}

/// As other lines have a reply: what a server said with its code first.
std::string reply_of(const WaitingFor& waiting) {
  const std::string& text = waiting.trouble.text;
  const std::string_view word = std::string_view(text).substr(0, text.find(' '));
  const bool said = word.size() == 3 && parse_number(word).has_value();
  return said ? text : std::string(enhanced_code(waiting)) + " " + text;
}

}  // namespace

VerdictLog::VerdictLog(const StoredMessage& message, const mail::DeliveryReport& report, const std::string& site,
                       Milliseconds waited)
    : message_(message),
      report_(report),
      site_(site),
      waited_(waited),
      left_(queue::pending(message.states()).size()) {}

void VerdictLog::tell(const Finding& finding) {
  const mail::Envelope& envelope = message_.envelope();
  const mail::Recipient recipient = recipient_of(envelope, finding.recipient);
  const std::string unread = unread_text(envelope, finding.recipient);
  const bool answered = unread.empty();  // no site has to do with one that could not be read
  const bool decided = finding.status.verdict != mail::Verdict::deferred;
  if (answered && decided && left_ > 0) --left_;
  const Level level = finding.status.verdict == mail::Verdict::failed ? Level::warning : Level::info;
  const std::string none;
  log(level, mail::name(finding.status.verdict),
      {{"id", message_.id().text()},
       {"to", recipient.address},
       {"unread", unread},
       {"orig_to", mail::original_of(recipient)},
       {"from", "<" + envelope.sender + ">"},
       {"uid", user_of(envelope.source)},
       {"accepted", to_local_rfc3339(envelope.accepted)},
       {"delay", waited_},
       {"site", answered ? site_ : none},
       {"host", answered ? report_.host : none},
       {"tls", answered ? report_.tls : none},
       {"mechanism", answered ? report_.mechanism : none},
       {"message_id", message_.message_id()},
       {"left", left_},
       {"reply", mail::to_text(finding.status)}});
}

void log_waiting(const WaitingFor& waiting) {
  const mail::Envelope& envelope = waiting.envelope;
  mail::NamedAddresses to;
  mail::NamedAddresses originals;
  for (const std::size_t index : waiting.recipients) {
    if (index >= envelope.recipients.size()) continue;
    to.add(envelope.recipients[index].address);
    originals.add(mail::original_of(envelope.recipients[index]));
  }
  const LogField recipients("to", to.text(), to.each());
  const LogField original_recipients("orig_to", originals.text(), originals.each());
  log(Level::info, "deferred",
      {{"id", waiting.id.text()},
       recipients,
       original_recipients,
       {"from", "<" + envelope.sender + ">"},
       {"uid", user_of(envelope.source)},
       {"accepted", to_local_rfc3339(envelope.accepted)},
       {"delay", waiting.waited},
       {"site", waiting.site},
       {"message_id", waiting.message_id},
       {"left", waiting.left},
       {"reply", reply_of(waiting)}});
}

}  // namespace postern::queue
