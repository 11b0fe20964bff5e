// Header fields as they go out, for the tests of what is done to them.
#pragma once

#include "mail/headers.h"
#include "mail/outgoing_fields.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

inline std::string sent(const std::string& fields, const FieldRules& rules = {}) {
  return outgoing_fields(fields, rules);
}

inline std::vector<std::string> names(std::string_view fields) {
  std::vector<std::string> found;
  for (const HeaderField& field : parse_headers(fields).fields) found.emplace_back(field.name);
  return found;
}

}  // namespace postern::mail
