// Who counts as one party on this machine: what /etc/subuid and the kernel say.
#pragma once

#include "mail/parties.h"

#include <string>

namespace postern::app {

/// Blocks, since files are read and the name service is asked. What cannot be read is told in the log, and left out:
/// then each uid is a party of its own.
[[nodiscard]] mail::Parties read_parties(const std::string& subordinate_ids = "/etc/subuid",
                                         const std::string& overflow_uid = "/proc/sys/kernel/overflowuid");

}  // namespace postern::app
