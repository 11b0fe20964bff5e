// sendmail -bs: the caller speaks SMTP with the daemon through us.
#pragma once

#include "sendmail-shim/exit.h"

#include <chrono>

namespace postern::shim {

class Channel;

/// How long a daemon that owes an answer, or takes nothing of what it is sent, is waited for.
struct Silence {
  std::chrono::milliseconds greeting;  ///< nothing is lost by then
  std::chrono::milliseconds answer;    ///< to the end of a text among others (RFC 5321 4.5.3.2)
};

/// Copies `input` to the daemon and its answers to `output` until the daemon ends the connection. The end of `input`
/// is passed on, so that the daemon sees it. Where `output` takes nothing more the session goes on, unheard. Ends with
/// an error if a message that was begun is not stored, see smtp_watch.h; for a session without any also if `input` or
/// `output` failed. A daemon that is silent for too long ends it: `output` gets a 421. The client is never hurried.
[[nodiscard]] Exit pipe_smtp(Channel& channel, int input, int output, Silence longest);

}  // namespace postern::shim
