// The clients of the administrator's socket, all of them: each is served in a task of its own.
#pragma once

#include "base/task.h"
#include "control/server.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace postern::control {

class Clients {
 public:
  /// At a time: they must not use up the descriptors that submissions need.
  static constexpr std::size_t kOfUser = 20;  ///< of one party, and as many more that are told why they are not served
  static constexpr std::size_t kAll = 200;    ///< besides administrators', who must get in whoever else is there
  static constexpr std::size_t kKept = 20;    ///< of these, for parties that have none

  /// The party of a uid, whom it counts for.
  using Parties = std::function<std::uint32_t(std::uint32_t uid)>;

  explicit Clients(Executor loop, Parties parties = {}) : loop_(std::move(loop)), parties_(std::move(parties)) {}

  /// Serves it, or tells it why not; where too many of its party are told so already the connection is closed.
  void start(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<Context> context);
  /// Besides administrators.
  [[nodiscard]] std::size_t served() const { return counts_->served; }

 private:
  struct Count {
    std::size_t served = 0;
    std::size_t told = 0;
  };
  struct Counts {
    std::map<std::uint32_t, Count> of_party;
    std::size_t served = 0;
  };
  [[nodiscard]] std::uint32_t party_of(const net::Peer& peer) const;
  void refuse(std::unique_ptr<net::Stream> stream, std::uint32_t party, std::string why);

  Executor loop_;
  Parties parties_;
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace postern::control
