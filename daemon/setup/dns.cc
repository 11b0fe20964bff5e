#include "setup/dns.h"

#include "base/text.h"
#include "settings/values.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace postern::setup {
namespace {

constexpr int kMostRecords = 32;

std::uint16_t number_at(const unsigned char* data) {
  return static_cast<std::uint16_t>((static_cast<unsigned>(data[0]) << 8U) | data[1]);
}

/// Nothing: the record is none of these, or is broken.
std::optional<DnsRecord> read_record(ns_msg& message, const ns_rr& answer, DnsType type) {
  const std::size_t numbers = type == DnsType::srv ? 6 : 2;
  if (ns_rr_type(answer) != (type == DnsType::srv ? ns_t_srv : ns_t_mx) || ns_rr_rdlen(answer) <= numbers) return {};
  const unsigned char* data = ns_rr_rdata(answer);
  DnsRecord record;
  record.priority = number_at(data);
  if (type == DnsType::srv) {
    record.weight = number_at(data + 2);
    record.port = number_at(data + 4);
  }
  std::array<char, NS_MAXDNAME> name{};
  if (dn_expand(ns_msg_base(message), ns_msg_end(message), data + numbers, name.data(), NS_MAXDNAME) < 0) return {};
  record.target = to_lower(std::string_view(name.data()));
  if (record.target == ".") record.target.clear();
  if (!record.target.empty() && !settings::is_host_name(record.target)) return {};
  return record;
}

}  // namespace

Result<std::vector<DnsRecord>> parse_answer(std::string_view bytes, DnsType type) {
  ns_msg message{};
  const std::vector<unsigned char> copy(bytes.begin(), bytes.end());
  if (ns_initparse(copy.data(), static_cast<int>(copy.size()), &message) != 0) {
    return Error{Failure::protocol, "the answer of the DNS cannot be read"};
  }
  std::vector<DnsRecord> records;
  for (int i = 0; i < std::min<int>(ns_msg_count(message, ns_s_an), kMostRecords); ++i) {
    ns_rr answer{};
    if (ns_parserr(&message, ns_s_an, i, &answer) != 0) {
      return Error{Failure::protocol, "an answer of the DNS is broken"};
    }
    if (auto record = read_record(message, answer, type)) records.push_back(std::move(*record));
  }
  const auto order = [](const DnsRecord& one) {
    return std::tuple(one.priority, -static_cast<int>(one.weight), one.target);
  };
  std::ranges::sort(records, {}, order);
  return records;
}

std::vector<DnsRecord> dns_records(const std::string& name, DnsType type) {
  struct __res_state state{};
  if (res_ninit(&state) != 0) return {};
  state.retrans = 2;  // seconds, for each server
  state.retry = 1;
  std::vector<unsigned char> buffer(NS_MAXMSG);
  const int length = res_nquery(&state, name.c_str(), ns_c_in, type == DnsType::srv ? ns_t_srv : ns_t_mx, buffer.data(),
                                static_cast<int>(buffer.size()));
  res_nclose(&state);
  if (length <= 0 || static_cast<std::size_t>(length) > buffer.size()) return {};
  auto records = parse_answer(std::string(buffer.begin(), buffer.begin() + length), type);
  return records ? std::move(*records) : std::vector<DnsRecord>();
}

}  // namespace postern::setup
