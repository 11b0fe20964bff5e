// Private to net/: making and removing the file of a listening unix socket.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <sys/types.h>
#include <string>

namespace postern::net {

/// The file a listening socket was bound to: known by its inode, so that nobody else's is ever removed.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);
  ~SocketFile() { remove(); }
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&&) = delete;

  void remove();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Bound with this mode, not yet listening. A dead socket file of ours at the path is replaced. Failures: busy (a
/// living one), denied (somebody else's, or no right), exists (no socket at all), invalid (too long), not_found, io.
Result<UniqueFd> bind_unix(const std::string& path, unsigned mode);

}  // namespace postern::net
