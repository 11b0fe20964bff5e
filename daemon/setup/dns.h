// What the DNS says of where a mail address's server is: SRV records for submission (RFC 6186, RFC 8314 5.1), and MX
// records, by which a provider is known. Nothing of it is proven: it only says where to ask.
#pragma once

#include "net/dns.h"

#include <string>
#include <vector>

namespace postern::setup {

using net::DnsRecord;
using net::DnsType;

/// The first to try first: by priority; of the same, the heavier first, so that a person sees the same each time.
[[nodiscard]] std::vector<DnsRecord> in_fixed_order(std::vector<DnsRecord> records);

/// Asks the resolver of this machine; waits some seconds at most. No such name, and no answer, are no records.
[[nodiscard]] std::vector<DnsRecord> dns_records(const std::string& name, DnsType type);

}  // namespace postern::setup
