// Secrets in files of their own that the service can read and other users cannot.
#pragma once

#include "base/durable_file.h"
#include "base/result.h"
#include "base/secret.h"
#include "setup/proposal.h"

#include <string>
#include <vector>

namespace postern::setup {

struct CredentialFile {
  std::string path;
  Secret secret;  ///< one line, not empty
};

/// Gives each smarthost that has a `password` a `password_file` in its place: `directory`/password for the first, then
/// `directory`/password-HOST. What is to be written there is returned. Smarthosts with the same password of the same
/// user share a file.
[[nodiscard]] std::vector<CredentialFile> take_passwords(Proposal& proposal, const std::string& directory);

/// The file for the password of a smarthost that is set up beside those that are there: the one that its settings name,
/// or else a new one in the directory; none that another one names.
[[nodiscard]] std::string password_path(const settings::Smarthost& smarthost,
                                        const std::vector<settings::Smarthost>& there, const std::string& directory);

/// How an administrator makes the file by hand, as commands for a shell; does not hold the secret.
[[nodiscard]] std::string how_to_make(const std::string& path);

/// Who may use such a file: root and the members of `group` (0640), or without being root the caller alone (0600); so
/// too where there is no such group, but not below /etc/postern, since the service could not read it. Failure:
/// not_found (the text says what to do).
[[nodiscard]] Result<FileAccess> credential_access(const std::string& path, const std::string& group = "postern");

/// Writes it durably, whole or not at all, with credential_access(). It is never open to others, not even for a moment.
/// Failures: not_found (no such group), denied, io, no_space, invalid (not one line).
Result<void> write_credential(const CredentialFile& file, const std::string& group = "postern");

}  // namespace postern::setup
