// Secrets in files of their own that the service can read and other users cannot.
#pragma once

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

/// How an administrator makes the file by hand, as commands for a shell; does not hold the secret.
[[nodiscard]] std::string how_to_make(const std::string& path);

/// Writes it durably, whole or not at all, for root and the members of `group` alone (0640). It is never open to
/// others, not even for a moment. Without being root the file becomes the caller's own (0600). Failures: not_found (no
/// such group: the text says what to do), denied, io, no_space, invalid (not one line).
Result<void> write_credential(const CredentialFile& file, const std::string& group = "postern");

}  // namespace postern::setup
