#include "net/service_directory.h"

#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace postern::net {
namespace {

constexpr std::size_t kShown = 4;  // the log cuts long texts

std::string shown(const std::vector<DnsRecord>& records) {
  std::string text;
  for (std::size_t i = 0; i < std::min(records.size(), kShown); ++i) {
    const DnsRecord& one = records[i];
    text += fmt::format("{}{}:{} (priority {}, weight {})", text.empty() ? "" : ", ", one.target, one.port,
                        one.priority, one.weight);
  }
  if (records.size() > kShown) text += fmt::format(" and {} more", records.size() - kShown);
  return text;
}

Error none(const ServiceName& service, const std::string& why) {
  return Error{Failure::resolve, service.str() + ": " + why};
}

/// Also where the task that asks ends before it has an answer.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(++count) {}
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

/// In any order: many a name server turns its answer round each time.
bool are_same(std::vector<DnsRecord> one, std::vector<DnsRecord> other) {
  const auto all = [](const DnsRecord& record) {
    return std::tuple(record.priority, record.weight, record.port, record.target);
  };
  std::ranges::sort(one, {}, all);
  std::ranges::sort(other, {}, all);
  return one == other;
}

}  // namespace

Result<std::vector<DnsRecord>> usable_servers(const DnsAnswer& answer, const ServiceName& service) {
  std::vector<DnsRecord> usable = answer.records;
  const auto is_denial = [](const DnsRecord& one) { return one.target.empty(); };
  if (!usable.empty() && std::ranges::all_of(usable, is_denial)) {
    return none(service, "the DNS says that this service is not offered (its server is '.')");
  }
  std::erase_if(usable, is_denial);
  const bool any = !usable.empty();
  std::erase_if(usable, [](const DnsRecord& one) { return one.port == 0; });
  if (!usable.empty()) return usable;
  return none(service, any ? "the DNS names port 0 for each server, where nobody can be"
                           : "the DNS names servers whose names can be no hosts'");
}

Task<Result<ServiceDirectory::Servers>> ServiceDirectory::servers() {
  const bool is_old = !until_ || parts_.now() >= *until_;
  if (is_old && (asking_ == 0 || known_.empty())) {
    const Counted question(asking_);
    auto answer = co_await parts_.ask(known_.empty() ? kAnswerPatience : kNewAnswerPatience);
    if (!answer && answer.error().failure == Failure::cancelled) co_return answer.error();
    if (auto taken = take(std::move(answer)); !taken) co_return taken.error();
  }
  Servers servers;
  servers.order = in_turn();
  servers.proven = proven_;
  co_return servers;
}

Result<void> ServiceDirectory::take(Result<DnsAnswer> answer) {
  // RFC 2181 9: what is left of an answer takes the place of no whole one, and denies nothing.
  if (answer && answer->partial && !known_.empty() && (!partial_ || !usable_servers(*answer, service_))) {
    answer = Error{Failure::resolve, "the answer was cut off, and no name server tells the whole by TCP"};
  }
  if (answer) {
    auto usable = usable_servers(*answer, service_);
    if (usable) {
      learn(*answer, std::move(*usable));
      return {};
    }
    known_.clear();
    until_.reset();
    return usable.error();
  }
  const Error& error = answer.error();
  // Another one asked meanwhile, and was answered.
  if (until_ && parts_.now() < *until_) return {};
  if (error.failure == Failure::not_found) known_.clear();
  if (known_.empty()) {
    until_.reset();
    return none(service_, error.text);
  }
  if (!silent_) {
    log(Level::warning, "the DNS does not tell which servers a smarthost has; those that it named last are used",
        {{"service", service_.str()}, {"reason", error.text}, {"servers", shown(known_)}});
  }
  silent_ = true;
  until_ = parts_.now() + kAskAgain;
  return {};
}

void ServiceDirectory::learn(const DnsAnswer& answer, std::vector<DnsRecord> usable) {
  if (silent_) log(Level::notice, "the DNS tells again which servers a smarthost has", {{"service", service_.str()}});
  silent_ = false;
  until_ = parts_.now() + std::clamp(answer.ttl, kShortestAnswer, kLongestAnswer);
  proven_ = answer.proven;
  partial_ = answer.partial;
  if (are_same(known_, usable)) return;
  known_ = std::move(usable);
  log(Level::info, "the DNS names the servers of a smarthost",
      {{"service", service_.str()}, {"servers", shown(known_)}, {"ttl", to_words(answer.ttl)}});
  const std::size_t named = known_.size() + answer.left_out;
  const std::size_t tried = std::min(known_.size(), kMostServers);
  if (named > tried) {
    log(Level::notice, "the DNS names more servers of a smarthost than can be used",
        {{"service", service_.str()}, {"count", named}, {"tried", tried}});
  }
}

std::vector<DnsRecord> ServiceDirectory::in_turn() {
  const SteadyTime now = parts_.now();
  std::erase_if(avoided_, [&](const auto& one) { return one.second <= now; });
  std::vector<DnsRecord> order;
  std::vector<DnsRecord> behind;
  for (DnsRecord& one : in_srv_order(known_, parts_.draw)) {
    (avoided_.contains(key_of(one)) ? behind : order).push_back(std::move(one));
  }
  order.insert(order.end(), behind.begin(), behind.end());
  if (order.size() > kMostServers) order.resize(kMostServers);
  return order;
}

void ServiceDirectory::failed(const DnsRecord& server) { avoided_[key_of(server)] = parts_.now() + kAvoidance; }

}  // namespace postern::net
