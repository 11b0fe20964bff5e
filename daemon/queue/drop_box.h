// The drop directory as the pick-up sees it: names of files, their bytes, and a wait for more. queue/ is the only door
// to the spool, so it stands here.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace postern::queue {

class DropBox {
 public:
  class File {
   public:
    virtual ~File() = default;
    [[nodiscard]] virtual std::uint32_t uid() const = 0;  ///< its owner by the kernel's word
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    /// The next bytes; empty at the end. Failure: io.
    virtual Task<Result<std::string>> read() = 0;
  };
  struct Aside {
    std::uint32_t uid = 0;
    std::string kept;  ///< where it is now; empty: it is removed
  };

  virtual ~DropBox() = default;
  /// Failures: not_found (there is no drop directory), denied, io.
  virtual Task<Result<std::vector<std::string>>> list() = 0;
  /// Failures: not_found (gone), invalid (not what a helper makes), denied, io.
  virtual Task<Result<std::shared_ptr<File>>> open(std::string name, std::uint64_t limit) = 0;
  /// Durably. Failures: not_found, io.
  virtual Task<Result<void>> remove(std::string name) = 0;
  /// Failures: not_found, io, denied, no_space (no more are kept, and it stays).
  virtual Task<Result<Aside>> set_aside(std::string name) = 0;
  /// Returns when something came since the last call, after `at_most`, and after stop().
  virtual Task<void> wait(Seconds at_most) = 0;
  virtual void stop() = 0;
};

}  // namespace postern::queue
