// Servers exist that repeat the line they refuse. What they say goes into logs, traces and reports that every user may
// see, so words that hold a secret are not kept.
#pragma once

#include "sasl/mechanism.h"

#include <string>

namespace postern::relay {

/// If `words` hold the password or the token, or the beginning of a long one, as they are, in hexadecimal or as part of
/// any base64, a remark takes the place of everything but the reply code.
void hide_secrets(std::string& words, const sasl::Credentials& credentials);

}  // namespace postern::relay
