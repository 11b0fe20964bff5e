// Private to net/: one question to the name servers by TCP (RFC 7766), for answers that are too large for UDP. The C
// library would do it, and wait for ever for a server that says nothing.
#pragma once

#include "base/clock.h"

#include <resolv.h>

#include <optional>
#include <string>
#include <string_view>

namespace postern::net {

/// For all servers together; each may take its share of what those before it left.
inline constexpr Seconds kStreamPatience{5};

/// What the first of the name servers of `state` answers that can tell: that there is no such name, or whatever is
/// there. Nothing: none could. Blocks, for as long as kStreamPatience. `kind`: ns_t_srv and so on. The answer is as a
/// stranger sends it, but is one to this question's number.
[[nodiscard]] std::optional<std::string> ask_by_stream(struct __res_state& state, const std::string& name, int kind);

/// The response code of a message with a whole header: ns_r_nxdomain and so on.
[[nodiscard]] unsigned code_of(std::string_view message);

}  // namespace postern::net
