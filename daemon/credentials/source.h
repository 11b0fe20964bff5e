// Where the secrets of a login come from. Asked anew at each login, so that a rotation needs no restart.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "sasl/mechanism.h"

#include <optional>
#include <string>

namespace postern::credentials {

class Source {
 public:
  virtual ~Source() = default;
  enum class Want {
    current,
    renewed,  ///< the server refused the token that get() gave last: a new one, if there is a way to get one
  };
  /// Everything configured: user, password, token. What cannot be had of them does not keep the others back: the
  /// credentials say why, and only if nothing is left does it fail. The texts of errors name the file, command or URL.
  /// Failures: those of reading (not_found, denied, io, invalid), timeout and limit of a command, rejected of an
  /// authorization server that refuses for good. Never blocks the event loop.
  virtual Task<Result<sasl::Credentials>> get(Want want) = 0;
  /// get(renewed) can give another token than get(current) did.
  [[nodiscard]] virtual bool renewable() const = 0;
  /// When get() will have no token any more until a person logs in again, as far as its server told; nothing: not
  /// known, or each renewal prolongs it.
  [[nodiscard]] virtual std::optional<WallTime> ends() const { return std::nullopt; }
  /// Which kinds get() will give, without reading anything: for `postern explain`. The secrets in it are empty.
  [[nodiscard]] virtual sasl::Credentials kinds() const = 0;
};

}  // namespace postern::credentials
