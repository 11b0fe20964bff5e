// The drop directory as the pick-up sees it: files by turns of their owners, their bytes, and a wait for more. queue/
// is the only door to the spool, so it stands here.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

/// The `helo` of local mail that was dropped: its sender was told that it is safe. Whoever says so at the submit socket
/// gets no more than the helper gives to everybody.
inline constexpr std::string_view kDroppedHelo = "dropped";

/// Who a user counts as where places and turns are shared.
using PartyOf = std::function<std::uint32_t(std::uint32_t uid)>;

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
  /// Where a file stands among those of its party: by its modification time, then by its name.
  struct Place {
    std::chrono::sys_time<std::chrono::nanoseconds> changed;
    std::string name;

    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Waiting {
    Place at;
    std::uint32_t uid = 0;  ///< its owner when it was listed
    std::uint32_t party = 0;
  };
  /// How far the looks before this one came.
  struct Turn {
    std::optional<std::uint32_t> last;      ///< the party that was served last: the next one begins
    std::map<std::uint32_t, Place> behind;  ///< of a party: its files up to this one come after all others of it
  };
  struct Look {
    std::vector<Waiting> files;  ///< in the order of their turns: one of each party, then the next of each
    std::size_t left = 0;        ///< that lie there, too, and have to wait for another look
  };
  struct Gone {
    std::uint32_t uid = 0;
    std::string file;  ///< where it was
    WallTime since;
    std::string begins;  ///< the commands of its envelope, as far as its first bytes hold them; nothing of the message
  };
  struct Aside {
    std::uint32_t uid = 0;
    std::string kept;             ///< where it is now; empty: it is removed
    std::vector<Gone> displaced;  ///< refused before, and removed to make place
  };

  virtual ~DropBox() = default;
  /// Failures: not_found (there is no drop directory), denied, io.
  virtual Task<Result<Look>> list(Turn turn) = 0;
  /// Failures: not_found (gone), invalid (not what a helper makes), denied, io.
  virtual Task<Result<std::shared_ptr<File>>> open(std::string name, std::uint64_t limit) = 0;
  /// Durably. Failures: not_found, io.
  virtual Task<Result<void>> remove(std::string name) = 0;
  /// Where too much is kept (refused_shares.h), the oldest of the party that has the most goes. Failures: not_found,
  /// io, denied, no_space.
  virtual Task<Result<Aside>> set_aside(std::string name) = 0;
  /// Removes what was set aside before `then`: what that was. Failures: denied, io.
  virtual Task<Result<std::vector<Gone>>> forget_refused(WallTime then) = 0;
  /// Returns when something came since the last call, after `at_most`, and after stop().
  virtual Task<void> wait(Seconds at_most) = 0;
  virtual void stop() = 0;
};

}  // namespace postern::queue
