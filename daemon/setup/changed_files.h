// The files that `postern setup` writes, and the way back: what stood in their places is kept as FILE.before-setup, and
// a small record beside the settings says which they were.
#pragma once

#include "base/durable_file.h"
#include "base/result.h"
#include "setup/credential_file.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace postern::setup {

struct NewSettings {
  std::string path;  ///< no symbolic link
  std::string text;
  FileAccess access;
};

/// The credential, then the settings that name it; durably, and both or none: if one fails, everything is as it was,
/// the way back of an earlier run too.
/// Failures: those of write_credential() and replace_file(), and that of `judge`, who sees the new files in their
/// places.
Result<void> write_changed(const NewSettings& settings, const std::optional<CredentialFile>& credential,
                           const std::function<Result<void>()>& judge = {});

/// Everything is there as it would be written, so that there is nothing to write and nothing new to undo.
[[nodiscard]] bool stands_already(const NewSettings& settings, const std::optional<CredentialFile>& credential);

/// Puts back what the last write_changed() for these settings found. Returns the files, the settings first. Failures:
/// not_found (nothing to undo), exists (a file was changed since; it is named, and nothing was done), io, denied (also
/// where others could have written the record, or it names files that are none of these settings).
Result<std::vector<std::string>> undo_changed(const std::string& settings);

}  // namespace postern::setup
