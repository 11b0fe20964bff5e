#include "mail/bounce_text.h"

#include "base/text.h"
#include "mail/date.h"
#include "mail/headers.h"
#include "mail/xtext.h"

#include <algorithm>

namespace postern::mail {
namespace {

/// printable() that leaves backslashes alone: most texts here went through it before, and "\x" must not grow to
/// "\x5cx".
std::string one_line(std::string_view text) {
  std::string line;
  while (true) {
    const std::size_t backslash = text.find('\\');
    line += printable(text.substr(0, backslash));
    if (backslash == std::string_view::npos) return line;
    line += '\\';
    text.remove_prefix(backslash + 1);
  }
}

/// The machine-readable part is ASCII (RFC 3464 2.1) unless the message is an internationalised one (RFC 6533).
std::string ascii_line(std::string_view text, bool utf8) {
  std::string line = one_line(text);
  if (!utf8) std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return line;
}

/// "5.1.1", checked because it may have come from a server.
bool is_enhanced(std::string_view code) {
  const std::size_t first = code.find('.');
  const std::size_t second = first == std::string_view::npos ? first : code.find('.', first + 1);
  if (second == std::string_view::npos || code.size() > 9) return false;
  return parse_number(code.substr(0, first)) && parse_number(code.substr(first + 1, second - first - 1)) &&
         parse_number(code.substr(second + 1));
}

/// "smtp.example.com[192.0.2.1]:465" -> "smtp.example.com"
std::string_view host_name(std::string_view host) { return host.substr(0, host.find('[')); }

class Writer {
 public:
  Writer(const Bounce& bounce, const Envelope& envelope, std::string_view original)
      : bounce_(bounce),
        envelope_(envelope),
        original_(original),
        header_(original.substr(0, parse_headers(original).size)),
        boundary_("=_" + bounce.id.str()) {
    result_.smtputf8 =
        !is_ascii(envelope.sender) || std::ranges::any_of(bounce.recipients, [](const BouncedRecipient& one) {
          return !is_ascii(one.recipient.address);
        });
    // A sender cannot know the id, but it costs nothing to be sure.
    while (original.find(boundary_) != std::string_view::npos) boundary_ += '_';
  }

  BounceText write() && {
    head();
    human_part();
    status_part();
    original_part();
    text() += "\n--" + boundary_ + "--\n";
    if (!is_ascii(text())) result_.body = BodyType::eight_bit;
    return std::move(result_);
  }

 private:
  std::string& text() { return result_.text; }

  void field(std::string_view name, std::string_view value) {
    text() += name;
    text() += ": ";
    text() += value;
    text() += '\n';
  }

  void head() {
    field("From", "MAILER-DAEMON@" + one_line(bounce_.domain) + " (Mail Delivery System)");
    field("To", one_line(envelope_.sender));
    field("Subject", "Undelivered mail returned to sender");
    field("Date", format_date(bounce_.now, bounce_.utc_offset));
    field("Message-ID", "<" + bounce_.id.str() + "@" + one_line(bounce_.hostname) + ">");
    field("Auto-Submitted", "auto-replied");  // RFC 3834 5
    field("MIME-Version", "1.0");
    field("Content-Type", "multipart/report; report-type=delivery-status;\n\tboundary=\"" + boundary_ + "\"");
    text() += "\nThis is a report in MIME format.\n";
  }

  void part(std::string_view type, std::string_view content) {
    text() += "\n--" + boundary_ + "\n";
    field("Content-Type", type);
    if (!is_ascii(content)) field("Content-Transfer-Encoding", "8bit");
    text() += '\n';
    text() += content;
  }

  void human_part() {
    std::string words = "This is the mail relay on " + one_line(bounce_.hostname) + ".\n\n" + "Your message of " +
                        format_date(envelope_.accepted, bounce_.utc_offset) +
                        "\ncould not be delivered to the recipients below and will not be tried again for them.\n" +
                        "If you need help, send this report to your administrator.\n";
    for (const BouncedRecipient& one : bounce_.recipients) {
      words += "\n<" + one_line(one.recipient.address) + ">\n    ";
      if (!one.host.empty()) words += one_line(one.host) + " said: ";
      words += one_line(to_text(one.status)) + "\n";
    }
    part("text/plain; charset=utf-8", words);
  }

  [[nodiscard]] std::string status_of(const BouncedRecipient& one) const {
    const bool utf8 = result_.smtputf8;
    std::string lines = "\n";
    if (!one.recipient.orcpt.empty()) {
      const std::size_t type_end = one.recipient.orcpt.find(';');
      const auto address =
          type_end == std::string::npos ? std::nullopt : xtext_decode(one.recipient.orcpt.substr(type_end + 1));
      if (address) {
        lines += "Original-Recipient: " + ascii_line(one.recipient.orcpt.substr(0, type_end), utf8) + "; " +
                 ascii_line(*address, utf8) + "\n";
      }
    }
    lines += is_ascii(one.recipient.address) ? "Final-Recipient: rfc822; " : "Final-Recipient: utf-8; ";
    lines += ascii_line(one.recipient.address, utf8) + "\nAction: failed\nStatus: ";
    lines += is_enhanced(one.status.enhanced) ? one.status.enhanced : "5.0.0";
    lines += '\n';
    if (!one.host.empty()) lines += "Remote-MTA: dns; " + ascii_line(host_name(one.host), utf8) + "\n";
    lines += one.status.code == 0 ? "Diagnostic-Code: X-Postern; " + ascii_line(one.status.text, utf8)
                                  : "Diagnostic-Code: smtp; " + ascii_line(to_text(one.status), utf8);
    lines += '\n';
    lines += "Last-Attempt-Date: " + format_date(bounce_.now, bounce_.utc_offset) + "\n";
    return lines;
  }

  void status_part() {
    const bool utf8 = result_.smtputf8;
    std::string lines;
    if (const auto envid = xtext_decode(envelope_.envid); envid && !envid->empty()) {
      lines += "Original-Envelope-Id: " + ascii_line(*envid, utf8) + "\n";
    }
    lines += "Reporting-MTA: dns; " + ascii_line(bounce_.hostname, utf8) + "\n";
    lines += "X-Postern-Queue-Id: " + envelope_.id.str() + "\n";
    lines += "Arrival-Date: " + format_date(envelope_.accepted, bounce_.utc_offset) + "\n";
    for (const BouncedRecipient& one : bounce_.recipients) lines += status_of(one);
    part(utf8 ? "message/global-delivery-status" : "message/delivery-status", lines);
  }

  void original_part() {
    // Whole unless the sender asked for the header alone: after this the queue has the message no more.
    if (envelope_.ret != Return::headers && original_.size() == envelope_.size) {
      part(result_.smtputf8 ? "message/global" : "message/rfc822", original_);
    } else {
      part(result_.smtputf8 ? "message/global-headers" : "text/rfc822-headers", header_);
    }
  }

  const Bounce& bounce_;
  const Envelope& envelope_;
  std::string_view original_;
  std::string_view header_;
  std::string boundary_;
  BounceText result_;
};

}  // namespace

BounceText make_bounce(const Bounce& bounce, const Envelope& envelope, std::string_view original) {
  return Writer(bounce, envelope, original).write();
}

}  // namespace postern::mail
