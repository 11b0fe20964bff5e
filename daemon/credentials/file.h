// Private to credentials/: secrets in files. A file holds one line of at most 64 KiB, with or without its line end, and
// is not open to other users; those that systemd hands over in $CREDENTIALS_DIRECTORY are protected by their directory.
#pragma once

#include "credentials/blocking.h"
#include "credentials/secret_origin.h"

#include <memory>
#include <string>

namespace postern::credentials {

/// Of a file and of a command's output.
inline constexpr std::size_t kLongestSecret = 64U << 10U;

struct SecretFile {
  std::string what;  ///< for the texts of errors: "password file"
  std::string path;
};

/// Read on another thread. Failures: not_found, denied (also: open to others), io, invalid (not one line, no file),
/// limit. The texts name the file and never show what is in it.
Task<Result<Secret>> read_secret(Blocking blocking, SecretFile file);

/// The secret in the bytes of a file: one line. `where` begins the text of an error. Wipes the bytes. Failure: invalid.
Result<Secret> one_line(std::string bytes, const std::string& where);

/// One line, durably, mode 0600, on another thread. Failures: those of replace_file.
Task<Result<void>> store_secret(Blocking blocking, std::string path, Secret secret);

[[nodiscard]] std::shared_ptr<SecretOrigin> make_file_origin(Blocking blocking, SecretFile file);
/// A name under $CREDENTIALS_DIRECTORY.
[[nodiscard]] std::shared_ptr<SecretOrigin> make_credential_origin(Blocking blocking, std::string name);

}  // namespace postern::credentials
