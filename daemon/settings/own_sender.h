// Whose address mail of our own (reports, digests, alarms) bears in MAIL where a smarthost refuses the null sender.
#pragma once

#include "settings/settings.h"

#include <string>

namespace postern::settings {

/// What `bounces.from` says, else the account's address as `from` says it, else its user if that is an address, with a
/// domain and fit for a server without SMTPUTF8. Empty: there is none.
[[nodiscard]] std::string own_sender(const Settings& settings, const Smarthost& smarthost);

/// Of the user what may be shown: what stands behind a name or an address and a colon or blank may be a password.
[[nodiscard]] std::string shown_user(const std::string& user);

/// What comes of it that there is none, and what to set. Empty where there is one, or no account that would need it.
[[nodiscard]] std::string no_own_sender(const Settings& settings, const Smarthost& smarthost);

}  // namespace postern::settings
