#include "submission/test_message.h"

#include "mail/date.h"
#include "submission/envelope_completion.h"

#include <fmt/format.h>

namespace postern::submission {

mail::Envelope test_envelope(const Config& config, const std::string& sender, const std::string& recipient,
                             const net::Peer& peer) {
  mail::Envelope envelope;
  envelope.source.kind = mail::Source::Kind::local;
  envelope.source.uid = peer.uid;
  envelope.source.pid = peer.pid;
  envelope.sender = sender.empty() ? "root" : sender;
  envelope.recipients.emplace_back().address = recipient;
  complete_envelope(envelope, config);
  return envelope;
}

std::string test_message(const Config& config, const mail::Envelope& envelope) {
  std::string to;
  for (const mail::Recipient& recipient : envelope.recipients) {
    to += (to.empty() ? "<" : ",\n <") + recipient.address + ">";
  }
  return fmt::format(
      "Received: by {0} (Postern, send-test) id {1}; {2}\n"
      "From: {3} (Postern send-test)\n"
      "To: {4}\n"
      "Subject: Test message of Postern on {0}\n"
      "Date: {2}\n"
      "Message-ID: <{1}.test@{0}>\n"
      "Auto-Submitted: auto-generated\n"
      "MIME-Version: 1.0\n"
      "Content-Type: text/plain; charset=utf-8\n"
      "\n"
      "This message was sent by \"postern send-test\" on {0}.\n"
      "If you read it, mail from this machine reaches you.\n",
      config.hostname, envelope.id.text(), mail::format_date(envelope.accepted), envelope.sender, to);
}

}  // namespace postern::submission
