#include "console/steps.h"

#include "base/text.h"
#include "console/fields.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>

namespace postern::console {

using boost::json::object;
using boost::json::value;

std::string step(std::string_view label, const std::string& text) { return fmt::format("  {:<12} {}\n", label, text); }

std::string steps(std::string_view label, const object& line, std::string_view key) {
  std::string text;
  for (const value& one : array_in(line, key)) {
    if (one.is_string()) text += step(label, printable(std::string_view(one.get_string())));
  }
  return text;
}

std::vector<Skipped> skipped(const object& line) {
  std::vector<Skipped> groups;
  for (const value& one : array_in(line, "skipped")) {
    if (!one.is_object()) continue;
    const std::string reason = text_in(one.get_object(), "reason");
    const std::string mechanism = text_in(one.get_object(), "mechanism");
    const auto known = std::ranges::find(groups, reason, &Skipped::reason);
    if (known == groups.end()) {
      groups.push_back(Skipped{mechanism, reason});
    } else {
      known->mechanisms += ", " + mechanism;
    }
  }
  return groups;
}

}  // namespace postern::console
