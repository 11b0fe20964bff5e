// What other programs call a key (ssmtp, msmtp, Postfix, Exim, nullmailer, dma, mutt, libraries' settings). Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern::settings {

/// What to write in place of this key under `prefix` ("", "smarthosts[]."): "write the account under 'user'"; empty: it
/// is nobody's word.
[[nodiscard]] std::string_view in_place_of(std::string_view prefix, std::string_view word);

}  // namespace postern::settings
