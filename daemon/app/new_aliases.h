// What `newaliases` prints.
#pragma once

#include "settings/local_names.h"

#include <string>

namespace postern::app {

/// There is no file to be read.
[[nodiscard]] std::string no_aliases_file(const std::string& config_file);

/// Lines for people: how many aliases the file has, which of them have no effect since those of the settings go before
/// them, and what was passed over.
[[nodiscard]] std::string words_of(const mail::LocalNames& names, const settings::FreshAliases& fresh);

}  // namespace postern::app
