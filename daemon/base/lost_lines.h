// What the log says once it goes on after it could not.
#pragma once

#include "base/log.h"

#include <cstdint>
#include <vector>

namespace postern {

class LostLines {
 public:
  explicit LostLines(std::uint64_t count) : fields_{{"lines", count}} {}
  /// Of this object's life.
  [[nodiscard]] LogRecord record() const { return {Level::warning, "lines of the log were lost", fields_}; }

 private:
  std::vector<LogField> fields_;
};

}  // namespace postern
