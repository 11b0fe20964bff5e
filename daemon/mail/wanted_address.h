// Addresses, or parts of them, that somebody looks for, as logs and mail programs write them. Pure.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace postern::mail {

/// What is to be looked for by has_address(): of "<bob@example.com>", "Bob <bob@example.com>" and
/// "from=<bob@example.com>," the address, of "*@example.com" and "bob@*" the part without the star. "<>" stays the null
/// sender. Failure: invalid (nothing would be left, or a star elsewhere), with a word of what to write.
[[nodiscard]] Result<std::string> address_to_find(std::string_view text);

/// `wanted`, in lower case (base/letters.h), is a part of `text`: one address, or several. Domains are the same in
/// their own letters and as A-labels (RFC 5890 2.3.2.1).
[[nodiscard]] bool has_address(std::string_view text, std::string_view wanted);

}  // namespace postern::mail
