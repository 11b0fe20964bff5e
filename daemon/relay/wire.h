// One SMTP connection as a client uses it: commands out, replies in, one at a time. It knows the framing of replies
// and that a connection is of no use once its state is unknown; nothing about what the replies mean.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "net/stream.h"
#include "smtp/reply.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::relay {

class Wire {
 public:
  explicit Wire(net::Stream& stream) : stream_(stream) {}

  /// From now on everything together may take so long; the deadlines below are cut to what is left of it.
  void allow(Milliseconds altogether) { allowed_until_ = std::chrono::steady_clock::now() + altogether; }

  /// Writes commands, whose replies are then read one by one, or message text. Failures: those of Stream::write, and
  /// protocol if the server said something nobody asked for: its replies would shift onto the wrong commands.
  Task<Result<void>> send(std::string_view bytes, Milliseconds deadline);
  /// The next reply. Failures: those of Stream::read_some, closed at the end of the stream, protocol, limit.
  Task<Result<smtp::Reply>> reply(Milliseconds deadline);
  /// One command and its reply.
  Task<Result<smtp::Reply>> command(std::string_view line, Milliseconds deadline);
  /// After a failed send(): what the server said before, if that can still be read. The wire stays broken.
  Task<std::optional<smtp::Reply>> last_words(Milliseconds deadline);
  Task<Result<void>> start_tls(Milliseconds deadline);

  /// Bytes of the server have been read that no reply() has taken yet.
  [[nodiscard]] bool unread() const { return begin_ != end_ || parser_.midway(); }
  /// Nothing more can be said: an operation failed, or the protocol was broken.
  [[nodiscard]] bool broken() const { return broken_; }
  void give_up() { broken_ = true; }
  [[nodiscard]] net::Stream& stream() { return stream_; }

 private:
  Result<std::optional<smtp::Reply>> parse();
  Error fail(Error error);
  void expires_after(Milliseconds deadline);

  net::Stream& stream_;
  smtp::ReplyParser parser_;
  std::array<char, 4096> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  SteadyTime allowed_until_ = SteadyTime::max();
  bool broken_ = false;
};

}  // namespace postern::relay
