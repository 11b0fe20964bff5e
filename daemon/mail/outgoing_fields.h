// Header fields as servers take them.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

struct FieldRules {
  bool utf8 = false;  ///< UTF-8 may stand in fields (RFC 6532): SMTPUTF8 is used in this transaction
};
/// `fields`: the fields of an entity (top of the message or of a part), without the empty line. What needs no change
/// stays byte for byte.
[[nodiscard]] std::string outgoing_fields(std::string_view fields, const FieldRules& rules);
[[nodiscard]] bool fields_acceptable(std::string_view fields, const FieldRules& rules);

}  // namespace postern::mail
