// Random bytes from the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace postern {

/// `count` bytes from getrandom(2). Ends the process if the kernel cannot give them.
[[nodiscard]] std::string random_bytes(std::size_t count);
[[nodiscard]] std::uint64_t random_number();
/// In [0, 1).
[[nodiscard]] double random_fraction();

}  // namespace postern
