#include "mail/report_lines.h"

#include "base/network.h"
#include "base/text.h"
#include "mail/date.h"
#include "mail/encoded_words.h"
#include "mail/headers.h"
#include "mail/quoted_printable.h"
#include "mail/wrap.h"
#include "mail/xtext.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace postern::mail {
namespace {

/// The header and the machine-readable part are ASCII (RFC 3464 2.1).
std::string ascii_line(std::string_view text) {
  std::string line = one_line(text);
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return line;
}

/// An address with other letters has no place in a header of ASCII: a group without members shows it (RFC 6857 3.1.8).
std::string shown_mailbox(std::string_view address) {
  return is_ascii(address) ? one_line(address) : encode_words(one_line(address)) + " :;";
}

/// One field of the machine-readable part, folded (RFC 5322 2.2.3): unfolded it is the same again.
std::string field(std::string_view name, const std::string& value) {
  return wrap(std::string(name) + ": " + value, " ") + "\n";
}

/// What became of the recipient: of one that expired not what the server said last.
Status verdict_of(const BouncedRecipient& one) {
  Status status = one.status;
  if (!one.expired_after.empty()) status.enhanced = "4.4.7";  // RFC 3463: delivery time expired
  return status;
}

/// "smtp.example.com[192.0.2.1]:465" -> "smtp.example.com"; a numeric host is an address literal (RFC 3464 2.1.2,
/// RFC 5321 4.1.3), whether it was configured in brackets or not.
std::string mta_name(std::string_view host) {
  if (host.starts_with('[')) host.remove_prefix(1);
  const std::string_view name = host.substr(0, host.find_first_of("[]"));
  // A zone ("fe80::1%eth0") is this machine's matter alone.
  const auto address = parse_ip(name.substr(0, name.find('%')));
  if (!address) return std::string(name);
  const bool v6 = name.find(':') != std::string_view::npos;
  return std::string(v6 ? "[IPv6:" : "[") + ip_text(*address, v6) + "]";
}

struct ActionWords {
  std::string_view name;
  std::string_view status;  ///< where the server gave none
};

ActionWords action_words(Action action) {
  switch (action) {
    case Action::failed: return {"failed", "5.0.0"};
    case Action::delayed: return {"delayed", "4.0.0"};
    case Action::relayed: return {"relayed", "2.0.0"};
  }
  return {};
}

/// The code point at the beginning of UTF-8 text, which is cut off; nothing if it is none.
std::optional<std::uint32_t> cut_code_point(std::string_view& text) {
  const auto byte = [&text](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at]));
  };
  const std::uint32_t first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
  if (length == 0 || length > text.size()) return std::nullopt;
  std::uint32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return std::nullopt;
    point = point << 6U | (byte(i) & 0x3FU);
  }
  text.remove_prefix(length);
  return point;
}

/// An ASCII report's way to write other letters (utf-8-addr-xtext of RFC 6533 3): "b\x{FC}ro@example.com". `plain`
/// tells which of the others stand for themselves.
template <class Plain>
std::string escaped(std::string_view address, Plain plain) {
  std::string text;
  while (!address.empty()) {
    const char c = address.front();
    const auto point = cut_code_point(address);
    if (!point) return text + "?";
    const bool itself = *point > 0x20 && *point < 0x7F && plain(c);
    text += itself ? std::string(1, c) : fmt::format("\\x{{{:X}}}", *point);
  }
  return text;
}

/// "rfc822; bob@example.com" or "utf-8; b\x{FC}ro@example.com".
std::string address_value(std::string_view address) {
  if (is_ascii(address)) return "rfc822; " + one_line(address);
  if (!is_utf8(address)) return "utf-8; " + ascii_line(address);
  return "utf-8; " + escaped(address, [](char c) { return c != '\\' && c != '+' && c != '='; });
}

/// The field of an ORCPT, which names its type itself.
std::string original_recipient(const Recipient& recipient) {
  const std::size_t type_end = recipient.orcpt.find(';');
  if (type_end == std::string::npos) return {};
  const std::string type = ascii_line(recipient.orcpt.substr(0, type_end));
  const std::string_view given = std::string_view(recipient.orcpt).substr(type_end + 1);
  const bool international = iequals(type, "utf-8");
  const auto address = international && !is_ascii(given) ? std::string(given) : xtext_decode(given);
  if (!address) return {};
  // What is written with \x{} already stays so.
  const bool escape = international && is_utf8(*address);
  return field("Original-Recipient",
               type + "; " + (escape ? escaped(*address, [](char) { return true; }) : ascii_line(*address)));
}

