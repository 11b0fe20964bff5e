// What was noted twice: of a storm that was gathered when the program ended it is not known whether the history has it
// already, and so the next start tells it once more. Whoever asks is told once. Pure.
#pragma once

#include "history/record.h"

#include <cstddef>
#include <string>
#include <unordered_set>

namespace postern::history {

class Repeats {
 public:
  /// Records that are remembered at a time; of more some may be shown twice.
  static constexpr std::size_t kMost = 10'000;

  /// Of records in their order, or its reverse: what this one tells was told by one before it.
  bool has(const Record& record);

 private:
  std::unordered_set<std::string> told_;
};

}  // namespace postern::history
