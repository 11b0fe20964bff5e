// The last resort: while no daemon can be reached the message is stored by postern-drop, a small set-gid program, and
// the daemon finds it when it comes back.
#pragma once

#include "sendmail-shim/compose.h"
#include "sendmail-shim/exit.h"
#include "sendmail-shim/submit.h"

#include <optional>
#include <string>

#ifndef POSTERN_DROP_HELPER  // the build says where it is installed
#define POSTERN_DROP_HELPER "/usr/libexec/postern-drop"
#endif

namespace postern::shim {

/// What a living daemon would refuse in the envelope or the header, it would refuse in a dropped message too, when
/// nobody is left to be told: so it is refused now, for all recipients.
[[nodiscard]] std::optional<Exit> refused_unheard(const Submission& submission, const Delivery& delivery);

/// Runs `helper`. EX_OK: on stable storage. Anything else: not stored, and EX_TEMPFAIL with the helper's words.
[[nodiscard]] Exit drop(const std::string& helper, const Submission& submission, const Delivery& delivery);

}  // namespace postern::shim
