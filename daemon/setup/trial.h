// A login as the daemon makes it, before there are settings.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "credentials/tell.h"
#include "mail/check.h"
#include "settings/settings.h"

#include <string>

namespace postern::setup {

/// Connects, TLS, EHLO with the hostname of the settings (empty: the machine's name, as the daemon takes it), and where
/// the smarthost has a user, AUTH with what it has to log in with; then QUIT. No mail is sent. Blocks, for a minute or
/// two at most. `tell` gets the words of a program that was to give the password and failed.
[[nodiscard]] mail::CheckReport try_smarthost(settings::Smarthost smarthost, const std::string& hostname,
                                              const credentials::Tell& tell);

/// The password that the smarthost's password_command prints, or that stands in its password_file. Blocks. Failures:
/// those of credentials::Source. `tell` as above.
[[nodiscard]] Result<Secret> password_of(const settings::Smarthost& smarthost, const credentials::Tell& tell);

}  // namespace postern::setup
