// The client's side of the control protocol (server.h), for the `postern` command: blocking calls on a plain unix
// socket, because a command that does one thing needs no event loop.
#pragma once

#include "base/clock.h"

#include <boost/json/object.hpp>

#include <functional>
#include <string>

namespace postern::control {

struct Exchange {
  std::string socket;
  boost::json::object request;
  std::function<void(const boost::json::object& line)> on_line;  ///< every line but the last
  std::function<void(Seconds waited)> on_wait;                   ///< about once a second while nothing comes
};

/// How it ended: the exit code, and what to say on standard error if it is not empty.
struct Ending {
  int exit = 0;
  std::string error;
};

/// Sends the request and reads the answer to its end. An unreachable daemon is exit 69 (77 if the socket may
/// not be used), with a text that names the socket and says what to do.
[[nodiscard]] Ending talk(const Exchange& exchange);

}  // namespace postern::control
