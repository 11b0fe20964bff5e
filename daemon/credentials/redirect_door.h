// Private to credentials/: the address on this machine that a browser is sent back to (RFC 8252 7.3, 8.3). Everybody on
// the machine can connect, so a request is small and soon over, who has many connections loses the oldest of them, and
// what is asked by another name than 127.0.0.1 comes from a page that has made its own name lead here.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "net/listener.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::credentials {

inline constexpr std::uint32_t kNobodyKnown = 0xffffffff;

/// Which connection goes, so that there is room for one of `newcomer`. `open` has whom each counts for, the oldest
/// first. A browser sends its request at once, so it is the oldest of whoever has too many, or has the most where all
/// have too many. Nothing: there is room. Pure.
[[nodiscard]] std::optional<std::size_t> to_drop(const std::vector<std::uint32_t>& open, std::uint32_t newcomer);

class RedirectDoor {
 public:
  /// Judges the target of a request; true: that was the browser.
  using Judge = std::function<bool(std::string_view target)>;

  /// On 127.0.0.1, a port of the system's choosing. Failures: those of net::Listener::tcp.
  static Result<std::unique_ptr<RedirectDoor>> open(Executor loop);
  RedirectDoor(const RedirectDoor&) = delete;
  RedirectDoor& operator=(const RedirectDoor&) = delete;
  /// Shuts it. An answer under way to the browser is still given.
  ~RedirectDoor();

  /// "127.0.0.1:40123"
  [[nodiscard]] std::string authority() const { return listener_->address(); }
  /// Each request has `patience` to arrive. `party` is LoginTalk::party.
  void start(Judge judge, Milliseconds patience, std::function<std::uint32_t(std::uint32_t uid)> party);

  struct Visits;

 private:
  RedirectDoor(Executor loop, std::unique_ptr<net::Listener> listener);

  Executor loop_;
  std::unique_ptr<net::Listener> listener_;
  std::shared_ptr<Visits> visits_;
};

}  // namespace postern::credentials
