// A login as the daemon makes it, before there are settings.
#pragma once

#include "mail/check.h"
#include "settings/settings.h"

namespace postern::setup {

/// Connects, TLS, EHLO, and where the smarthost has a user, AUTH with what it has to log in with; then QUIT. No mail is
/// sent. Blocks, for a minute or two at most.
[[nodiscard]] mail::CheckReport try_smarthost(settings::Smarthost smarthost);

}  // namespace postern::setup
