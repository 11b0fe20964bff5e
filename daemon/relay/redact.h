// Servers exist that repeat the line they refuse. What they say goes into logs, traces and reports that every user may
// see, so words that hold a secret are not kept.
#pragma once

#include "base/redactor.h"
#include "sasl/mechanism.h"
#include "smtp/reply.h"

#include <string>

namespace postern::relay {

/// From now on `redactor` knows the password and the token, and how responses with them begin.
void teach(Redactor& redactor, const sasl::Credentials& credentials);

/// Whether a reply may repeat what `redactor` knows, in one line or over several.
[[nodiscard]] bool repeats(const Redactor& redactor, const smtp::Reply& reply);

/// For people: reply.text(), or, of one that may repeat a secret, the code and a remark. The whole reply is judged: of
/// the text, which is cut off, the end might be most of a secret.
[[nodiscard]] std::string shown(const Redactor& redactor, const smtp::Reply& reply);

}  // namespace postern::relay
