// journald's own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram a fact. sd_journal_sendv(3) waits where
// journald is stopped or hangs, and with it all mail would.
#pragma once

#include "base/log_outlet.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern {

inline constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

/// Of fields as journal_fields() makes them: without control characters.
[[nodiscard]] std::string journal_datagram(const std::vector<std::string>& fields);

/// Each text is one datagram to the socket at that path.
[[nodiscard]] LogOutlet::Take take_by_journal(std::string path = kJournalSocket);

}  // namespace postern
