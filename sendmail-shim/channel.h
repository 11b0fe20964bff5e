// A connection to one of the daemon's unix sockets that reads while it writes, so that neither side can wait for the
// other with full buffers (RFC 2920 3.1).
#pragma once

#include "base/fd.h"
#include "sendmail-shim/exit.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

namespace postern::shim {

class Channel {
 public:
  /// Connects. While the daemon restarts (no socket, nobody behind it, its backlog full) it is tried again for
  /// `patience`. Ends with EX_TEMPFAIL and the socket's name, EX_CONFIG if the path is too long for a socket.
  static Outcome<Channel> connect(const std::string& path, std::chrono::milliseconds patience);
  /// Takes over a connected socket.
  explicit Channel(UniqueFd socket) : socket_(std::move(socket)) {}

  /// Everything is handed to the kernel when this returns nothing; what came in meanwhile is kept for read().
  std::optional<Exit> write(std::string_view bytes);
  /// The next bytes, at least one; empty at the end of the connection.
  Outcome<std::string> read();

  /// The process that listens at the other end, as the kernel knows it: 0 if it does not tell, 1 if the service manager
  /// holds the socket for the daemon.
  [[nodiscard]] pid_t peer() const;

  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  std::optional<Exit> wait(short events);
  std::optional<Exit> receive();

  UniqueFd socket_;
  std::string inbox_;
  bool ended_ = false;
};

}  // namespace postern::shim
