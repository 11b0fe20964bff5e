// A hostile name server, or whoever answers in its place. Input: the bytes of an answer.
#include "base/host_name.h"
#include "fuzz.h"
#include "net/dns.h"
#include "net/service_directory.h"

#include <algorithm>
#include <string>

namespace {

using namespace postern;

void look_at(const net::DnsAnswer& answer, const ServiceName& service) {
  fuzz::check(answer.records.size() <= 32, "records are bounded");
  fuzz::check(answer.ttl >= Seconds(0) && answer.ttl <= Seconds(0x7fffffff), "a time is no negative one");
  for (const net::DnsRecord& one : answer.records) {
    fuzz::check(one.target.empty() || is_host_name(one.target), "a target is a host name, or there is none");
  }
  const auto servers = net::usable_servers(answer, service);
  if (!servers) return fuzz::check(servers.error().text.size() < 1000, "errors are short");
  const auto fits = [](const net::DnsRecord& one) { return one.port != 0 && !one.target.empty(); };
  fuzz::check(!servers->empty() && std::ranges::all_of(*servers, fits), "what can be used has a name and a port");
  std::uint32_t number = 0;
  const auto order = net::in_srv_order(*servers, [&](std::uint32_t most) { return number++ % (most + 1); });
  fuzz::check(std::ranges::is_permutation(order, *servers), "each server once");
  fuzz::check(std::ranges::is_sorted(order, {}, &net::DnsRecord::priority), "the lowest priority first");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ServiceName service{"_submissions", "example.com"};
  for (const net::DnsType type : {net::DnsType::srv, net::DnsType::mx}) {
    const auto answer = net::parse_answer(fuzz::text_of(data, size), service.record(), type);
    if (answer) look_at(*answer, service);
  }
  return 0;
}
