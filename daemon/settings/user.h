// As whom the files that the settings name are judged: the user of the service. The daemon judges as itself;
// `posternd --check`, which an administrator runs as root, as the user under which the service will run.
#pragma once

#include "base/result.h"

#include <sys/types.h>
#include <string>
#include <vector>

namespace postern::settings {

struct User {
  uid_t uid = 0;
  std::vector<gid_t> groups;  ///< the primary one first
  bool other = false;         ///< not whom this process runs as

  [[nodiscard]] bool in(gid_t gid) const;
};

/// Whom this process runs as.
[[nodiscard]] User this_user();

/// From the system's list. Failures: not_found, io.
[[nodiscard]] Result<User> user_named(const std::string& name);

/// The system knows a group of this name, or cannot tell.
[[nodiscard]] bool may_be_group(const std::string& name);

/// The user of the service, User= in packaging/systemd/postern.service.
inline constexpr const char* kServiceUser = "postern";

/// The settings of the service, ExecStart= in packaging/systemd/postern.service.
inline constexpr const char* kSystemSettings = "/etc/postern/postern.yaml";

/// What the service alone writes and reads, StateDirectory= in packaging/systemd/postern.service.
inline constexpr const char* kServiceState = "/var/lib/postern";

/// The file lies where the service has its settings, by whatever name: it need not be there yet.
[[nodiscard]] bool is_systems(const std::string& file);

/// Who will read the settings in this file: of one of the system's own, if root asks, the user of the service where
/// there is one; of any other whom this process runs as, since nobody knows who will start a daemon with it.
[[nodiscard]] User reader_of(const std::string& file);

/// Names for people, or the number where there is no name. They may ask the name service, so not on the event loop.
[[nodiscard]] std::string user_name(uid_t uid);
[[nodiscard]] std::string group_name(gid_t gid);

/// Whether the user may do that (R_OK, W_OK, X_OK of access(2)) with the file, found out by trying: the kernel alone
/// knows of access lists and security modules. For another user a child becomes that user and reports, which is for
/// root and for a process of one thread. 0, or the errno.
[[nodiscard]] int try_access(const User& user, const std::string& file, int how);

}  // namespace postern::settings
