// The clients of the administrator's socket, all of them: each is served in a task of its own.
#pragma once

#include "base/task.h"
#include "control/server.h"

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <memory>

namespace postern::control {

class Clients {
 public:
  /// Of one user at a time: they must not use up the descriptors that submissions need.
  static constexpr std::size_t kOfUser = 20;

  explicit Clients(Executor loop) : loop_(std::move(loop)) {}

  /// Serves it, or closes the connection where its user has enough of them.
  void start(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<Context> context);

 private:
  Executor loop_;
  std::shared_ptr<std::map<uid_t, std::size_t>> of_user_ = std::make_shared<std::map<uid_t, std::size_t>>();
};

}  // namespace postern::control
