// What a refusal of AUTH means (RFC 4954 section 6). Pure.
#pragma once

#include "smtp/reply.h"

namespace postern::relay {

/// The server refuses for now: a 4xx, or a 5xx whose words say that it is a limit or a passing fault. It says nothing
/// about the password.
[[nodiscard]] bool is_temporary(const smtp::Reply& refusal);

/// The server does not want the mechanism or the form of the command; it has not looked at the credentials.
[[nodiscard]] bool concerns_form(const smtp::Reply& refusal);

}  // namespace postern::relay
