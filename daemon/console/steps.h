// What the screens of `postern check` and `postern explain` are made of: a label and a text beside it in each line.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace postern::console {

/// Where the text of a step() begins.
inline constexpr std::size_t kStepLabel = 15;
[[nodiscard]] std::string step(std::string_view label, const std::string& text);
/// One step for each text of an array.
[[nodiscard]] std::string steps(std::string_view label, const boost::json::object& line, std::string_view key);

/// Mechanisms that are not tried for the same reason.
struct Skipped {
  std::string mechanisms;
  std::string reason;
};
[[nodiscard]] std::vector<Skipped> skipped(const boost::json::object& line);

}  // namespace postern::console
