// A file gets another name and never takes one that is in use: renameat2 with RENAME_NOREPLACE, and where the file
// system or the kernel does not know that (NFS, FUSE and others answer EINVAL, old sandboxes ENOSYS), a second name and
// then the removal of the first. A crash between these two leaves both names, which is what the spool's order of syncs
// may leave of a rename too. Blocking.
#pragma once

#include "base/result.h"

#include <string>

namespace postern::spool {

/// The system calls, as the kernel has them: -1 and errno. An interface because most file systems know all of them.
class NameCalls {
 public:
  virtual ~NameCalls() = default;
  virtual int rename_no_replace(int from, const char* name, int to, const char* new_name) = 0;
  virtual int link(int from, const char* name, int to, const char* new_name) = 0;
  virtual int unlink(int directory, const char* name) = 0;
};

[[nodiscard]] NameCalls& system_names();

/// On failure the old name is there and the new one is not; only where the removal of the old one fails in a way that
/// leaves in doubt whether it is gone, or the new one cannot be removed again, both may stay, which is told in the log.
/// The last name of a file is never removed. Failures: exists, not_found, no_space, io, denied (no links on this file
/// system either).
Result<void> rename_no_replace(NameCalls& calls, int from, const std::string& name, int to,
                               const std::string& new_name);

}  // namespace postern::spool
