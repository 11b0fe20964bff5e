#include "spool/rename.h"

#include "base/log.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace postern::spool {
namespace {

class SystemNames final : public NameCalls {
 public:
  int rename_no_replace(int from, const char* name, int to, const char* new_name) override {
    return static_cast<int>(::syscall(SYS_renameat2, from, name, to, new_name, RENAME_NOREPLACE));
  }
  int link(int from, const char* name, int to, const char* new_name) override {
    return ::linkat(from, name, to, new_name, 0);
  }
  int unlink(int directory, const char* name) override { return ::unlinkat(directory, name, 0); }
};

bool means_no_links(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == EMLINK;
}

/// The name is certainly still there. After EIO, or a server that did not answer, nobody knows; then to take the new
/// name back might take the last one.
bool means_untouched(int error) {
  return error == EACCES || error == EPERM || error == EROFS || error == EBUSY || error == ENOSPC || error == EDQUOT;
}

/// link() never replaces either.
Result<void> link_and_unlink(NameCalls& calls, int from, const std::string& name, int to, const std::string& new_name) {
  if (calls.link(from, name.c_str(), to, new_name.c_str()) != 0) {
    const int error = errno;
    if (!means_no_links(error)) return system_error(error, "link " + name);
    return system_error(error, "the file system of the spool can neither rename without replacing nor link; " + name);
  }
  if (calls.unlink(from, name.c_str()) == 0 || errno == ENOENT) return {};
  const int error = errno;
  if (!means_untouched(error) || calls.unlink(to, new_name.c_str()) != 0) {
    log(Level::error,
        "a file of the spool may have two names now: one of a message that was moved is to be removed, and both of one "
        "that was refused",
        {{"file", name}, {"why", system_error(error, "unlink").text}});
  }
  return system_error(error, "unlink " + name);
}

}  // namespace

NameCalls& system_names() {
  static SystemNames calls;
  return calls;
}

Result<void> rename_no_replace(NameCalls& calls, int from, const std::string& name, int to,
                               const std::string& new_name) {
  if (calls.rename_no_replace(from, name.c_str(), to, new_name.c_str()) == 0) return {};
  const int error = errno;
  if (error == EINVAL || error == ENOSYS) return link_and_unlink(calls, from, name, to, new_name);
  return system_error(error, "rename " + name);
}

}  // namespace postern::spool
