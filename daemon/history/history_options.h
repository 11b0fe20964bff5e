// What is kept of messages that are gone.
#pragma once

#include <cstdint>

namespace postern::history {

struct HistoryOptions {
  std::uint64_t size = 256ULL * 1024 * 1024;  ///< bytes on disk; the oldest goes first. 0: nothing is kept
  unsigned days = 90;                         ///< what is older goes, too
  bool subjects = true;                       ///< whether subjects are noted
  /// The settings may not be what was meant: by these nothing goes that is there.
  bool keep_all = false;

  friend bool operator==(const HistoryOptions&, const HistoryOptions&) = default;
};

}  // namespace postern::history