/// RFC 3464 2.3.4. What is only delayed has 4.y.z, also where the server refused it for good and it is tried again all
/// the same; its own code stands in Diagnostic-Code.
std::string status_value(const BouncedRecipient& one) {
  const Status verdict = verdict_of(one);
  std::string code(is_enhanced(verdict.enhanced) ? verdict.enhanced : action_words(one.action).status);
  if (one.action == Action::delayed) code.replace(0, code.find('.'), "4");
  return code;
}

std::string status_of(const Reporter& reporter, const BouncedRecipient& one,
                      const std::optional<WallTime>& retry_until) {
  std::string lines = "\n" + original_recipient(one.recipient);
  // RFC 3464 2.1.2 and RFC 3461 4.2: of no known type.
  const std::string unread = one.unread.empty() ? std::string() : "unknown; " + ascii_line(one.unread);
  lines += field("Final-Recipient", unread.empty() ? address_value(one.recipient.address) : unread);
  lines += field("Action", std::string(action_words(one.action).name));
  lines += field("Status", status_value(one));
  if (!one.host.empty()) lines += field("Remote-MTA", "dns; " + ascii_line(mta_name(one.host)));
  // RFC 3464 2.3.6: as it was received.
  lines += field("Diagnostic-Code", one.status.code == 0 ? "X-Postern; " + ascii_line(one.status.text)
                                                         : "smtp; " + ascii_line(to_text(one.status)));
  lines += field("Last-Attempt-Date", format_date(one.attempted.value_or(reporter.now), reporter.utc_offset));
  if (one.action == Action::delayed && retry_until) {
    lines += field("Will-Retry-Until", format_date(*retry_until, reporter.utc_offset));
  }
  return lines;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  while (true) {
    const std::size_t backslash = text.find('\\');
    line += printable(text.substr(0, backslash));
    if (backslash == std::string_view::npos) return cut(line, kLongestWord);
    line += '\\';
    text.remove_prefix(backslash + 1);
  }
}

bool is_enhanced(std::string_view code) {
  const std::size_t first = code.find('.');
  const std::size_t second = first == std::string_view::npos ? first : code.find('.', first + 1);
  if (second == std::string_view::npos || code.size() > 9) return false;
  return parse_number(code.substr(0, first)) && parse_number(code.substr(first + 1, second - first - 1)) &&
         parse_number(code.substr(second + 1));
}

std::string report_head(const Reporter& reporter, std::string_view to, std::string_view subject) {
  std::string head = "From: MAILER-DAEMON@" + ascii_line(reporter.domain) + " (Mail Delivery System)\n";
  head += wrap("To: " + shown_mailbox(to), " ") + "\n";
  head += "Subject: " + std::string(subject) + "\n";
  head += "Date: " + format_date(reporter.now, reporter.utc_offset) + "\n";
  head += "Message-ID: <" + reporter.id.str() + "@" + ascii_line(reporter.hostname) + ">\n";
  head += "Auto-Submitted: auto-replied\n";  // RFC 3834 5
  head += "MIME-Version: 1.0\n";
  return head;
}

std::string mime_part(std::string_view boundary, std::string_view type, std::string_view content) {
  return fmt::format("\n--{}\nContent-Type: {}\n\n{}", boundary, type, content);
}

std::string text_for_people(std::string_view boundary, std::string_view words) {
  return fmt::format("\n--{}\n{}", boundary, text_part(words));
}

std::string shown_subject(std::string_view body) {
  constexpr std::size_t kSubject = 200;
  return cut(one_line(decode_words(unfold(body))), kSubject);
}

std::string told_to_programs(const Reporter& reporter, const Envelope& envelope,
                             const std::vector<BouncedRecipient>& recipients,
                             const std::optional<WallTime>& retry_until) {
  std::string lines;
  if (const auto envid = xtext_decode(envelope.envid); envid && !envid->empty()) {
    lines += field("Original-Envelope-Id", ascii_line(*envid));
  }
  lines += field("Reporting-MTA", "dns; " + ascii_line(reporter.hostname));
  lines += field("X-Postern-Queue-Id", envelope.id.str());
  lines += field("Arrival-Date", format_date(envelope.accepted, reporter.utc_offset));
  for (const BouncedRecipient& one : recipients) lines += status_of(reporter, one, retry_until);
  return lines;
}

bool needs_utf8(const Envelope& envelope) { return !is_ascii(envelope.sender); }

}  // namespace postern::mail
