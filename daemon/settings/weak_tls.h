// What the settings of a smarthost allow that is not safe any more. Pure. Of ciphers OpenSSL is asked
// (net/weak_ciphers.h).
#pragma once

#include "settings/settings.h"

#include <string>

namespace postern::settings {

/// A sentence about tls_min_version; empty: nothing is to be said.
[[nodiscard]] std::string weak_tls_version(const Smarthost& smarthost);

}  // namespace postern::settings
