// The lines of a file, the last one first. Blocks on the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::history {

class LinesBackwards {
 public:
  static constexpr std::size_t kBlock = 256 * std::size_t{1024};

  /// The first `end` bytes of this file, which outlives it. A line longer than `longest` is passed over in pieces.
  LinesBackwards(int file, std::uint64_t end, std::size_t longest) : file_(file), begin_(end), longest_(longest) {}

  /// Without its LF; valid until the next call. Nothing: that was all, or the file cannot be read further.
  [[nodiscard]] std::optional<std::string_view> next();
  /// The errno that ended it; 0: nothing did, or there was no more.
  [[nodiscard]] int error() const { return error_; }
  /// Read from the disk so far.
  [[nodiscard]] std::uint64_t read_bytes() const { return read_bytes_; }

 private:
  bool read_more();

  int file_;
  std::uint64_t begin_;  ///< of what is in text_, in the file
  std::size_t longest_;
  std::string text_;
  std::size_t left_ = 0;  ///< of text_, what was not yet given; ends with the LF of the next line, where it has one
  std::uint64_t read_bytes_ = 0;
  int error_ = 0;
};

}  // namespace postern::history
