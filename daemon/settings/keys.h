// The configuration keys: tables with one row a key. The loader, `posternd --list-keys` and the check of the
// documentation all go by them. A new key is a member in the options of the room that reads it, a row in keys.cc (of a
// smarthost in smarthost_keys.cc, of other lists in row_keys.cc), the commented lines in config/postern.yaml and a
// paragraph in postern.yaml(5).
#pragma once

#include "settings/document.h"
#include "settings/report.h"
#include "settings/settings.h"

#include <string>
#include <vector>

namespace postern::settings {

/// One key as documentation: {"smarthosts[].port", "number 1-65535", "465", "..."}.
struct KeyInfo {
  std::string path;
  std::string type;
  std::string standard;  ///< the default as it would be written, or words for one that is computed
  std::string help;
};

/// Every key, in the order of config/postern.yaml.
[[nodiscard]] const std::vector<KeyInfo>& all_keys();

/// Fills the settings from the tree; what is wrong goes into the report and leaves the default.
void read_keys(const Node& root, Settings& settings, Report& report);

}  // namespace postern::settings
