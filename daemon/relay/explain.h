// What a login to a smarthost would try, told without a connection.
#pragma once

#include "mail/check.h"
#include "relay/site_memory.h"
#include "relay/smarthost.h"
#include "sasl/mechanism.h"

#include <string>

namespace postern::relay {

/// "password, client certificate"
[[nodiscard]] std::string credential_words(const sasl::Credentials& credentials);

/// From what the server offered last, on a channel as the settings ask for. Trouble only if nothing is known yet.
[[nodiscard]] mail::CheckReport explain_login(const Smarthost& smarthost, const SiteMemory& memory);

}  // namespace postern::relay
