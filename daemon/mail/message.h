// A queued message as the relay sees it: who it is for and a way to read its text once.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "mail/envelope.h"

#include <string_view>
#include <vector>

namespace postern::mail {

class Message {
 public:
  virtual ~Message() = default;
  [[nodiscard]] virtual const Envelope& envelope() const = 0;
  /// Indexes into envelope().recipients that still wait for this attempt, in order.
  [[nodiscard]] virtual const std::vector<std::size_t>& pending() const = 0;
  /// The next piece of the text, LF line ends; empty at the end. Valid until the next call.
  /// Failures: io, corrupt.
  virtual Task<Result<std::string_view>> read() = 0;
  /// Starts again at the first byte.
  virtual void rewind() = 0;
};

}  // namespace postern::mail
