// Where root's mail goes before set-up changes anything.
#pragma once

#include "settings/settings.h"
#include "settings/user.h"

#include <string>

namespace postern::setup {

struct PresentRoot {
  std::string target;    ///< the first; empty: no alias says it, or it leads to local users alone
  bool of_file = false;  ///< it is the file's, which then is the place to change it
  std::string file;      ///< `aliases_file`, if it has an alias for root
};

/// Of settings as they are written. Reads what they are completed by: the names of the machine, and `aliases_file` if
/// the reader of the settings can.
[[nodiscard]] PresentRoot present_root(const settings::Settings& settings, const settings::User& reader);

}  // namespace postern::setup
