// Files of the source tree that tests read: dialogues, golden files, what is shipped.
#pragma once

#include <string>
#include <string_view>

namespace postern::test {

/// The path of "golden/spool" and the like, below tests/; "../config/postern.yaml" for what is beside it.
[[nodiscard]] std::string tree(std::string_view path);

}  // namespace postern::test
