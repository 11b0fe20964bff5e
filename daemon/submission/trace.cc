#include "submission/trace.h"

#include "base/endpoint.h"
#include "base/text.h"
#include "mail/date.h"
#include "mail/idn.h"

#include <fmt/format.h>

namespace postern::submission {
namespace {

/// "127.0.0.1:51122" -> "[127.0.0.1]", "[::1]:51122" -> "[IPv6:::1]" (RFC 5321 4.1.3).
std::string address_literal(std::string_view peer) {
  const auto endpoint = NumericEndpoint::parse(peer);
  if (!endpoint) return fmt::format("[{}]", peer);
  return fmt::format("[{}{}]", endpoint->v6 ? "IPv6:" : "", ip_text(endpoint->address, endpoint->v6));
}

std::string_view with_protocol(const mail::Envelope& envelope, Protocol protocol) {
  if (envelope.smtputf8) return "UTF8SMTP";  // RFC 6531 4.3
  return protocol == Protocol::esmtp ? "ESMTP" : "SMTP";
}

}  // namespace

std::string received_field(const mail::Envelope& envelope, std::string_view hostname, Protocol protocol) {
  const mail::Source& source = envelope.source;
  std::string field = "Received: ";
  if (source.kind == mail::Source::Kind::local) {
    const std::string user = source.uid ? fmt::format("userid {}", *source.uid) : "an unknown user";
    field += fmt::format("by {} (Postern, from {})\n\tid {}", hostname, user, envelope.id.text());
  } else {
    field += fmt::format("from {} ({})\n\tby {} (Postern) with {} id {}", source.helo, address_literal(source.peer),
                         hostname, with_protocol(envelope, protocol), envelope.id.text());
  }
  // With more than one recipient the clause would tell each of the others.
  // One that only UTF-8 can say would keep the field from servers without SMTPUTF8.
  const bool single = envelope.recipients.size() == 1;
  const std::string recipient = single ? mail::with_ascii_domain(envelope.recipients.front().address) : std::string();
  if (single && is_ascii(recipient)) field += fmt::format("\n\tfor <{}>", recipient);
  return field + ";\n\t" + mail::format_date(envelope.accepted) + "\n";
}

}  // namespace postern::submission
