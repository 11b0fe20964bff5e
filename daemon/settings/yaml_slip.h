// What is probably wrong with a text that the parser of YAML gave up on, where, and what to do. Parsers notice a slip
// where it first makes no sense, which may be a line later, and say it in words of the grammar. Pure; a guess, so that
// it only ever replaces the words of an error.
#pragma once

#include "settings/report.h"

#include <optional>
#include <string>

namespace postern::settings {

struct YamlSlip {
  Mark mark;
  std::string text;
};

/// `where`: what the parser complained of.
[[nodiscard]] std::optional<YamlSlip> yaml_slip(const std::string& text, Mark where);

}  // namespace postern::settings
