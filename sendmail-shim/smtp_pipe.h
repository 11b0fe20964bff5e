// sendmail -bs: the caller speaks SMTP with the daemon through us.
#pragma once

#include "sendmail-shim/exit.h"

namespace postern::shim {

class Channel;

/// Copies `input` to the daemon and its answers to `output` until the daemon ends the connection. The end of `input`
/// is passed on, so that the daemon sees it. Where `output` takes nothing more the session goes on, unheard. Ends with
/// an error if a message that was begun is not stored, see smtp_watch.h; for a session without any also if `input` or
/// `output` failed.
[[nodiscard]] Exit pipe_smtp(Channel& channel, int input, int output);

}  // namespace postern::shim
