// Private to net/: ask_dns() by a resolver whose settings are read; tests have name servers of their own.
#pragma once

#include "base/result.h"
#include "net/dns.h"

#include <resolv.h>

#include <string>

namespace postern::net {

/// `state` is as res_ninit(3) has made it; its options and times are ours from here on.
Result<DnsAnswer> ask_dns(struct __res_state& state, const std::string& name, DnsType type);

}  // namespace postern::net
