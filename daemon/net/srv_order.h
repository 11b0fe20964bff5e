// Private to net/: in which order the servers of one service are tried (RFC 2782). Pure, but for the numbers drawn.
#pragma once

#include "net/dns.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace postern::net {

/// A number from 0 to `most`, each as likely as any other.
using Draw = std::function<std::uint32_t(std::uint32_t most)>;

/// The lowest priority first; of one priority by lot, a server as often first as its weight is of all of theirs. Those
/// without weight come last as a rule, and by even chances where none has any.
[[nodiscard]] std::vector<DnsRecord> in_srv_order(const std::vector<DnsRecord>& found, const Draw& draw);

}  // namespace postern::net
