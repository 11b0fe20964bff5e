#include "net/dns.h"

#include "base/ascii.h"
#include "base/host_name.h"
#include "base/text.h"
#include "net/dns_question.h"
#include "net/dns_stream.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace postern::net {
namespace {

constexpr int kMostRecords = 32;
constexpr int kMostAliases = 8;
constexpr int kSecondsForEach = 3;  // server and try; what resolv.conf(5) says counts where it is less
constexpr int kTries = 2;
constexpr std::uint32_t kLongestTtl = 0x7fffffff;  // RFC 2181 8: what is larger means none

std::uint16_t number_at(const unsigned char* data) {
  return static_cast<std::uint16_t>((static_cast<unsigned>(data[0]) << 8U) | data[1]);
}

/// The name at that place of a record, in small letters without the last dot. Nothing: it is broken.
std::optional<std::string> name_at(ns_msg& message, const unsigned char* at) {
  std::array<char, NS_MAXDNAME> name{};
  if (dn_expand(ns_msg_base(message), ns_msg_end(message), at, name.data(), NS_MAXDNAME) < 0) return {};
  std::string text = to_lower(std::string_view(name.data()));
  if (text.ends_with('.')) text.pop_back();
  return text;
}

/// RFC 2782 knows names alone, and an address would lead to this machine as well.
bool can_be_host(const std::string& target) {
  const std::string_view last = std::string_view(target).substr(target.rfind('.') + 1);
  return is_host_name(target) && !std::ranges::all_of(last, is_digit);
}

/// Nothing: the record is broken, or names what can be no host.
std::optional<DnsRecord> read_record(ns_msg& message, const ns_rr& answer, DnsType type) {
  const std::size_t numbers = type == DnsType::srv ? 6 : 2;
  if (ns_rr_rdlen(answer) <= numbers) return {};
  const unsigned char* data = ns_rr_rdata(answer);
  DnsRecord record;
  record.priority = number_at(data);
  if (type == DnsType::srv) {
    record.weight = number_at(data + 2);
    record.port = number_at(data + 4);
  }
  auto target = name_at(message, data + numbers);
  if (!target || (!target->empty() && !can_be_host(*target))) return {};
  record.target = std::move(*target);
  return record;
}

/// Answers of one message; records of other names, which nobody asked for, are none.
class Answers {
 public:
  explicit Answers(ns_msg& message) : message_(message) {}

  Result<void> read() {
    for (int i = 0; i < std::min<int>(ns_msg_count(message_, ns_s_an), kMostRecords + kMostAliases); ++i) {
      ns_rr one{};
      if (ns_parserr(&message_, ns_s_an, i, &one) != 0) {
        return Error{Failure::protocol, "an answer of the DNS is broken"};
      }
      all_.push_back(one);
    }
    return {};
  }

  /// Where the aliases lead; their times bound how long the answer holds.
  std::string follow(std::string name, DnsAnswer& answer) {
    for (int i = 0; i < kMostAliases; ++i) {
      const auto alias = std::ranges::find_if(
          all_, [&](const ns_rr& one) { return ns_rr_type(one) == ns_t_cname && iequals(ns_rr_name(one), name); });
      if (alias == all_.end()) break;
      auto next = name_at(message_, ns_rr_rdata(*alias));
      if (!next) break;
      holds_for(*alias, answer);
      name = std::move(*next);
    }
    return name;
  }

  void collect(const std::string& name, DnsType type, DnsAnswer& answer) {
    const int wanted = type == DnsType::srv ? ns_t_srv : ns_t_mx;
    for (const ns_rr& one : all_) {
      if (ns_rr_type(one) != wanted || !iequals(ns_rr_name(one), name)) continue;
      auto record = answer.records.size() < kMostRecords ? read_record(message_, one, type) : std::nullopt;
      if (!record) {
        ++answer.left_out;
        continue;
      }
      holds_for(one, answer);
      answer.records.push_back(std::move(*record));
    }
  }

 private:
  void holds_for(const ns_rr& one, DnsAnswer& answer) {
    const std::uint32_t ttl = ns_rr_ttl(one) > kLongestTtl ? 0 : ns_rr_ttl(one);
    const Seconds time(ttl);
    answer.ttl = timed_ ? std::min(answer.ttl, time) : time;
    timed_ = true;
  }

