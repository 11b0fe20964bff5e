#include "mail/bounce_text.h"

#include "base/text.h"
#include "mail/date.h"
#include "mail/headers.h"
#include "mail/report_lines.h"

#include <algorithm>
#include <array>

namespace postern::mail {
namespace {

constexpr std::array kActions = {Action::failed, Action::delayed, Action::relayed};

/// The message's own words about itself, for a sender with many messages.
std::string subject_of(std::string_view original) {
  const HeaderBlock header = parse_headers(original);
  const HeaderField* field = find(header, "Subject");
  return field == nullptr ? std::string() : one_line(unfold(field->body));
}

class Writer {
 public:
  Writer(const Bounce& bounce, const Envelope& envelope, std::string_view original)
      : bounce_(bounce),
        envelope_(envelope),
        original_(original),
        header_(original.substr(0, parse_headers(original).size)),
        boundary_("=_" + bounce.id.str()) {
    result_.smtputf8 = needs_utf8(envelope);
    // A sender cannot know the id, but it costs nothing to be sure.
    while (original.find(boundary_) != std::string_view::npos) boundary_ += '_';
  }

  BounceText write() && {
    const bool utf8 = result_.smtputf8;
    std::string& text = result_.text;
    text = report_head(bounce_, envelope_.sender, subject());
    text += "Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"" + boundary_ + "\"\n";
    text += "\nThis is a report in MIME format.\n";
    text += mime_part(boundary_, "text/plain; charset=utf-8", human_part());
    text += mime_part(boundary_, utf8 ? "message/global-delivery-status" : "message/delivery-status",
                      told_to_programs(bounce_, envelope_, bounce_.recipients, bounce_.retry_until, utf8));
    text += original_part();
    text += "\n--" + boundary_ + "--\n";
    if (!is_ascii(text)) result_.body = BodyType::eight_bit;
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool any(Action action) const {
    return std::ranges::find(bounce_.recipients, action, &BouncedRecipient::action) != bounce_.recipients.end();
  }

  [[nodiscard]] std::string_view subject() const {
    if (any(Action::failed)) return "Undelivered mail returned to sender";
    if (any(Action::delayed)) return "Your mail is late and still being tried";
    return "Your mail was relayed";
  }

  /// What happened to those who follow.
  [[nodiscard]] std::string sentence(Action action) const {
    switch (action) {
      case Action::failed:
        return "It could not be delivered to the recipients below and will not be tried again for them.\n";
      case Action::delayed: {
        std::string words = "It has not been delivered to the recipients below yet.\nIt is still being tried";
        if (bounce_.retry_until) words += ", until " + format_date(*bounce_.retry_until, bounce_.utc_offset);
        return words + ".\nYou need not send it again.\n";
      }
      case Action::relayed:
        return "It was handed to the next server for the recipients below, as you wanted to know.\n"
               "That server sends no reports of success, so you will not hear of the delivery itself.\n";
    }
    return {};
  }

  [[nodiscard]] std::string human_part() const {
    std::string words = "This is the mail relay on " + one_line(bounce_.hostname) + ".\n\nYour message of " +
                        format_date(envelope_.accepted, bounce_.utc_offset) + "\n";
    const std::string subject = subject_of(original_);
    if (!subject.empty()) words += "with the subject: " + subject + "\n";
    for (const Action action : kActions) {
      if (!any(action)) continue;
      words += "\n" + sentence(action);
      for (const BouncedRecipient& one : bounce_.recipients) {
        if (one.action == action) words += "\n" + told_to_people(one);
      }
    }
    if (any(Action::failed)) words += "\nIf you need help, send this report to your administrator.\n";
    return words;
  }

  /// Whole unless the sender asked for the header alone: after this the queue has the message no more.
  [[nodiscard]] std::string original_part() const {
    const bool utf8 = !is_ascii(header_);  // RFC 6533 5: what it is, whatever this report needs
    const bool whole = any(Action::failed) && envelope_.ret != Return::headers && original_.size() == envelope_.size &&
                       envelope_.size <= bounce_.return_size;
    if (whole) return mime_part(boundary_, utf8 ? "message/global" : "message/rfc822", original_);
    return mime_part(boundary_, utf8 ? "message/global-headers" : "text/rfc822-headers", header_);
  }

  const Bounce& bounce_;
  const Envelope& envelope_;
  std::string_view original_;
  std::string_view header_;
  std::string boundary_;
  BounceText result_;
};

std::string told_of(const DigestItem& item, const Reporter& reporter) {
  std::string words = "\nMessage of " + format_date(item.envelope.accepted, reporter.utc_offset);
  if (!item.subject.empty()) words += "\nSubject: " + one_line(item.subject);
  if (!item.message_id.empty()) words += "\nMessage-ID: " + one_line(item.message_id);
  words += "\n";
  for (const BouncedRecipient& one : item.recipients) words += told_to_people(one);
  return words;
}

}  // namespace

BounceText make_bounce(const Bounce& bounce, const Envelope& envelope, std::string_view original) {
  return Writer(bounce, envelope, original).write();
}

BounceText make_digest(const Reporter& reporter, const std::vector<DigestItem>& items) {
  BounceText result;
  std::string words = "This is the mail relay on " + one_line(reporter.hostname) + ".\n\nReports about " +
                      std::to_string(items.size()) +
                      " of your messages were held back, so that they do not flood you,\nand follow here in one. "
                      "What is listed as failed will not be tried again.\n";
  std::string status;
  const std::string boundary = "=_" + reporter.id.str();  // nothing of the messages' bodies is in here
  for (const DigestItem& item : items) {
    words += told_of(item, reporter);
    const bool utf8 = needs_utf8(item.envelope);
    result.smtputf8 = result.smtputf8 || utf8;
    status += mime_part(boundary, utf8 ? "message/global-delivery-status" : "message/delivery-status",
                        told_to_programs(reporter, item.envelope, item.recipients, std::nullopt, utf8));
  }
  words += "\nIf you need help, send this report to your administrator.\n";
  result.text = report_head(reporter, items.front().envelope.sender,
                            "Undelivered mail: reports about " + std::to_string(items.size()) + " messages");
  result.text += "Content-Type: multipart/mixed;\n\tboundary=\"" + boundary + "\"\n";
  result.text += "\nThis is a collection of reports in MIME format.\n";
  result.text += mime_part(boundary, "text/plain; charset=utf-8", words) + status + "\n--" + boundary + "--\n";
  if (!is_ascii(result.text)) result.body = BodyType::eight_bit;
  return result;
}

}  // namespace postern::mail
