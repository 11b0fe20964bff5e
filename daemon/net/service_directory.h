// Private to net/: which servers a service has, as the DNS said last, and which of them cannot be reached now.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/service_name.h"
#include "base/task.h"
#include "net/dns.h"
#include "net/srv_order.h"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::net {

/// Of one service; more are a mistake, or an attack on our patience.
inline constexpr std::size_t kMostServers = 16;
/// An answer is asked for again after that, however long it may be kept, and not before.
inline constexpr Seconds kLongestAnswer{24 * 3600};
inline constexpr Seconds kShortestAnswer{1};
/// The DNS that gave no answer is asked again after that.
inline constexpr Seconds kAskAgain{30};
/// So long it is waited for; where servers are known from before, less.
inline constexpr Seconds kAnswerPatience{30};
inline constexpr Seconds kNewAnswerPatience{10};
/// A server that could not be reached stands behind the others for that time.
inline constexpr Seconds kAvoidance{600};

/// The servers that can be used. Those at port 0 cannot, nor can "." beside others. Failure: resolve (there is none;
/// the text says why, and that the service is not offered where the DNS says that).
[[nodiscard]] Result<std::vector<DnsRecord>> usable_servers(const DnsAnswer& answer, const ServiceName& service);

class ServiceDirectory {
 public:
  struct Parts {
    std::function<Task<Result<DnsAnswer>>(Milliseconds patience)> ask;
    std::function<SteadyTime()> now;
    Draw draw;
  };
  struct Servers {
    std::vector<DnsRecord> order;  ///< to be tried so, at least one
    bool proven = false;           ///< DnsAnswer::proven
  };

  ServiceDirectory(ServiceName service, Parts parts) : service_(std::move(service)), parts_(std::move(parts)) {}

  /// Asks the DNS if its last answer holds no more; while somebody asks already, the others go by the last answer.
  /// Where the DNS cannot tell that is used, too, however old, and the log says so; that there is no such service is an
  /// answer. Part of an answer counts where the whole was never told. Failures: resolve (no server is known),
  /// cancelled.
  Task<Result<Servers>> servers();
  /// The next servers() asks and takes what there is, also part of an answer, and no server is behind the others for
  /// what it was.
  void forget() {
    until_.reset();
    partial_ = true;
    avoided_.clear();
  }
  [[nodiscard]] SteadyTime now() const { return parts_.now(); }

  void failed(const DnsRecord& server);
  void worked(const DnsRecord& server) { avoided_.erase(key_of(server)); }

 private:
  using Key = std::pair<std::string, std::uint16_t>;
  static Key key_of(const DnsRecord& server) { return {server.target, server.port}; }
  Result<void> take(Result<DnsAnswer> answer);
  void learn(const DnsAnswer& answer, std::vector<DnsRecord> usable);
  [[nodiscard]] std::vector<DnsRecord> in_turn();

  ServiceName service_;
  Parts parts_;
  std::vector<DnsRecord> known_;
  bool proven_ = false;
  bool partial_ = false;             ///< part of an answer is as good as what is known
  std::optional<SteadyTime> until_;  ///< what is known holds so long
  bool silent_ = false;              ///< the DNS has not told since, and the log says so
  std::size_t asking_ = 0;
  std::map<Key, SteadyTime> avoided_;
};

}  // namespace postern::net