  ns_msg& message_;
  std::vector<ns_rr> all_;
  bool timed_ = false;
};

std::string words_of(const std::string& name, DnsType type) {
  return std::string(type == DnsType::srv ? "SRV" : "MX") + " record of " + printable(name);
}

Error refusal(const std::string& name, DnsType type, int reason, int error) {
  const std::string of = words_of(name, type);
  switch (reason) {
    case HOST_NOT_FOUND: return Error{Failure::not_found, "the DNS has no such name: " + printable(name)};
    case NO_DATA: return Error{Failure::not_found, "the DNS has no " + of};
    case TRY_AGAIN: break;
    default: return Error{Failure::resolve, "the name server refuses to tell of the " + of};
  }
  if (error == ECONNREFUSED) return Error{Failure::resolve, "no name server can be reached that knows the " + of};
  // The C library does not say which of the two it was.
  return Error{Failure::resolve, "no name server can tell of the " + of + " (no answer in time, or SERVFAIL)"};
}

/// What was left of it says nothing of what was cut off.
Error loss(const std::string& name, DnsType type) {
  return Error{Failure::resolve,
               "the answer on the " + words_of(name, type) + " was cut off, and no name server tells the whole by TCP"};
}

}  // namespace

Result<DnsAnswer> parse_answer(std::string_view bytes, std::string_view name, DnsType type) {
  ns_msg message{};
  const std::vector<unsigned char> copy(bytes.begin(), bytes.end());
  if (copy.size() > NS_MAXMSG || ns_initparse(copy.data(), static_cast<int>(copy.size()), &message) != 0) {
    return Error{Failure::protocol, "the answer of the DNS cannot be read"};
  }
  DnsAnswer answer;
  answer.proven = ns_msg_getflag(message, ns_f_ad) != 0;
  Answers answers(message);
  if (auto read = answers.read(); !read) return read.error();
  const std::string owner = answers.follow(std::string(name), answer);
  answers.collect(owner, type, answer);
  return answer;
}

Result<DnsAnswer> ask_dns(const std::string& name, DnsType type) {
  struct __res_state state{};
  if (res_ninit(&state) != 0) return Error{Failure::resolve, "the settings of the resolver cannot be read"};
  auto answer = ask_dns(state, name, type);
  res_nclose(&state);
  return answer;
}

Result<DnsAnswer> ask_dns(struct __res_state& state, const std::string& name, DnsType type) {
  state.retrans = std::min(state.retrans, kSecondsForEach);
  state.retry = std::min(state.retry, kTries);
  // By TCP the C library waits for ever: that is asked by ourselves.
  state.options |= RES_IGNTC | RES_USE_EDNS0;
#ifdef RES_TRUSTAD
  const bool trusted = (state.options & RES_TRUSTAD) != 0;
#else
  const bool trusted = false;
#endif
  std::vector<unsigned char> buffer(NS_MAXMSG);
  errno = 0;
  // Not res_nsearch(): a name in some domain of the search list would be another one's.
  const int kind = type == DnsType::srv ? ns_t_srv : ns_t_mx;
  const int length = res_nquery(&state, name.c_str(), ns_c_in, kind, buffer.data(), static_cast<int>(buffer.size()));
  const int error = errno;
  const int reason = state.res_h_errno;
  std::string bytes = length > 0 ? std::string(buffer.begin(), buffer.begin() + length) : std::string();
  // Of an answer that was cut off all may be missing, which the C library takes for no answer and leaves in the buffer.
  const auto* header = reinterpret_cast<const HEADER*>(buffer.data());
  auto whole = header->tc != 0 ? ask_by_stream(state, name, kind) : std::nullopt;
  const bool cut_off = header->tc != 0 && !whole;
  if (whole) bytes = std::move(*whole);
  if (bytes.empty() && cut_off && reason != HOST_NOT_FOUND) return loss(name, type);
  if (bytes.empty()) return refusal(name, type, reason, error);
  auto answer = parse_answer(bytes, name, type);
  if (!answer) return answer;
  answer->proven = answer->proven && trusted;
  answer->partial = cut_off;
  if (cut_off && answer->records.empty()) return loss(name, type);
  if (!answer->records.empty() || answer->left_out > 0) return answer;
  return refusal(name, type, code_of(bytes) == ns_r_nxdomain ? HOST_NOT_FOUND : NO_DATA, 0);
}

}  // namespace postern::net
