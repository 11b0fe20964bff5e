// Private to console/: lines that a person pastes while an answer is awaited.
#pragma once

#include "base/secret_lines.h"
#include "control/members.h"

namespace postern::console {

class PastedLines {
 public:
  explicit PastedLines(int fd) : fd_(fd), lines_(control::members::kLongestPasted) {}

  /// To be polled for input; -1: nothing is to be had, because the input has ended or belongs to another job of the
  /// terminal, which would stop whoever reads it.
  [[nodiscard]] int descriptor() const;
  /// When there is something to read. The last line needs no end.
  void read(const SecretLines::Heard& heard);

 private:
  int fd_;
  bool ended_ = false;
  SecretLines lines_;
};

}  // namespace postern::console
