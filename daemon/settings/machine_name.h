// What the machine is called, from the machine alone: the kernel's name and /etc/hosts. The DNS is not asked. It is not
// there at the boot, where the daemon must be ready before the network, and what it says would make the name another
// one from start to start.
#pragma once

#include <string>
#include <string_view>

namespace postern::settings {

/// It has a domain, and one that means this machine elsewhere, too: "localhost.localdomain" and "web1.localdomain" are
/// every machine's.
[[nodiscard]] bool is_full_name(std::string_view name);

/// The first full name that a line of `hosts` (hosts(5)) gives to the machine `name`; `name`, if it has a dot
/// itself or there is none. Pure.
[[nodiscard]] std::string full_name(std::string_view name, std::string_view hosts);

/// The machine's fully qualified name, as far as it can be found; "localhost" if it has no usable one.
[[nodiscard]] std::string machine_name();

}  // namespace postern::settings
