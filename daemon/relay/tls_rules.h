// Private to relay/: what the settings of a smarthost say of TLS besides what is usual.
#pragma once

#include "net/stream.h"
#include "relay/smarthost_options.h"

#include <string>
#include <vector>

namespace postern::relay {

/// As sentences, for people.
[[nodiscard]] std::vector<std::string> tls_rules(const SmarthostOptions& smarthost);

/// What is to be said of a server that is known by a key alone that is shorter than it should be; empty: nothing.
[[nodiscard]] std::string short_pinned_key(const SmarthostOptions& smarthost, const net::TlsInfo& tls);

}  // namespace postern::relay
