// Servers exist that repeat the line they refuse. What they say goes into logs, traces and reports that every user may
// see, so words that hold a secret are not kept.
#pragma once

#include "sasl/mechanism.h"

#include <string>

namespace postern::relay {

/// If `words` may repeat the password or the token (base/redactor), a remark takes the place of everything but the
/// reply code.
void hide_secrets(std::string& words, const sasl::Credentials& credentials);

}  // namespace postern::relay
