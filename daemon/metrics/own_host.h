// Whether a request is for this machine. A page that a browser loaded from elsewhere can make a name of its own lead to
// 127.0.0.1 (DNS rebinding) and then read what is answered there; the Host field (RFC 9110 7.2) still has that name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::metrics {

/// Whether the value of a Host field is "localhost" (also as distributions' /etc/hosts spell it) or a loopback
/// address, or one of `own`, which are names without case and addresses in any spelling. A port is of no interest: a
/// tunnel has another one. A name may end in a dot, and one of `own` may be asked for by its first label alone, as
/// machines of one domain do.
[[nodiscard]] bool is_own_host(std::string_view field, const std::vector<std::string>& own);

}  // namespace postern::metrics
