#include "control/answer.h"

#include "base/json_text.h"
#include "base/text.h"
#include "control/exit_code.h"
#include "control/server.h"

#include <algorithm>

namespace postern::control {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
constexpr std::size_t kOfByte = 4;                  // bytes of memory, with what the line was made of
constexpr std::size_t kMostHeld = kUnread.all / 2;  // so that one answer alone has room, however long it is
constexpr Seconds kWriteTimeout{60};

}  // namespace

/// Before so many bytes more wait for the client.
Result<void> Answer::hold(std::size_t bytes) {
  if (unread_.resize(std::min(kOfByte * (pending_.size() + bytes), kMostHeld))) return {};
  return Error{Failure::busy, "too many answers are waiting to be read (limit: memory); try again later"};
}

Task<Result<void>> Answer::line(const boost::json::object& object) {
  const std::string text = to_line(object);
  if (Result<void> room = hold(text.size()); !room) co_return room;
  co_return co_await add(text);
}

Task<Result<void>> Answer::text(std::string_view bytes) {
  if (!text_begun_) pending_ += "ok\n";
  text_begun_ = true;
  if (Result<void> room = hold(bytes.size()); !room) co_return room;
  co_return co_await add(bytes);
}

Task<Result<void>> Answer::add(std::string_view bytes) {
  if (broken_) co_return Error{Failure::closed, "the client has gone"};
  pending_ += bytes;
  if (pending_.size() < kPiece) co_return Result<void>();
  co_return co_await flush();
}

Task<Result<void>> Answer::flush() {
  if (broken_) co_return Error{Failure::closed, "the client has gone"};
  if (pending_.empty()) co_return Result<void>();
  stream_.expires_after(kWriteTimeout);
  Result<void> written = co_await stream_.write(pending_);
  if (pending_.capacity() > 4 * kPiece) pending_ = std::string();
  pending_.clear();
  unread_.resize(0);
  broken_ = !written;
  if (written) stream_.expires_after(kCommandTimeout);
  co_return written;
}

Task<void> Answer::end_json(const Result<int>& outcome) {
  boost::json::object last;
  if (outcome) {
    last["done"] = true;
    last["exit"] = *outcome;
  } else {
    last["error"] = json_text(outcome.error().text);
    last["exit"] = exits::code_for(outcome.error().failure);
  }
  const std::string text = to_line(last);
  const Result<void> added = co_await add(text);
  if (added) (void)co_await flush();
}

Task<void> Answer::end_plain(const Result<int>& outcome) {
  if (outcome) {
    if (!text_begun_) pending_ += "ok\n";
    pending_ += "end " + std::to_string(*outcome) + "\n";
  } else {
    const int code = exits::code_for(outcome.error().failure);
    pending_ += "error " + std::to_string(code) + " " + printable(outcome.error().text) + "\n";
  }
  (void)co_await flush();
}

}  // namespace postern::control
