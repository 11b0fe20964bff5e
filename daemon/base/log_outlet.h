// The way of finished log lines to whoever reads them, who may be slow, stopped or gone: no line is waited for. What
// cannot be taken now is kept, up to a bound, and handed over by a thread that lives only while something is kept; what
// is beyond the bound is lost, and the next line that is kept or goes out is preceded by one that says how many were.
#pragma once

#include "base/clock.h"
#include "base/log.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

class LogOutlet {
 public:
  /// How many bytes of the text the reader took, all of them, or of a stream the first ones; 0: none now, ask again
  /// later; nothing: it will never take this text. Must not block, and is called by one thread at a time.
  using Take = std::function<std::optional<std::size_t>(std::string_view text)>;
  /// The line that tells how many were lost.
  using Told = std::function<std::string(std::uint64_t lost)>;

  /// Bytes; the last eighth for warnings and errors. A line is up to one KiB, and a busy daemon writes thousands a
  /// second.
  static constexpr std::size_t kKept = std::size_t{4} << 20U;

  LogOutlet(Take take, Told told, std::size_t kept = kKept);
  /// Waits a second at most until nothing is kept any more.
  ~LogOutlet();
  LogOutlet(const LogOutlet&) = delete;
  LogOutlet& operator=(const LogOutlet&) = delete;

  /// From any thread; at once.
  void put(std::string line, Level level = Level::info);
  /// Waits until nothing is kept any more, so long at most, and hands over meanwhile.
  void drain(Milliseconds longest);

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< with the thread, which may outlive this
};

/// What a descriptor takes without waiting, as far as the system lets us: a socket, a pipe, a terminal. A file on a
/// disk that hangs is waited for.
[[nodiscard]] LogOutlet::Take take_by_descriptor(int descriptor);

}  // namespace postern
