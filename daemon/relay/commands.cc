#include "relay/commands.h"

#include "base/text.h"
#include "mail/idn.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace postern::relay {
namespace {

constexpr std::array kNotifyNames{
    std::pair<unsigned, std::string_view>{mail::kNotifyNever, "NEVER"},
    std::pair<unsigned, std::string_view>{mail::kNotifySuccess, "SUCCESS"},
    std::pair<unsigned, std::string_view>{mail::kNotifyFailure, "FAILURE"},
    std::pair<unsigned, std::string_view>{mail::kNotifyDelay, "DELAY"},
};

void append_notify(unsigned notify, std::string& out) {
  std::string_view before = " NOTIFY=";
  for (const auto& [bit, name] : kNotifyNames) {
    if ((notify & bit) == 0) continue;
    out.append(before).append(name);
    before = ",";
  }
}

}  // namespace

bool append_mail(const mail::Envelope& envelope, const MailForm& form, const smtp::Capabilities& server,
                 std::string& out) {
  out.append("MAIL FROM:<").append(mail::with_ascii_domain(form.reverse_path)).append(">");
  if (server.size_offered && form.sized) out.append(" SIZE=").append(std::to_string(envelope.wire_size));
  if (form.eight_bit && server.eight_bit_mime) out.append(" BODY=8BITMIME");
  if (form.utf8) out.append(" SMTPUTF8");
  const std::size_t without = out.size();
  if (server.dsn) {
    if (envelope.ret == mail::Return::full) out.append(" RET=FULL");
    if (envelope.ret == mail::Return::headers) out.append(" RET=HDRS");
    if (!envelope.envid.empty()) out.append(" ENVID=").append(envelope.envid);
  }
  const bool with_dsn = out.size() > without;
  out.append("\r\n");
  return with_dsn;
}

bool append_rcpt(const mail::Recipient& recipient, const MailForm& form, const smtp::Capabilities& server,
                 std::string& out) {
  out.append("RCPT TO:<").append(mail::with_ascii_domain(recipient.address)).append(">");
  const std::size_t without = out.size();
  if (server.dsn) {
    append_notify(form.quiet ? mail::kNotifyNever : recipient.notify, out);
    // RFC 6533 3: raw letters stand there with SMTPUTF8 alone. A report can do without.
    const bool sayable = form.utf8 || is_ascii(recipient.orcpt);
    if (sayable && !recipient.orcpt.empty()) out.append(" ORCPT=").append(recipient.orcpt);
  }
  const bool with_dsn = out.size() > without;
  out.append("\r\n");
  return with_dsn;
}

}  // namespace postern::relay
