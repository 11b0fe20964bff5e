// Private to net/: connects a socket to one address, and does the TLS handshake if that comes first.
#pragma once

#include "net/connection.h"
#include "net/race.h"
#include "net/socket_stream.h"

#include <memory>
#include <string>

namespace postern::net {

/// "smtp.example.com[192.0.2.1]:465", printable.
[[nodiscard]] std::string peer_text(const ClientOptions& options, const Endpoint& endpoint);

/// Connection and handshake together take connect_timeout at most, and end by the deadline. A handshake that wanted to
/// resume a session, and did not get to its end, is done once more on a new connection, in full.
class SocketRunner final : public Runner {
 public:
  enum class Handshake { resuming, full };
  SocketRunner(Executor executor, std::shared_ptr<const ClientOptions> options, const Endpoint& endpoint,
               Handshake handshake);

  Task<Result<Reached>> run(std::function<void()> connected) override;
  void cancel() override;

 private:
  Task<Result<void>> connect(const std::function<void()>& connected);
  Result<void> open();
  [[nodiscard]] Error error(Error error) const;

  Executor executor_;
  std::shared_ptr<const ClientOptions> options_;
  Endpoint endpoint_;
  SteadyTime until_;
  std::shared_ptr<Resumption> resumption_;
  std::unique_ptr<SocketStream> stream_;
  bool cancelled_ = false;
};

}  // namespace postern::net
