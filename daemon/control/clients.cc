#include "control/clients.h"

#include <utility>

namespace postern::control {

void Clients::start(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<Context> context) {
  const uid_t uid = peer.uid.value_or(static_cast<uid_t>(-1));
  std::size_t& served = (*of_user_)[uid];
  if (served >= kOfUser) return;
  ++served;
  const auto done = [of_user = of_user_, uid] {
    if (--of_user->at(uid) == 0) of_user->erase(uid);
  };
  spawn(loop_, serve(std::move(stream), std::move(peer), std::move(context)), "control", done);
}

}  // namespace postern::control
