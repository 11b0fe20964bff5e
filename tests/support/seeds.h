// How many random sequences a property is tried with.
#pragma once

#include <cstdlib>

namespace postern::test {

/// Of `all` those that each change is tried with; all of them where POSTERN_ALL_SEEDS is in the environment, as
/// `tests/run long` has it.
inline unsigned seeds(unsigned each_change, unsigned all) {
  return std::getenv("POSTERN_ALL_SEEDS") != nullptr ? all : each_change;
}

}  // namespace postern::test
