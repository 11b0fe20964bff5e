// What the machine, its settings and a file of aliases say of local names, put together and judged. Blocking: files
// are read.
#pragma once

#include "base/result.h"
#include "mail/local_names.h"
#include "settings/report.h"

#include <cstddef>
#include <vector>

namespace postern::settings {

/// Adds what the machine is called and what the file of aliases says. Hostname and domain are known by now. Errors are
/// aliases that have no effect and those that lead in a circle, and a file that cannot be read; warnings are aliases
/// that lead to nobody's mailbox, and what was passed over in the file. /etc/aliases, which is read where the settings
/// name no file, may be missing and causes no errors.
void complete_local_names(mail::LocalNames& names, Report& report);

struct FreshAliases {
  mail::Aliases of_file;
  std::size_t passed_over = 0;    ///< lines and targets
  std::vector<Problem> warnings;  ///< not all of them, where there are very many
};
/// The file of these names as it is now; one of /etc/aliases that is missing has no aliases. Failure: corrupt (it
/// cannot be read, or makes a circle with the settings' aliases).
[[nodiscard]] Result<FreshAliases> read_aliases(mail::LocalNames names);

}  // namespace postern::settings
