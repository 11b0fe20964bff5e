// The client's side of the control protocol (control/server.h), for the `postern` command: blocking calls on a plain
// unix socket, because a command that does one thing needs no event loop.
#pragma once

#include "base/clock.h"

#include <boost/json/object.hpp>

#include <functional>
#include <string>

namespace postern::console {

struct Exchange {
  std::string socket;
  boost::json::object request;
  std::function<void(const boost::json::object& line)> on_line;  ///< every line but the last
  std::function<void(Seconds waited)> on_wait;                   ///< about once a second while nothing comes
  std::function<bool()> pasting;  ///< whether posternd gets the lines of `input` now, as a login needs; null: never
  int input = 0;                  ///< a descriptor: standard input
  std::function<void(const std::string& words)> on_trouble;  ///< what was pasted could not be sent
  /// If nothing of the answer comes for so long, another connection finds out, for as long again, whether posternd
  /// answers anybody. It does while it is at work on something long, such as a search or what a server has to say, and
  /// that may go on; one that is stopped does not, or one that is still to start where systemd has the socket.
  Seconds patience{5};
};

/// How it ended: the exit code, and what to say on standard error if it is not empty.
struct Ending {
  int exit = 0;
  std::string error;
  bool unanswered = false;  ///< no line of an answer came, and nobody said why
};

/// Sends the request and reads the answer to its end. An unreachable daemon is exit 69 (77 if the socket may
/// not be used), one that says nothing 75, with a text that names the socket and says what to do.
[[nodiscard]] Ending talk(const Exchange& exchange);

}  // namespace postern::console
