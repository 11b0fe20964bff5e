// A file of lines that is only appended to, in the spool's directory: `path`, and `path`.old with what was written
// before it grew too long. What a crash cuts in the middle of a line is that line alone. All calls block and belong on
// the disk pool.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "spool/spool.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace postern::spool {

class LineFile {
 public:
  LineFile(std::string path, std::uint64_t longest) : path_(std::move(path)), longest_(longest) {}

  /// Both files, the older lines first; empty if there are none. Failures: denied, io, invalid, limit (four times as
  /// long).
  Result<std::string> read() const;
  /// `lines` with their LF. Lazy: it survives us, not a power failure. From any thread. Failures: no_space, io, denied.
  Result<void> append(std::string_view lines, Durability durability);

 private:
  Result<void> open();

  const std::string path_;
  const std::uint64_t longest_;
  std::mutex mutex_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
};

}  // namespace postern::spool
