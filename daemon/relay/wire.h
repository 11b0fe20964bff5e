// One SMTP connection as a client uses it: commands out, replies in, one at a time. It knows the framing of replies
// and that a connection is of no use once its state is unknown; nothing about what the replies mean.
#pragma once

#include "base/clock.h"
#include "base/redactor.h"
#include "base/result.h"
#include "base/task.h"
#include "net/stream.h"
#include "smtp/reply.h"

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

/// Takes the lines of a protocol trace: "C: EHLO me", "S: 250 ok", printable and of bounded length.
using Trace = std::function<void(const std::string& line)>;

/// A reply as the lines it came in: "250-mx", "250 SIZE 1000"; printable.
[[nodiscard]] std::vector<std::string> lines_of(const smtp::Reply& reply);

class Wire {
 public:
  explicit Wire(net::Stream& stream) : stream_(stream) {}

  /// From now on everything together may take so long; the deadlines below are cut to what is left of it.
  void allow(Milliseconds altogether) { allowed_until_ = std::chrono::steady_clock::now() + altogether; }

  /// Until the server has said anything more, each operation may take no longer than that.
  void expect_words(Milliseconds patience) { until_words_ = patience; }

  /// From now on what is said goes there too. Message text and what belongs to a secret_command() does not.
  void trace_to(Trace sink) { trace_ = std::move(sink); }
  void trace(std::string line) const;
  /// All of its lines, or that they are not shown: see secrets().
  void trace(const smtp::Reply& reply) const;

  /// What no reply in the trace may repeat, to the end of the session.
  [[nodiscard]] Redactor& secrets() { return secrets_; }

  /// Writes commands, whose replies are then read one by one. Failures: those of Stream::write, and
  /// protocol if the server said something nobody asked for: its replies would shift onto the wrong commands.
  Task<Result<void>> send(std::string_view bytes, Milliseconds deadline);
  /// The same for message text.
  Task<Result<void>> send_text(std::string_view bytes, Milliseconds deadline);
  /// The next reply. Failures: those of Stream::read_some, closed at the end of the stream, protocol, limit.
  Task<Result<smtp::Reply>> reply(Milliseconds deadline);
  /// One command and its reply.
  Task<Result<smtp::Reply>> command(std::string_view line, Milliseconds deadline);
  /// One command that holds a secret, and its reply. The trace shows `shown` in its place, and the reply not at all: to
  /// show what is fit to be seen of it is left to the caller.
  Task<Result<smtp::Reply>> secret_command(std::string_view line, std::string_view shown, Milliseconds deadline);
  /// After a failed send(): what the server said before, if that can still be read. The wire stays broken.
  Task<std::optional<smtp::Reply>> last_words(Milliseconds deadline);
  Task<Result<void>> start_tls(Milliseconds deadline);

  /// Since when a word of the server is waited for; nothing: it has the turn to listen.
  [[nodiscard]] std::optional<SteadyTime> waiting_since() const { return waiting_since_; }
  /// Bytes of the server have been read that no reply() has taken yet.
  [[nodiscard]] bool unread() const { return begin_ != end_ || parser_.midway(); }
  /// Nothing more can be said: an operation failed, or the protocol was broken.
  [[nodiscard]] bool broken() const { return broken_; }
  void give_up() { broken_ = true; }
  [[nodiscard]] net::Stream& stream() { return stream_; }

 private:
  Task<Result<void>> write(std::string_view bytes, Milliseconds deadline);
  Task<Result<smtp::Reply>> read_reply(Milliseconds deadline);
  Result<std::optional<smtp::Reply>> parse();
  Error fail(Error error);
  void expires_after(Milliseconds deadline);

  net::Stream& stream_;
  smtp::ReplyParser parser_;
  std::array<char, 4096> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Trace trace_;
  Redactor secrets_;
  SteadyTime allowed_until_ = SteadyTime::max();
  std::optional<Milliseconds> until_words_;
  std::optional<SteadyTime> waiting_since_;
  bool broken_ = false;
};

}  // namespace postern::relay
