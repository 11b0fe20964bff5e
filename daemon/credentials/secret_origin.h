// Private to credentials/: one secret and the way to it.
#pragma once

#include "base/secret.h"
#include "credentials/source.h"

namespace postern::credentials {

class SecretOrigin {
 public:
  SecretOrigin() = default;
  SecretOrigin(const SecretOrigin&) = delete;
  SecretOrigin& operator=(const SecretOrigin&) = delete;
  virtual ~SecretOrigin() = default;
  /// Failures as of Source::get. The origin must live until the task has ended.
  virtual Task<Result<Secret>> get(Source::Want want) = 0;
  [[nodiscard]] virtual bool renewable() const { return false; }
  /// As Source::ends.
  [[nodiscard]] virtual std::optional<WallTime> ends() const { return std::nullopt; }
};

}  // namespace postern::credentials
