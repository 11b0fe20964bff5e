#include "relay/wire.h"

#include "base/text.h"
#include "relay/redact.h"
#include "smtp/limits.h"

#include <algorithm>
#include <utility>

namespace postern::relay {
namespace {

constexpr std::size_t kTraceLine = 512;
constexpr std::size_t kCodeAndCr = 5;  // around a challenge

void cut(std::string& line) {
  if (line.size() <= kTraceLine) return;
  line.resize(cut_printable(line, kTraceLine - 3).size());
  line += "...";
}

}  // namespace

std::vector<std::string> lines_of(const smtp::Reply& reply) {
  std::vector<std::string> lines;
  const std::string code = std::to_string(reply.code);
  for (const std::string& text : reply.lines) {
    const bool last = lines.size() + 1 == reply.lines.size();
    lines.push_back(code + (last ? ' ' : '-') + printable(text));
  }
  if (lines.empty()) lines.push_back(code);
  return lines;
}

void Wire::trace(std::string line) const {
  if (!trace_) return;
  cut(line);
  trace_(line);
}

void Wire::trace(const smtp::Reply& reply) const {
  if (!trace_) return;
  if (repeats(secrets_, reply)) return trace("S: " + shown(secrets_, reply));
  for (const std::string& line : lines_of(reply)) trace("S: " + line);
}

Error Wire::fail(Error error) {
  broken_ = true;
  return error;
}

void Wire::expires_after(Milliseconds deadline) {
  const auto left = std::chrono::duration_cast<Milliseconds>(allowed_until_ - std::chrono::steady_clock::now());
  const Milliseconds most = until_words_ ? std::min(*until_words_, deadline) : deadline;
  stream_.expires_after(std::clamp(left, Milliseconds(0), most));
}

Task<Result<void>> Wire::send(std::string_view bytes, Milliseconds deadline) {
  for (std::string_view rest = trace_ ? bytes : std::string_view(); !rest.empty();) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    trace("C: " + printable(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  co_return co_await write(bytes, deadline);
}

Task<Result<void>> Wire::send_text(std::string_view bytes, Milliseconds deadline) {
  if (trace_) trace("C: (" + std::to_string(bytes.size()) + " bytes of message)");
  co_return co_await write(bytes, deadline);
}

Task<Result<void>> Wire::write(std::string_view bytes, Milliseconds deadline) {
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
  waiting_since_ = std::chrono::steady_clock::now();
  auto reply = co_await read_reply(deadline);
  waiting_since_.reset();
  if (reply) trace(*reply);
  co_return reply;
}

Task<Result<smtp::Reply>> Wire::read_reply(Milliseconds deadline) {
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
    if (!until_words_) continue;
    until_words_.reset();
    expires_after(deadline);
  }
}

Task<Result<smtp::Reply>> Wire::command(std::string_view line, Milliseconds deadline) {
  if (const auto sent = co_await send(line, deadline); !sent) co_return sent.error();
  co_return co_await reply(deadline);
}

Task<Result<smtp::Reply>> Wire::secret_command(std::string_view line, std::string_view shown, Milliseconds deadline) {
  if (trace_) trace("C: " + printable(shown));
  if (const auto sent = co_await write(line, deadline); !sent) co_return sent.error();
  parser_.allow_line(smtp::limits::kAuthLine + kCodeAndCr);
  auto reply = co_await read_reply(deadline);
  parser_.allow_line(smtp::limits::kReplyLine);
  co_return reply;
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
  waiting_since_ = std::chrono::steady_clock::now();
  auto started = co_await stream_.start_tls();
  waiting_since_.reset();
  if (!started) broken_ = true;
  co_return started;
}

}  // namespace postern::relay
