// Durations and sizes as people write them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern {

/// In seconds: "90s", "1m", "5 min", "1 hour", "1h30m", "2w"; each unit once, the largest first. A number alone says
/// nothing, since programs disagree on its unit.
[[nodiscard]] std::optional<std::uint64_t> parse_duration(std::string_view text);

/// In bytes: "65536", "64K", "10 MB", "10MiB", "1G"; K is 1024 however it is written.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace postern
