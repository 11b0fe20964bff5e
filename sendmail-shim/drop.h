// The last resort: while no daemon can be reached the message is stored by postern-drop, a small set-gid program, and
// the daemon finds it when it comes back.
#pragma once

#include "sendmail-shim/compose.h"
#include "sendmail-shim/exit.h"
#include "sendmail-shim/submit.h"

#include <array>
#include <optional>
#include <span>
#include <string>

namespace postern::shim {

/// Where postern-drop may be: where the build was told to install it, if that is neither /usr nor /usr/local, and
/// there.
inline constexpr std::array kDropHelpers{
#ifdef POSTERN_DROP_HELPER
    POSTERN_DROP_HELPER,
#endif
    "/usr/libexec/postern-drop", "/usr/local/libexec/postern-drop"};

/// The first of `places` that can be run; the first of all, to be named in the error, if none can.
[[nodiscard]] std::string drop_helper(std::span<const char* const> places);

/// What a living daemon would refuse in the envelope or the header, it would refuse in a dropped message too, when
/// nobody is left to be told: so it is refused now, for all recipients.
[[nodiscard]] std::optional<Exit> refused_unheard(const Submission& submission, const Delivery& delivery);

/// Runs `helper`. EX_OK: on stable storage. Anything else: not stored, and EX_TEMPFAIL with the helper's words.
[[nodiscard]] Exit drop(const std::string& helper, const Submission& submission, const Delivery& delivery);

}  // namespace postern::shim
