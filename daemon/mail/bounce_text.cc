#include "mail/bounce_text.h"

#include "base/text.h"
#include "mail/date.h"
#include "mail/headers.h"
#include "mail/report_lines.h"
#include "mail/seven_bit.h"
#include "mail/wrap.h"

#include <algorithm>
#include <array>

namespace postern::mail {
namespace {

constexpr std::array kActions = {Action::failed, Action::delayed, Action::relayed};

/// The message's own words about itself, for a sender with many messages.
std::string subject_of(std::string_view original) {
  const HeaderBlock header = parse_headers(original);
  const HeaderField* field = find(header, "Subject");
  return field == nullptr ? std::string() : shown_subject(field->body);
}

constexpr std::string_view kStatusType = "message/delivery-status";

std::string report_type(std::string_view boundary) {
  return "multipart/report; report-type=delivery-status;\n\tboundary=\"" + std::string(boundary) + "\"";
}

class Writer {
 public:
  Writer(const Bounce& bounce, const Envelope& envelope, std::string_view original)
      : bounce_(bounce),
        envelope_(envelope),
        original_(original),
        whole_(any(Action::failed) && envelope.ret != Return::headers && original.size() == envelope.size &&
               envelope.size <= bounce.return_size),
        returned_(whole_ ? seven_bit_message(original) : seven_bit_header(original)),
        boundary_("=_" + bounce.id.str()) {
    // A sender cannot know the id, but it costs nothing to be sure.
    while (returned_.find(boundary_) != std::string::npos) boundary_ += '_';
  }

  [[nodiscard]] BounceText write() const {
    BounceText result;
    result.smtputf8 = needs_utf8(envelope_);
    std::string& text = result.text;
    text = report_head(bounce_, envelope_.sender, subject());
    text += "Content-Type: " + report_type(boundary_) + "\n";
    text += "\nThis is a report in MIME format.\n";
    text += text_for_people(boundary_, human_part());
    text += mime_part(boundary_, kStatusType,
                      told_to_programs(bounce_, envelope_, bounce_.recipients, bounce_.retry_until));
    text += mime_part(boundary_, whole_ ? "message/rfc822" : "text/rfc822-headers", returned_);
    text += "\n--" + boundary_ + "--\n";
    return result;
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
    if (!subject.empty()) words += wrap("with the subject: " + subject, kIndent) + "\n";
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

  const Bounce& bounce_;
  const Envelope& envelope_;
  std::string_view original_;
  bool whole_;  ///< unless the sender asked for the header alone: after this the queue has the message no more
  std::string returned_;
  std::string boundary_;
};

std::string told_of(const DigestItem& item, const Reporter& reporter) {
  std::string words = "\nMessage of " + format_date(item.envelope.accepted, reporter.utc_offset) + "\n";
  const auto line = [&words](std::string_view name, const std::string& value) {
    if (!value.empty()) words += wrap(std::string(name) + value, kIndent) + "\n";
  };
  line("Sender: ", one_line(item.envelope.sender));
  line("Subject: ", shown_subject(item.subject));
  line("Message-ID: ", one_line(item.message_id));
  for (const BouncedRecipient& one : item.recipients) words += told_to_people(one);
  return words;
}

/// The report of one message, as a part of a digest.
std::string report_of(const DigestItem& item, const Reporter& reporter, std::string_view boundary) {
  std::string part = "This is a report in MIME format.\n";
  part += text_for_people(boundary, "For programs; the list above tells the same.\n");
  part += mime_part(boundary, kStatusType, told_to_programs(reporter, item.envelope, item.recipients, std::nullopt));
  return part.append("\n--").append(boundary).append("--\n");
}

}  // namespace

BounceText make_bounce(const Bounce& bounce, const Envelope& envelope, std::string_view original) {
  return Writer(bounce, envelope, original).write();
}

BounceText make_digest(const Reporter& reporter, std::string_view to, const std::vector<DigestItem>& items) {
  BounceText result;
  const std::string count = std::to_string(items.size());
  std::string words = "This is the mail relay on " + one_line(reporter.hostname) + ".\n\nReports about " + count +
                      " messages were held back, so that they do not flood you,\nand follow here in one. "
                      "What is listed as failed will not be tried again.\n";
  std::string reports;
  const std::string boundary = "=_" + reporter.id.str();  // nothing of the messages' bodies is in here
  for (std::size_t i = 0; i < items.size(); ++i) {
    words += told_of(items[i], reporter);
    result.smtputf8 = result.smtputf8 || needs_utf8(items[i].envelope);
    // RFC 2046 5.1.1: no boundary may begin with another one.
    const std::string inner = "=_" + std::to_string(i + 1) + boundary.substr(1);
    reports += mime_part(boundary, report_type(inner), report_of(items[i], reporter, inner));
  }
  words += "\nIf you need help, send this report to your administrator.\n";
  result.text = report_head(reporter, to, "Undelivered mail: reports about " + count + " messages");
  result.text += "Content-Type: multipart/mixed;\n\tboundary=\"" + boundary + "\"\n";
  result.text += "\nThis is a collection of reports in MIME format.\n";
  result.text += text_for_people(boundary, words) + reports + "\n--" + boundary + "--\n";
  return result;
}

}  // namespace postern::mail
