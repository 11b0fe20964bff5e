// What a message is to one server before a word of it is said: the sender that MAIL names, whether SMTPUTF8 is asked
// for, what its text must be like. Pure.
#pragma once

#include "mail/message.h"
#include "relay/commands.h"
#include "relay/outgoing.h"
#include "relay/sender_policy.h"
#include "smtp/capabilities.h"

#include <string>

namespace postern::relay {

/// `stand_in`: for the null sender, which this server refuses; empty: it does not, or there is none.
[[nodiscard]] MailForm form_of(const mail::Message& message, const SenderPolicy& policy, const std::string& stand_in,
                               const smtp::Capabilities& server);

[[nodiscard]] Outgoing::Terms terms_of(const MailForm& form, const SenderPolicy& policy,
                                       const smtp::Capabilities& server, credentials::Blocking threads);

}  // namespace postern::relay
