// Under which name a smarthost has a message, out of its reply to the end of data: what its administrator asks for when
// mail is missing. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern::history {

/// "4XYZabc" of "250 2.0.0 Ok: queued as 4XYZabc"; empty: the words are none of those that are known.
[[nodiscard]] std::string remote_id_of(std::string_view reply);

}  // namespace postern::history
