// sendmail knows no settings: while the daemon is away it leaves mail in the drop directory of the system's spool,
// wherever `spool` is.
#pragma once

#include <string>

namespace postern::settings {

/// A sentence where that directory is there, and the daemon that the system's sendmail talks to, which listens on its
/// socket, takes its dropped mail from another one; empty: all is well. Blocking: the file system is asked.
[[nodiscard]] std::string untaken_drop(const std::string& spool, const std::string& submit_socket,
                                       const std::string& systems_spool = "/var/spool/postern");

}  // namespace postern::settings
