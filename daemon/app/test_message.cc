#include "app/test_message.h"

#include "app/recipients.h"
#include "mail/address.h"
#include "mail/date.h"

#include <fmt/format.h>

#include <utility>

namespace postern::app {
namespace {

std::string sender_of(const settings::Settings& settings) {
  if (!settings.smarthosts.empty()) {
    const std::string& user = settings.smarthosts.front().user;
    if (!mail::split_address(user).domain.empty()) return user;
  }
  return mail::complete_address("postern", settings.names.domain);
}

}  // namespace

mail::Envelope test_envelope(const settings::Settings& settings, const std::string& recipient, const net::Peer& peer) {
  mail::Envelope envelope;
  envelope.source.kind = mail::Source::Kind::local;
  envelope.source.uid = peer.uid;
  envelope.source.pid = peer.pid;
  envelope.sender = sender_of(settings);
  for (std::string& address : recipients_for(settings, recipient)) {
    mail::Recipient to;
    to.address = std::move(address);
    envelope.recipients.push_back(std::move(to));
  }
  return envelope;
}

std::string test_message(const settings::Settings& settings, const mail::Envelope& envelope) {
  std::string to;
  for (const mail::Recipient& recipient : envelope.recipients) {
    to += (to.empty() ? "<" : ",\n <") + recipient.address + ">";
  }
  return fmt::format(
      "Received: by {0} (Postern, send-test) id {1}; {2}\n"
      "From: Postern <{3}>\n"
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
      settings.names.hostname, envelope.id.text(), mail::format_date(envelope.accepted), envelope.sender, to);
}

}  // namespace postern::app
