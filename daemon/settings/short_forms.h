// Groups of keys that may be written as one value: `from: alerts@example.com`, `metrics: 127.0.0.1:9157`, `history:
// off`.
#pragma once

#include "settings/document.h"

#include <string>
#include <string_view>

namespace postern::settings {

/// The value of a key as the group that it stands for; as it is where it stands for none. `path`: of the group, as in
/// the tables of keys ("from").
[[nodiscard]] Node spelt_out(const Entry& entry, const std::string& path);

/// What may be written in place of that group ("write off"); empty: nothing.
[[nodiscard]] std::string_view short_form_of(const std::string& path);

}  // namespace postern::settings
