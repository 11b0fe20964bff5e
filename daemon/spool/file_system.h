// Whether what is stored at a place outlives the machine's or the container's next start. Blocking, for the start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::spool {

struct Fleeting {
  std::string_view file_system;
  std::string_view meaning;  ///< when what is there is lost
};

/// For a type of statfs(2).
[[nodiscard]] std::optional<Fleeting> fleeting(std::uint64_t type);
/// Nothing: it is on a disk, or cannot be told.
[[nodiscard]] std::optional<Fleeting> fleeting(const std::string& path);

}  // namespace postern::spool
