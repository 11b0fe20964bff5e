// The second half of loading: the defaults that depend on other settings or on the machine, and the
// checks that need more than one key or the file system.
#pragma once

#include "settings/report.h"
#include "settings/settings.h"

#include <cstdint>
#include <string>

namespace postern::settings {

/// 465 for implicit TLS (RFC 8314 7.3), 587 for STARTTLS (RFC 6409), 25 for none.
[[nodiscard]] std::uint16_t standard_port(relay::Tls tls);

void complete(Settings& settings, Report& report);

/// The machine's fully qualified name, as far as it can be found; "localhost" if it has no usable one.
/// Asks the resolver (and may wait for it) only if the kernel's name has no dot.
[[nodiscard]] std::string machine_name();

}  // namespace postern::settings
