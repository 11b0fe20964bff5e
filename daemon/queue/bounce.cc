#include "queue/bounce.h"

#include "base/text.h"
#include "mail/bounce_text.h"
#include "mail/headers.h"

#include <algorithm>
#include <utility>

namespace postern::queue {

BounceMail make_bounce(const Config& config, const QueueId& id, const mail::Envelope& envelope,
                       std::string_view original, const std::vector<Verdict>& verdicts, const std::string& host,
                       const std::vector<std::string>& to, WallTime now) {
  mail::Bounce bounce;
  bounce.id = id;
  bounce.hostname = config.hostname;
  bounce.domain = config.domain;
  bounce.now = now;
  for (const Verdict& verdict : verdicts) {
    // A verdict without a reply code is our own; nobody else said it.
    const std::string& said_by = verdict.status.code == 0 ? std::string() : host;
    bounce.recipients.push_back({envelope.recipients[verdict.recipient], verdict.status, said_by});
  }
  mail::BounceText report = mail::make_bounce(bounce, envelope, original);

  BounceMail result;
  result.envelope.id = id;
  result.envelope.accepted = now;
  result.envelope.source.kind = mail::Source::Kind::daemon;
  for (const std::string& address : to) {
    mail::Recipient one;
    one.address = address;
    one.notify = mail::kNotifyNever;  // RFC 3461 5.2.9 allows it; nobody can be told anyway
    result.envelope.recipients.push_back(std::move(one));
  }
  result.envelope.body = report.body;
  result.envelope.smtputf8 = report.smtputf8;
  result.text = std::move(report.text);
  result.wire_size = result.text.size() + static_cast<std::uint64_t>(std::ranges::count(result.text, '\n'));
  return result;
}

bool auto_submitted(std::string_view message) {
  const mail::HeaderBlock block = mail::parse_headers(message);
  const mail::HeaderField* field = mail::find(block, "Auto-Submitted");
  if (field == nullptr) return false;
  const std::string value = mail::unfold(field->body);
  const auto words = split_words(std::string_view(value).substr(0, value.find(';')));
  return !words.empty() && !iequals(words.front(), "no");
}

}  // namespace postern::queue
