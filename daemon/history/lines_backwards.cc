#include "history/lines_backwards.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace postern::history {

std::optional<std::string_view> LinesBackwards::next() {
  for (;;) {
    const std::size_t end = left_ > 0 && text_[left_ - 1] == '\n' ? left_ - 1 : left_;
    const std::size_t before = end == 0 ? std::string::npos : text_.rfind('\n', end - 1);
    if (before != std::string::npos) {
      left_ = before + 1;
      return std::string_view(text_).substr(before + 1, end - before - 1);
    }
    if (begin_ == 0 || left_ > longest_) {
      if (left_ == 0) return std::nullopt;
      left_ = 0;
      return std::string_view(text_).substr(0, end);
    }
    if (!read_more()) return std::nullopt;
  }
}

/// The block before, and behind it what is left.
bool LinesBackwards::read_more() {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, begin_));
  std::string block(count + left_, '\0');
  std::size_t got = 0;
  while (got < count) {
    const ssize_t one = ::pread(file_, block.data() + got, count - got, static_cast<off_t>(begin_ - count + got));
    if (one < 0) error_ = errno;
    if (one <= 0) return false;
    got += static_cast<std::size_t>(one);
  }
  text_.copy(block.data() + count, left_);
  text_ = std::move(block);
  left_ = text_.size();
  begin_ -= count;
  read_bytes_ += count;
  return true;
}

}  // namespace postern::history
