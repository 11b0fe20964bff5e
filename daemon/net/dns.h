// What the DNS says of where a service is: SRV records (RFC 2782), and MX records, by which a mail provider is known.
// Nothing of it is proven unless the answer says so: it only says where to ask.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::net {

struct DnsRecord {
  std::uint16_t priority = 0;  ///< the lowest first (of MX: the preference)
  std::uint16_t weight = 0;    ///< of SRV
  std::uint16_t port = 0;      ///< of SRV
  std::string target;          ///< a host name in small letters without the last dot; empty: "there is no such service"

  friend bool operator==(const DnsRecord&, const DnsRecord&) = default;
};

enum class DnsType { srv, mx };

struct DnsAnswer {
  std::vector<DnsRecord> records;  ///< as they came
  std::size_t left_out = 0;        ///< more than these: their targets are no host names, or they are too many
  Seconds ttl{0};                  ///< for so long it holds
  /// The resolver of this machine vouches for it by DNSSEC (RFC 4035 3.2.3), and /etc/resolv.conf says that it is to be
  /// believed ("options trust-ad"; without that the C library takes the mark away).
  bool proven = false;
  bool partial = false;  ///< the rest was cut off, and no name server told the whole: there may be more
};

/// The records of that type that `name` has, be it by aliases (CNAME) in the same answer. Failure: protocol.
Result<DnsAnswer> parse_answer(std::string_view bytes, std::string_view name, DnsType type);

/// Asks the resolver of this machine about exactly that name, by TCP where the answer is too large for UDP. Blocks for
/// as long as the resolver takes: with servers that say nothing six seconds for each, and then five for TCP. Failures:
/// not_found (it says that there is no such name or no such record), resolve (no answer, that it cannot tell, or an
/// answer of which all that is of use was cut off), protocol (an answer that cannot be read).
Result<DnsAnswer> ask_dns(const std::string& name, DnsType type);

/// The same on a thread of its own, one question at a time. Failures: those, and cancelled if the waiting task was.
Task<Result<DnsAnswer>> look_up(Executor executor, std::string name, DnsType type, Milliseconds patience);

}  // namespace postern::net
