// Users of this machine as people name them.
#pragma once

#include <pwd.h>

#include <cstdint>
#include <optional>
#include <string>

namespace postern::console {

/// Of this name or number, empty: who asks; null: nobody is. It is libc's, until the next such question.
[[nodiscard]] const passwd* account_of(const std::string& user);

/// By name or number. Nothing: it is nobody's, or there is no such user. A number needs no name.
[[nodiscard]] std::optional<std::uint32_t> uid_of(const std::string& user);

}  // namespace postern::console
