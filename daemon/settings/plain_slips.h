// Values that are good YAML and probably not what was meant: told of as warnings.
#pragma once

#include "settings/document.h"
#include "settings/report.h"

#include <string>

namespace postern::settings {

/// `root` as read from `text`.
void warn_of_plain_slips(const Node& root, const std::string& text, Report& report);

}  // namespace postern::settings
