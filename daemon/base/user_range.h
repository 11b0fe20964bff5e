// Which users a process can tell apart: in a user namespace (a container, PrivateUsers=) it may be that only some of
// the machine's are known, and all others are one (user_namespaces(7)).
#pragma once

#include <cstdint>
#include <string_view>

namespace postern {

/// The uid that stands for all users who are not known: 65534, unless the system says otherwise. Blocks for a moment
/// the first time.
[[nodiscard]] std::uint32_t overflow_uid();

/// Whether this process knows every user of the machine. Blocks for a moment.
[[nodiscard]] bool knows_every_user();

/// What /proc/self/uid_map says, if that is its text.
[[nodiscard]] bool maps_every_user(std::string_view uid_map);

}  // namespace postern
