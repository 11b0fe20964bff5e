// What the machine, its settings and a file of aliases say of local names, put together and judged. Blocking: files
// are read.
#pragma once

#include "base/result.h"
#include "mail/local_names.h"
#include "settings/report.h"

#include <cstddef>
#include <vector>

namespace postern::settings {

/// `domain` where nobody said it: the name in /etc/mailname, which is "the portion after the @" (Debian policy 11.6),
/// or if that is no full name, `hostname`. These two are known by now. Pure.
void complete_domain(mail::LocalNames& names);

/// Adds what the machine is called, by which hostname and domain are completed, and what the file of aliases says.
/// Errors are aliases that have no effect and those that lead in a circle, and a file that cannot be read or that
/// everybody can change; warnings are aliases that lead to nobody's mailbox, and what was passed over in the file.
/// /etc/aliases, which is read where the settings name no file, may be missing and causes no errors.
void complete_local_names(mail::LocalNames& names, Report& report);

/// These names completed as for `reader`. What is wrong with them goes unheard: it is told when the settings are
/// loaded.
[[nodiscard]] mail::LocalNames completed(mail::LocalNames names, const User& reader);

struct FreshAliases {
  mail::Aliases of_file;
  std::size_t passed_over = 0;    ///< lines and targets
  std::vector<Problem> warnings;  ///< not all of them, where there are very many
};
/// The file of these names as it is now; one of /etc/aliases that is missing has no aliases. Failure: corrupt (it
/// cannot be read, or makes a circle with the settings' aliases).
[[nodiscard]] Result<FreshAliases> read_aliases(mail::LocalNames names);

}  // namespace postern::settings
