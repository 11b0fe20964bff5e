// YAML to Settings, strictly: an unknown key, a wrong type or an impossible value is an error with its
// place. All errors are found at once.
#pragma once

#include "settings/settings.h"
#include "settings/user.h"

#include <optional>
#include <string>
#include <vector>

namespace postern::settings {

struct Problem {
  std::string file;
  std::size_t line = 0;                   ///< 1-based; 0: the file as a whole
  std::size_t column = 0;                 ///< 1-based; 0: the line as a whole
  std::string text;                       ///< "unknown key 'smarthost'; did you mean 'smarthosts'?"
  [[nodiscard]] std::string str() const;  ///< file:line:column: text
};

struct Loaded {
  std::optional<Settings> settings;  ///< nothing if there is any problem
  /// With a problem: what the file says all the same, to take mail by and to hold it (salvage.h).
  Settings salvaged;
  std::vector<Problem> problems;
  std::vector<Problem> warnings;  ///< for example: cleartext AUTH is allowed for this host
};

/// `user`: as whom the file and those that it names are judged.
[[nodiscard]] Loaded load(const std::string& path, const User& user = this_user());
/// The same from text; `file` is the name for messages. It counts as one that few may read.
[[nodiscard]] Loaded parse(const std::string& text, const std::string& file);

}  // namespace postern::settings
