// mailq and sendmail -q: one word to the daemon's control socket, text back.
#pragma once

#include "sendmail-shim/exit.h"

#include <string>
#include <string_view>

namespace postern::shim {

class Channel;

/// Sends `word` and reads to the end. The answer begins with a line "ok" or "error EXIT TEXT"; behind "ok" follows the
/// text to show, which is returned. Ends with the daemon's own Exit, EX_TEMPFAIL or EX_PROTOCOL.
Outcome<std::string> ask(Channel& channel, std::string_view word);

}  // namespace postern::shim
