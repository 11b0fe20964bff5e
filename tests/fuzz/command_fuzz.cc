// A whole session from the lines of a hostile client. The first byte of the input chooses the configuration.
#include "base/text.h"
#include "fuzz.h"
#include "smtp/dialogue.h"
#include "smtp/limits.h"

#include <algorithm>
#include <string>

namespace {

using namespace postern;

/// Complete lines, one code, in the shape of RFC 5321 4.2.
void check_reply(std::string_view reply) {
  fuzz::check(!reply.empty(), "every command is answered");
  const std::string_view code = reply.substr(0, 3);
  while (!reply.empty()) {
    const std::size_t end = reply.find("\r\n");
    fuzz::check(end != std::string_view::npos && end >= 4 && end <= 510, "a whole line within the limit");
    const std::string_view line = reply.substr(0, end);
    reply.remove_prefix(end + 2);
    fuzz::check(line.starts_with(code) && line[3] == (reply.empty() ? ' ' : '-'), "one code, the last line marked");
    fuzz::check(!has_control(line) && is_ascii(line), "nothing but printable ASCII");
  }
}

void check_envelope(const mail::Envelope& envelope, bool utf8_needs_parameter) {
  const bool utf8 = envelope.smtputf8 || !utf8_needs_parameter;
  fuzz::check(!has_control(envelope.sender) && !has_control(envelope.envid), "no control byte in an envelope");
  fuzz::check(utf8 || is_ascii(envelope.sender), "UTF-8 only where it was asked for");
  fuzz::check(envelope.sender.size() <= smtp::limits::kPath, "a path within the limit");
  for (const mail::Recipient& recipient : envelope.recipients) {
    fuzz::check(!recipient.address.empty() && recipient.address.size() <= smtp::limits::kPath, "an address");
    fuzz::check(!has_control(recipient.address) && !has_control(recipient.orcpt), "no control byte in an envelope");
    fuzz::check(utf8 || is_ascii(recipient.address), "UTF-8 only where it was asked for");
    fuzz::check(recipient.orcpt.size() <= smtp::limits::kOrcpt, "ORCPT within the limit");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  smtp::DialogueConfig config;
  config.hostname = "mx.example.net";
  config.recipients = 5;
  config.submission_id = (data[0] & 1U) != 0;
  if ((data[0] & 2U) != 0) config.starttls = true;
  if ((data[0] & 4U) != 0) {
    config.auth = {"PLAIN", "LOGIN"};
    config.require_auth = true;
  }
  config.utf8_needs_parameter = (data[0] & 8U) != 0;
  config.needs_hello = (data[0] & 16U) != 0;
  smtp::Dialogue dialogue(config);
  std::string_view rest = fuzz::text_of(data + 1, size - 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const smtp::Reaction reaction = dialogue.on_line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    fuzz::check(!has_control(dialogue.helo()) && is_ascii(dialogue.helo()), "a name fit for a header");
    check_envelope(dialogue.envelope(), config.utf8_needs_parameter);
    fuzz::check(dialogue.envelope().recipients.size() <= config.recipients, "recipients within the limit");
    if (reaction.next == smtp::Next::auth) {
      fuzz::check(reaction.reply.empty() && !reaction.mechanism.empty(), "AUTH is answered by the mechanism");
      check_reply(dialogue.on_auth(end % 2 == 0).reply);
      continue;
    }
    check_reply(reaction.reply);
    if (reaction.next == smtp::Next::close) break;
    if (reaction.next == smtp::Next::start_tls) dialogue.on_tls();
    if (reaction.next != smtp::Next::data) continue;
    fuzz::check(!dialogue.envelope().recipients.empty(), "data only for somebody");
    check_reply(end % 2 == 0 ? dialogue.on_stored(QueueId()).reply : dialogue.on_refused({}).reply);
    fuzz::check(dialogue.envelope().recipients.empty(), "nothing is left of a transaction");
  }
  return 0;
}
