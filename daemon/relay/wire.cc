#include "relay/wire.h"

#include <algorithm>
#include <utility>

namespace postern::relay {

Error Wire::fail(Error error) {
  broken_ = true;
  return error;
}

void Wire::expires_after(Milliseconds deadline) {
  const auto left = std::chrono::duration_cast<Milliseconds>(allowed_until_ - std::chrono::steady_clock::now());
  stream_.expires_after(std::clamp(left, Milliseconds(0), deadline));
}

Task<Result<void>> Wire::send(std::string_view bytes, Milliseconds deadline) {
  if (broken_) co_return Error{Failure::closed, "the connection was given up"};
  if (unread()) co_return fail(Error{Failure::protocol, "the server spoke out of turn"});
  expires_after(deadline);
  auto written = co_await stream_.write(bytes);
  if (!written) broken_ = true;
  co_return written;
}

Result<std::optional<smtp::Reply>> Wire::parse() {
  std::string_view bytes(buffer_.data() + begin_, end_ - begin_);
  auto parsed = parser_.feed(bytes);
  begin_ = end_ - bytes.size();
  return parsed;
}

Task<Result<smtp::Reply>> Wire::reply(Milliseconds deadline) {
  if (broken_) co_return Error{Failure::closed, "the connection was given up"};
  expires_after(deadline);
  for (;;) {
    auto parsed = parse();
    if (!parsed) co_return fail(parsed.error());
    if (parsed->has_value()) co_return std::move(**parsed);
    const auto count = co_await stream_.read_some(buffer_);
    if (!count) co_return fail(count.error());
    if (*count == 0) co_return fail(Error{Failure::closed, "the server closed the connection"});
    begin_ = 0;
    end_ = *count;
  }
}

Task<Result<smtp::Reply>> Wire::command(std::string_view line, Milliseconds deadline) {
  if (const auto sent = co_await send(line, deadline); !sent) co_return sent.error();
  co_return co_await reply(deadline);
}

Task<std::optional<smtp::Reply>> Wire::last_words(Milliseconds deadline) {
  broken_ = false;
  auto words = co_await reply(deadline);
  broken_ = true;
  if (!words) co_return std::nullopt;
  co_return std::move(*words);
}

Task<Result<void>> Wire::start_tls(Milliseconds deadline) {
  expires_after(deadline);
  auto started = co_await stream_.start_tls();
  if (!started) broken_ = true;
  co_return started;
}

}  // namespace postern::relay
