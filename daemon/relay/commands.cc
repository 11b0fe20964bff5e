#include "relay/commands.h"

#include "base/text.h"
#include "relay/verdict.h"

#include <algorithm>
#include <array>
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

/// A line break in an address would be a second command.
bool has_control_bytes(const mail::Envelope& envelope, const std::vector<std::size_t>& pending) {
  if (has_control(envelope.sender) || has_control(envelope.envid)) return true;
  return std::ranges::any_of(pending, [&](std::size_t index) {
    const mail::Recipient& recipient = envelope.recipients[index];
    return has_control(recipient.address) || has_control(recipient.orcpt);
  });
}

}  // namespace

void append_mail(const mail::Envelope& envelope, const smtp::Capabilities& server, std::string& out) {
  out.append("MAIL FROM:<").append(envelope.sender).append(">");
  if (server.size_offered) out.append(" SIZE=").append(std::to_string(envelope.wire_size));
  if (envelope.body == mail::BodyType::eight_bit && server.eight_bit_mime) out.append(" BODY=8BITMIME");
  if (envelope.smtputf8 && server.smtputf8) out.append(" SMTPUTF8");
  if (server.dsn) {
    if (envelope.ret == mail::Return::full) out.append(" RET=FULL");
    if (envelope.ret == mail::Return::headers) out.append(" RET=HDRS");
    if (!envelope.envid.empty()) out.append(" ENVID=").append(envelope.envid);
  }
  out.append("\r\n");
}

void append_rcpt(const mail::Recipient& recipient, const smtp::Capabilities& server, std::string& out) {
  out.append("RCPT TO:<").append(recipient.address).append(">");
  if (server.dsn) {
    append_notify(recipient.notify, out);
    if (!recipient.orcpt.empty()) out.append(" ORCPT=").append(recipient.orcpt);
  }
  out.append("\r\n");
}

std::optional<mail::Status> obstacle(const mail::Envelope& envelope, const std::vector<std::size_t>& pending,
                                     const smtp::Capabilities& server) {
  if (has_control_bytes(envelope, pending)) {
    return own_status(mail::Verdict::failed, "5.1.3", "an address of the envelope holds control characters");
  }
  if (server.size && envelope.wire_size > *server.size) {
    return own_status(mail::Verdict::failed, "5.3.4",
                      "the message has " + std::to_string(envelope.wire_size) + " bytes, the smarthost takes at most " +
                          std::to_string(*server.size));
  }
  if (envelope.smtputf8 && !server.smtputf8) {
    return own_status(mail::Verdict::failed, "5.6.7", "the message needs SMTPUTF8, which the smarthost does not offer");
  }
  return std::nullopt;
}

}  // namespace postern::relay
