// The second half of loading: the defaults that depend on other settings or on the machine, and the
// checks that need more than one key or the file system.
#pragma once

#include "settings/report.h"
#include "settings/settings.h"

#include <cstdint>

namespace postern::settings {

/// 465 for implicit TLS (RFC 8314 7.3), 587 for STARTTLS (RFC 6409), 25 for none.
[[nodiscard]] std::uint16_t standard_port(relay::Tls tls);

void complete(Settings& settings, Report& report);

}  // namespace postern::settings
