// What the DNS says of where a mail address's server is: SRV records for submission (RFC 6186, RFC 8314 5.1), and MX
// records, by which a provider is known. Nothing of it is proven: it only says where to ask.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

struct DnsRecord {
  std::uint16_t priority = 0;  ///< the lowest first (of MX: the preference)
  std::uint16_t weight = 0;    ///< of SRV
  std::uint16_t port = 0;      ///< of SRV
  std::string target;          ///< a host name in small letters without the last dot; empty: "there is no such service"

  friend bool operator==(const DnsRecord&, const DnsRecord&) = default;
};

enum class DnsType { srv, mx };

/// The records of an answer, the first to try first (RFC 2782: by priority; of the same, the heavier first). What is no
/// host name is left out. Failure: protocol.
Result<std::vector<DnsRecord>> parse_answer(std::string_view bytes, DnsType type);

/// Asks the resolver of this machine; waits some seconds at most. No such name, and no answer, are no records.
[[nodiscard]] std::vector<DnsRecord> dns_records(const std::string& name, DnsType type);

}  // namespace postern::setup
