#include "relay/mail_form.h"

#include "mail/idn.h"

#include <algorithm>
#include <utility>

namespace postern::relay {

MailForm form_of(const mail::Message& message, const SenderPolicy& policy, const std::string& stand_in,
                 const smtp::Capabilities& server) {
  const mail::Envelope& envelope = message.envelope();
  MailForm form;
  form.quiet = envelope.sender.empty() && !stand_in.empty();
  form.reverse_path = form.quiet ? stand_in : policy.reverse_path(envelope.sender);
  const auto needs = [&](std::size_t index) { return mail::needs_smtputf8(envelope.recipients[index].address); };
  // Where only some of the recipients need it the others go first, without it: servers further on may not have it.
  form.utf8 =
      server.smtputf8 && (mail::needs_smtputf8(form.reverse_path) || std::ranges::all_of(message.pending(), needs));
  return form;
}

Outgoing::Terms terms_of(const MailForm& form, const SenderPolicy& policy, const smtp::Capabilities& server,
                         credentials::Blocking threads) {
  Outgoing::Terms terms;
  terms.rules.eight_bit = server.eight_bit_mime;
  terms.rules.utf8 = form.utf8;
  if (!policy.keeps()) terms.edit = [policy](std::string_view fields) { return policy.edit(fields); };
  terms.threads = std::move(threads);
  return terms;
}

}  // namespace postern::relay
