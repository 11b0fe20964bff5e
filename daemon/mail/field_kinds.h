// What the body of a header field is made of, told by its name: it decides what may be done to its letters (RFC 2047 5,
// RFC 2231) and where a line of it may be folded.
#pragma once

#include <string_view>

namespace postern::mail {

enum class FieldKind {
  text,        ///< unstructured (RFC 5322 2.2.1), and every name that is not known
  addresses,   ///< phrases and addresses between commas (RFC 5322 3.6.2, 3.6.3)
  parameters,  ///< parameters between semicolons (RFC 2045 5.1, RFC 2183 2)
  ids,         ///< message identifiers (RFC 5322 3.6.4)
  urls,        ///< URLs between angle brackets (RFC 2369)
  words,       ///< any other structured field: only its comments are text
  trace,       ///< what servers wrote, and signed: only blanks that stand there are folded
};

[[nodiscard]] FieldKind field_kind(std::string_view name);

}  // namespace postern::mail
