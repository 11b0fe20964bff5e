// What `newaliases` prints.
#pragma once

#include "settings/local_names.h"

#include <cstddef>
#include <string>

namespace postern::app {

/// There is no file to be read.
[[nodiscard]] std::string no_aliases_file(const std::string& config_file);

/// Lines for people: how many aliases there are, and what was passed over.
[[nodiscard]] std::string words_of(const std::string& file, std::size_t aliases, const settings::FreshAliases& fresh);

}  // namespace postern::app
