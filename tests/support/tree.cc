#include "support/tree.h"

namespace postern::test {

std::string tree(std::string_view path) { return std::string(POSTERN_TEST_DIR "/").append(path); }

}  // namespace postern::test
