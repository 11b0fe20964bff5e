#include "mail/bounce_text.h"

#include "mail/headers.h"
#include "mail/report_lines.h"
#include "mail/report_words.h"
#include "mail/seven_bit.h"

#include <algorithm>

namespace postern::mail {
namespace {

/// The message's own words about itself, for a sender with many messages.
std::string written_subject(std::string_view original) {
  const HeaderBlock header = parse_headers(original);
  const HeaderField* field = find(header, "Subject");
  return field == nullptr ? std::string() : std::string(field->body);
}

constexpr std::string_view kHelp = "If you need help, send this report to your administrator.\n";
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

  [[nodiscard]] std::string human_part() const {
    const std::string subject = written_subject(original_);
    const Told told{subject};
    std::string words =
        who_tells(bounce_) + "\n" + told_to_people(told, bounce_, envelope_, bounce_.recipients, bounce_.retry_until);
    // Those who are in no report of this message may have got it, or may be told of later.
    if (envelope_.recipients.size() + envelope_.unread.size() > bounce_.recipients.size()) {
      words += "\nThis report says nothing of the other recipients of the message.\n";
    }
    if (!any(Action::failed)) return words;
    words += whole_ ? "\nThe message is at the end of this report.\n"
                    : "\nThe message's header is at the end of this report.\n";
    return words.append(kHelp);
  }

  const Bounce& bounce_;
  const Envelope& envelope_;
  std::string_view original_;
  bool whole_;  ///< unless the sender asked for the header alone: after this the queue has the message no more
  std::string returned_;
  std::string boundary_;
};

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
  std::string words = who_tells(reporter) + "\nIt tells you of " + count +
                      " messages in one report, so that you are not flooded with many.\n";
  std::string reports;
  const std::string boundary = "=_" + reporter.id.str();  // nothing of the messages' bodies is in here
  for (std::size_t i = 0; i < items.size(); ++i) {
    const DigestItem& item = items[i];
    const std::string number = std::to_string(i + 1) + ". ";
    const Told told{item.subject, item.message_id, number};
    words += "\n" + told_to_people(told, reporter, item.envelope, item.recipients, std::nullopt);
    result.smtputf8 = result.smtputf8 || needs_utf8(item.envelope);
    // RFC 2046 5.1.1: no boundary may begin with another one.
    const std::string inner = "=_" + std::to_string(i + 1) + boundary.substr(1);
    reports += mime_part(boundary, report_type(inner), report_of(item, reporter, inner));
  }
  words.append("\n").append(kHelp);
  result.text = report_head(reporter, to, "Undelivered mail: reports about " + count + " messages");
  result.text += "Content-Type: multipart/mixed;\n\tboundary=\"" + boundary + "\"\n";
  result.text += "\nThis is a collection of reports in MIME format.\n";
  result.text += text_for_people(boundary, words) + reports + "\n--" + boundary + "--\n";
  return result;
}

}  // namespace postern::mail
