#include "control/later_lines.h"

#include "base/secret_lines.h"
#include "control/members.h"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace postern::control {
namespace {

/// A pasted line as JSON, with every byte of it escaped.
constexpr std::size_t kLongestLine = 6 * members::kLongestPasted + 64;

}  // namespace

struct LaterLines::State {
  std::shared_ptr<net::Stream> stream;
  Heard heard;
  bool reading = false;

  static Task<void> read(std::shared_ptr<State> state);
};

/// A client that sends no more may still read, so its end is no reason to end the command.
Task<void> LaterLines::State::read(std::shared_ptr<State> state) {
  SecretLines lines(kLongestLine);
  std::array<char, 4096> piece{};
  for (;;) {
    const Result<std::size_t> count = co_await state->stream->read_some(piece);
    if (!count || *count == 0) break;
    const auto line = [heard = state->heard](Secret text, bool whole) {
      if (heard && whole) heard(std::move(text));
    };
    lines.feed(std::string_view(piece.data(), *count), line);
  }
  state->reading = false;
}

LaterLines::LaterLines(Executor loop, std::shared_ptr<net::Stream> stream)
    : loop_(std::move(loop)), state_(std::make_shared<State>()) {
  state_->stream = std::move(stream);
}

LaterLines::~LaterLines() {
  state_->heard = nullptr;
  if (state_->reading) state_->stream->cancel();
}

void LaterLines::give_to(Heard heard) {
  const bool begins = heard && !state_->heard && !state_->reading;
  state_->heard = std::move(heard);
  if (!begins) return;
  state_->reading = true;
  spawn(loop_, State::read(state_), "later lines of a control client");
}

}  // namespace postern::control
