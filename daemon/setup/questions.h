// Private to setup/: what set-up has to know besides the account, from the options or from a person. Nobody is asked
// what an option says.
#pragma once

#include "base/result.h"
#include "settings/settings.h"
#include "settings/user.h"
#include "setup/setup.h"

#include <optional>
#include <string>
#include <vector>

namespace postern::setup {

/// A mail address with its domain. Failure: invalid.
[[nodiscard]] Result<std::string> address_of(const std::string& text);

/// The address of the account; empty where a server without a login needs none. Failures: invalid (it is missing, or
/// is none), cancelled.
[[nodiscard]] Result<std::string> account_address(const Options& options, Terminal& terminal);

/// Where root's mail may go, where nobody says anything.
struct RootStandard {
  std::string address;       ///< empty: nothing is known
  bool before_file = false;  ///< it went there under another program, which did not follow /etc/aliases
};

/// Where root's mail goes; nothing: it stays as it is `now`. `reader`: who will read the settings. Failures: invalid,
/// cancelled.
[[nodiscard]] Result<std::optional<std::string>> root_address(const Options& options, const settings::Settings& now,
                                                              const settings::User& reader,
                                                              const RootStandard& standard, Terminal& terminal);

/// notify.command; nothing: it stays as it is `now`. `reader`: who will run it. Failures: invalid, cancelled.
[[nodiscard]] Result<std::optional<std::vector<std::string>>> alarm_program(const Options& options,
                                                                            const settings::Settings& now,
                                                                            const settings::User& reader,
                                                                            Terminal& terminal);

}  // namespace postern::setup
