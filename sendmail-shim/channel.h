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

namespace postern::shim {

class Channel {
 public:
  /// Connects. While the daemon restarts (no socket, nobody behind it) it is tried again for `patience`; while its
  /// backlog is full, for `patience` or kBusy, whichever is longer. Ends with EX_TEMPFAIL and the socket's name,
  /// EX_CONFIG if the path is too long for a socket.
  static Outcome<Channel> connect(const std::string& path, std::chrono::milliseconds patience);
  /// Takes over a connected socket.
  explicit Channel(UniqueFd socket) : socket_(std::move(socket)) {}

  /// A daemon that moves no byte for longer is taken for dead. Longer than the 10 minutes RFC 5321 4.5.3.2.6 gives the
  /// answer to the end of data, unless it is set.
  void set_silence(std::chrono::milliseconds longest) { silence_ = longest; }

  /// Everything is handed to the kernel when this returns nothing; what came in meanwhile is kept for read().
  std::optional<Exit> write(std::string_view bytes);
  /// The next bytes, at least one; empty at the end of the connection.
  Outcome<std::string> read();

  /// The silence was longer than was waited for.
  [[nodiscard]] bool silent() const { return silent_; }

  [[nodiscard]] int fd() const { return socket_.get(); }

  static constexpr std::chrono::seconds kBusy{5};
  static constexpr std::chrono::minutes kLongestSilence{15};

 private:
  std::optional<Exit> wait(short events);
  std::optional<Exit> receive();

  UniqueFd socket_;
  std::chrono::milliseconds silence_ = kLongestSilence;
  std::string inbox_;
  bool ended_ = false;
  bool silent_ = false;
};

}  // namespace postern::shim
