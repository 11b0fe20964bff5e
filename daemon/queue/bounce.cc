#include "queue/bounce.h"

#include "base/text.h"
#include "mail/headers.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

mail::Action action_of(Notice notice) {
  switch (notice) {
    case Notice::delayed: return mail::Action::delayed;
    case Notice::relayed: return mail::Action::relayed;
    case Notice::none:
    case Notice::failed: break;
  }
  return mail::Action::failed;
}

std::vector<mail::BouncedRecipient> bounced(const mail::Envelope& envelope, const std::vector<Finding>& findings,
                                            const std::string& host) {
  std::vector<mail::BouncedRecipient> list;
  for (const Finding& finding : findings) {
    if (finding.notice == Notice::none) continue;
    mail::BouncedRecipient one;
    one.recipient = recipient_of(envelope, finding.recipient);
    one.unread = unread_text(envelope, finding.recipient);
    one.status = finding.status;
    // A verdict without a reply code is our own; nobody else said it.
    if (finding.status.code != 0) one.host = host;
    one.action = action_of(finding.notice);
    one.attempted = finding.when;
    if (auto expiry = expiry_of(finding.status)) {
      one.status = std::move(expiry->last);
      one.expired_after = std::move(expiry->after);
    }
    list.push_back(std::move(one));
  }
  return list;
}

void fill(mail::Reporter& reporter, const ReportContext& context) {
  reporter.id = context.id;
  reporter.hostname = context.names.hostname;
  reporter.domain = context.names.domain;
  reporter.now = context.now;
  reporter.utc_offset = context.utc_offset;
}

/// `about`: whose mail it tells of; nothing: it is no report.
BounceMail addressed(const ReportContext& context, mail::BounceText report, std::optional<std::uint32_t> about) {
  BounceMail result;
  result.envelope.id = context.id;
  result.envelope.accepted = context.now;
  result.envelope.source.kind = mail::Source::Kind::daemon;
  result.envelope.source.uid = about;
  for (const std::string& address : context.to) {
    mail::Recipient one;
    one.address = address;
    report.smtputf8 = report.smtputf8 || !is_ascii(address);  // an alias may have led there
    one.notify = mail::kNotifyNever;                          // RFC 3461 5.2.9 allows it; nobody can be told anyway
    result.envelope.recipients.push_back(std::move(one));
  }
  result.envelope.smtputf8 = report.smtputf8;
  result.text = std::move(report.text);
  result.wire_size = result.text.size() + static_cast<std::uint64_t>(std::ranges::count(result.text, '\n'));
  return result;
}

std::uint32_t uid_told_of(const mail::Envelope& envelope) {
  const mail::Source& source = envelope.source;
  return source.uid ? *source.uid : source.holder.value_or(mail::kNoUid);
}

std::string field_of(const mail::HeaderBlock& block, std::string_view name) {
  const mail::HeaderField* field = mail::find(block, name);
  return field == nullptr ? std::string() : mail::unfold(field->body);
}

}  // namespace

BounceMail make_bounce(const ReportContext& context, const mail::Envelope& envelope, std::string_view original,
                       const std::vector<Finding>& findings, const std::string& host) {
  mail::Bounce bounce;
  fill(bounce, context);
  bounce.recipients = bounced(envelope, findings, host);
  bounce.return_size = context.options.bounces.return_size;
  bounce.retry_until = context.now + context.options.retry.expire - context.age;
  return addressed(context, mail::make_bounce(bounce, envelope, original), uid_told_of(envelope));
}

BounceMail make_digest(const ReportContext& context, const std::vector<mail::DigestItem>& items) {
  mail::Reporter reporter;
  fill(reporter, context);
  const auto first = uid_told_of(items.front().envelope);
  const bool of_one = std::ranges::all_of(items, [&](const auto& item) { return uid_told_of(item.envelope) == first; });
  return addressed(context, mail::make_digest(reporter, context.to.front(), items), of_one ? first : mail::kNoUid);
}

BounceMail make_note(const ReportContext& context, std::string text) {
  mail::BounceText note;
  note.text = std::move(text);
  return addressed(context, std::move(note), std::nullopt);
}

std::vector<Finding> untold(const mail::Envelope& envelope, const std::vector<RecipientState>& states, Author author) {
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!states[i].untold) continue;
    Finding one;
    one.recipient = i;
    one.status = *states[i].last;
    // The log was written because the smarthost has no DSN, or for a failure, where that does not matter.
    const mail::Recipient recipient = recipient_of(envelope, i);
    const Notice notice = notice_for(envelope, recipient, one.status.verdict, Upstream::without_dsn);
    one.notice = permitted(notice, author, recipient);
    one.when = states[i].untold;
    one.news = true;
    findings.push_back(std::move(one));
  }
  return findings;
}

mail::DigestItem digest_item(const mail::Envelope& envelope, std::string_view original,
                             const std::vector<Finding>& findings) {
  const mail::HeaderBlock header = mail::parse_headers(original);
  mail::DigestItem item;
  item.envelope = envelope;
  item.envelope.recipients.clear();  // 100 000 at most, and few are told of
  item.subject = field_of(header, "Subject");
  item.message_id = field_of(header, "Message-ID");
  item.recipients = bounced(envelope, findings, std::string());
  return item;
}

Result<std::string> first_text(spool::Spool& spool, const spool::Stored& stored) {
  if (!stored.large) return stored.small_text;
  return spool.read_piece(stored, 0);
}

Result<std::shared_ptr<spool::Draft>> store(spool::Spool& spool, BounceMail mail) {
  auto draft = std::make_shared<spool::Draft>(spool, std::move(mail.envelope));
  draft->add(mail.text);
  const auto body = draft->envelope().body;
  if (auto done = draft->commit(mail.wire_size, body); !done) return done.error();
  return draft;
}

}  // namespace postern::queue
