// mailq, sendmail -q, -bv and newaliases: one request line to the daemon's control socket, text back.
#pragma once

#include "sendmail-shim/exit.h"

#include <functional>
#include <string>
#include <string_view>

namespace postern::shim {

class Channel;

/// Takes a piece of the text. False: it cannot be written, and nothing more is asked for.
using Print = std::function<bool(std::string_view)>;

/// Sends the request and prints what comes back, as it comes. The answer begins with a line "ok" or "error EXIT TEXT";
/// behind "ok" follows the text, and a last line "end EXIT" or "error EXIT TEXT". Ends with the daemon's own Exit;
/// EX_TEMPFAIL where the answer is not whole, EX_PROTOCOL, or EX_IOERR where it cannot be printed.
[[nodiscard]] Exit ask(Channel& channel, std::string_view request, const Print& print);

}  // namespace postern::shim
