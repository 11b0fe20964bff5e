// The files that set-up leaves: credentials, then the settings that name them. What was there before is kept.
#pragma once

#include "base/result.h"
#include "setup/credential_file.h"

#include <string>
#include <vector>

namespace postern::setup {

struct Written {
  std::vector<std::string> files;  ///< that are new, in the order of their writing
  std::vector<std::string> kept;   ///< the old ones, by their new names (FILE.old, FILE.old.2)
  std::vector<std::string> lost;   ///< the keys at the top of the old settings that the new ones do not have
};

/// The keys at the top of `before` that `after` has not, as they stand there, but `spool` first: mail may wait there.
/// What is no YAML has none.
[[nodiscard]] std::vector<std::string> lost_keys(const std::string& before, const std::string& after);

/// Writes the settings for everybody to read (they hold no secret), and before them the credentials. A file with other
/// contents stays as FILE.old, or as FILE.old.2 and so on where that is there already, for its owner alone. Failures:
/// those of write_credential() and replace_file(); then everything is as it was.
Result<Written> write_files(const std::string& settings, const std::string& text,
                            const std::vector<CredentialFile>& credentials);

}  // namespace postern::setup
