// Small files of ours outside the spool (a refresh token, what is remembered of a site): replaced as a whole or not at
// all, and on stable storage when the call returns. Blocking: not for the event loop.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <sys/types.h>

namespace postern {

/// Who may use a new file: by default its owner alone.
struct FileAccess {
  mode_t mode = 0600;
  std::optional<gid_t> group{};  ///< none: as the system gives it
};

/// Writes a new file beside the old one, syncs it, renames it over the old one and syncs the directory. Nobody whom
/// `access` does not name can read it, not even while it is written. Whatever fails, the old file stays as it was. Of
/// several that are written at the same time, the last one stays.
/// Failures: io, no_space, not_found, denied; the text names the path.
Result<void> replace_file(const std::string& path, std::string_view bytes, const FileAccess& access = {});

/// A regular file of at most `limit` bytes, ours or not; a FIFO or a device in its place is not waited for. `about`
/// gets what fstat(2) says of the file that was read. Failures: not_found, denied, io, invalid (no regular file),
/// limit.
Result<std::string> read_file(const std::string& path, std::size_t limit, struct stat* about = nullptr);

}  // namespace postern
