#include "support/scripted_stream.h"

#include <algorithm>

namespace postern::test {

ScriptedStream::ScriptedStream(std::vector<Turn> turns) : ScriptedStream(std::move(turns), Options()) {}

ScriptedStream::ScriptedStream(std::vector<Turn> turns, Options options)
    : turns_(turns.begin(), turns.end()), options_(options), secure_(options.secure) {
  tls_.version = "TLSv1.3";
  tls_.cipher = "TEST";
  tls_.verified = true;
  advance();
}

bool ScriptedStream::failing() {
  ++operations_;
  if (operations_ == options_.fail_at) broken_ = true;
  return broken_;
}

void ScriptedStream::advance() {
  while (!turns_.empty()) {
    Turn& turn = turns_.front();
    if (unmatched_.size() < turn.expect.size()) {
      if (!turn.expect.starts_with(unmatched_) && mismatch_.empty()) {
        mismatch_ = "expected \"" + turn.expect + "\", was written \"" + unmatched_ + "\"";
      }
      return;
    }
    if (!unmatched_.starts_with(turn.expect)) {
      if (mismatch_.empty()) mismatch_ = "expected \"" + turn.expect + "\", was written \"" + unmatched_ + "\"";
      return;
    }
    unmatched_.erase(0, turn.expect.size());
    readable_ += turn.say;
    turns_.pop_front();
  }
}

Task<Result<std::size_t>> ScriptedStream::read_some(std::span<char> into) {
  if (cancelled_) co_return Error{Failure::cancelled, "cancelled"};
  if (failing()) co_return Error{options_.failure, "scripted failure"};
  const std::size_t count = std::min({into.size(), readable_.size(), options_.chunk});
  std::copy_n(readable_.begin(), count, into.begin());
  readable_.erase(0, count);
  co_return count;
}

Task<Result<void>> ScriptedStream::write(std::string_view bytes) {
  if (cancelled_) co_return Error{Failure::cancelled, "cancelled"};
  const bool readable = !broken_;
  if (failing() || unwritable_) {
    unwritable_ = readable && (options_.failure == Failure::closed || options_.failure == Failure::io);
    if (unwritable_) broken_ = false;
    co_return Error{options_.failure, "scripted failure"};
  }
  written_ += bytes;
  unmatched_ += bytes;
  advance();
  co_return Result<void>();
}

Task<Result<void>> ScriptedStream::start_tls() {
  if (failing() || unwritable_) co_return Error{options_.failure, "scripted failure"};
  ++tls_starts_;
  if (options_.tls_fails) co_return Error{Failure::tls, "scripted TLS failure"};
  secure_ = true;
  co_return Result<void>();
}

std::string ScriptedStream::mismatch() const {
  if (!mismatch_.empty()) return mismatch_;
  if (!turns_.empty()) return "the script's turn \"" + turns_.front().expect + "\" was never reached";
  if (!unmatched_.empty()) return "written beyond the script: \"" + unmatched_ + "\"";
  return {};
}

}  // namespace postern::test
