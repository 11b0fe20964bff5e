// Private to setup/: the account at a smarthost, and the login that shows that it is right.
#pragma once

#include "base/result.h"
#include "setup/find_server.h"

#include <optional>
#include <string>

namespace postern::setup {

struct Account {
  settings::Smarthost smarthost;  ///< with the password, if it has one
  bool by_browser = false;        ///< the login is yet to come: `postern login`
};

/// Everything of the smarthost that does not depend on a secret: login, sender policy, OAuth 2.0. Pure.
[[nodiscard]] settings::Smarthost with_account(const FoundServer& found, const Options& options,
                                               const std::string& address, const std::string& user);

/// The password as it was typed or stood in a file. An app password is shown in groups of letters, with blanks that do
/// not belong to it. Failure: invalid (empty, several lines).
Result<Secret> clean_password(Secret typed, LoginKind login);

/// Asks for what is missing and logs in, again with another password where a person is there. Failures: invalid
/// (something is missing and nobody is there to ask), rejected (the login was refused), cancelled, and the server's.
Result<Account> log_in(const FoundServer& found, const Options& options, const std::string& address, Terminal& terminal,
                       const World& world);

/// With the settings of another program: logs in with what it had, and where that is refused asks for a password as
/// log_in() does.
Result<Account> log_in_as(const settings::Smarthost& taken_over, const Options& options, Terminal& terminal,
                          const World& world);

}  // namespace postern::setup
