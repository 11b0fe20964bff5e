// The addresses that this machine has now.
#pragma once

#include <string>
#include <vector>

namespace postern::net {

/// Numeric, of every interface that is up, without zones; empty where the system does not tell.
[[nodiscard]] std::vector<std::string> own_addresses();

}  // namespace postern::net
