// A file of ours of lines that is only appended to: `path`, and `path`.old with what was written before it grew too
// long. What a crash cuts in the middle of a line is that line alone. All calls block: not for the event loop.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace postern {

class LineFile {
 public:
  /// What a line is to outlive: our own end, or the machine's. The latter waits for the disk.
  enum class Against { crash, power_failure };

  LineFile(std::string path, std::uint64_t longest) : path_(std::move(path)), longest_(longest) {}

  /// Both files, the older lines first; empty if there are none. Failures: denied, io, invalid, limit (four times as
  /// long).
  Result<std::string> read() const;
  /// `lines` with their LF. From any thread. Failures: no_space, io, denied.
  Result<void> append(std::string_view lines, Against against);

 private:
  Result<void> open();

  const std::string path_;
  const std::uint64_t longest_;
  std::mutex mutex_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
};

}  // namespace postern
