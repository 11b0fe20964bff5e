#include "setup/dns.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace postern::setup {

std::vector<DnsRecord> in_fixed_order(std::vector<DnsRecord> records) {
  const auto order = [](const DnsRecord& one) {
    return std::tuple(one.priority, -static_cast<int>(one.weight), one.target);
  };
  std::ranges::sort(records, {}, order);
  return records;
}

std::vector<DnsRecord> dns_records(const std::string& name, DnsType type) {
  auto answer = net::ask_dns(name, type);
  return answer ? in_fixed_order(std::move(answer->records)) : std::vector<DnsRecord>();
}

}  // namespace postern::setup
