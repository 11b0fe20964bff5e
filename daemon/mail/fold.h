// Folds a header field (RFC 5322 2.2.3): a line end is put where the field may be broken, and nothing is left out.
#pragma once

#include "mail/field_kinds.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::mail {

/// Behind a name (and its colon) of fewer octets the body begins in the same line wherever that is possible.
inline constexpr std::size_t kShortName = 40;

/// `line`: a field without line ends; its body begins at `body`. It is broken before blanks, and, with a blank put in,
/// after separators that have none: commas of a list, semicolons of parameters, the ends of ids. Lines have at most 76
/// octets (RFC 2047 2) where these places allow it. A token is broken within (a quoted string at its blanks, a field
/// after its short name) only where it would not fit into kMaxLine otherwise; if there is no place for that, it stays
/// long.
[[nodiscard]] std::string fold(std::string_view line, std::size_t body, FieldKind kind);

}  // namespace postern::mail
