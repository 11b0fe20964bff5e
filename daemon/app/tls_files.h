// The certificates that the settings name, read as they are for a connection: `posternd --check` tells what would only
// show at the first one. Blocking.
#pragma once

#include "settings/load.h"

#include <string>
#include <vector>

namespace postern::app {

/// What is wrong with them: no certificate, a key that is not that of its certificate, one outside its time, or ciphers
/// that OpenSSL does not know.
[[nodiscard]] std::vector<settings::Problem> tls_problems(const settings::Settings& settings, const std::string& file);

/// To the warnings, what each smarthost's tls_ciphers lets pass that is not safe, or has no effect.
void warn_of_ciphers(settings::Loaded& loaded, const std::string& file);

/// What tls_min_version and tls_ciphers let pass that is not safe, as sentences.
[[nodiscard]] std::vector<std::string> weak_tls(const settings::Smarthost& smarthost);

}  // namespace postern::app
