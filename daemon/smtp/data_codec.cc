#include "smtp/data_codec.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace postern::smtp {

mail::Mended DataDecoder::mended() const {
  mail::Mended mended = mender_.mended();
  mended.bare_lfs = command_ == LineEnd::lf ? 0 : bare_lfs_;
  return mended;
}

/// The first fault, with BareNewline::reject.
void DataDecoder::inspect(std::string_view raw) {
  for (const char c : raw) {
    if (fault_ != Fault::none) return;
    const bool after_cr = std::exchange(fault_cr_, c == '\r');
    if (after_cr && c != '\n') fault_ = Fault::bare_cr;
    if (!after_cr && c == '\n') fault_ = Fault::bare_lf;
    if (c == '\0' && fault_ == Fault::none) fault_ = Fault::nul;
  }
}

/// Text as it came, without stuffed dots; `line_ends` are in it.
void DataDecoder::put(std::string_view raw, std::size_t line_ends, std::string& text) {
  if (bare_newline_ == BareNewline::reject) inspect(raw);
  if (fault_ != Fault::none) {
    wire_size_ += raw.size();
    return;
  }
  const std::size_t before = text.size();
  mender_.feed(raw, text);
  wire_size_ += text.size() - before + line_ends;
}

/// All lines from the front of `wire`, up to one that begins with a dot.
void DataDecoder::take_lines(std::string_view& wire, std::string& text) {
  std::size_t end = 0;
  std::size_t line_ends = 0;
  do {
    const std::size_t lf = wire.find('\n', end);
    if (lf == std::string_view::npos) {
      after_cr_ = wire.back() == '\r';
      state_ = State::line;
      end = wire.size();
      break;
    }
    const bool whole = lf > 0 ? wire[lf - 1] == '\r' : after_cr_;
    if (!whole) ++bare_lfs_;
    ++line_ends;
    after_cr_ = false;
    state_ = whole ? State::line_start : State::bare_line_start;
    end = lf + 1;
  } while (end < wire.size() && wire[end] != '.');
  put(wire.substr(0, end), line_ends, text);
  wire.remove_prefix(end);
}

/// A line began with a dot. That is stuffing or the end of data, never text.
bool DataDecoder::judge_dot(std::string_view& wire, std::string& text) {
  const char next = wire.front();
  const bool lf_ends = state_ != State::dot || command_ == LineEnd::lf;
  if (next == '\n' && lf_ends) {
    wire.remove_prefix(1);
    return true;
  }
  const bool cr_may_follow = state_ == State::dot || (state_ == State::dot_cr && command_ == LineEnd::cr_cr_lf);
  if (next == '\r' && cr_may_follow) {
    wire.remove_prefix(1);
    state_ = state_ == State::dot ? State::dot_cr : State::dot_cr_cr;
    return false;
  }
  const std::string_view crs = state_ == State::dot ? "" : state_ == State::dot_cr ? "\r" : "\r\r";
  put(crs, 0, text);
  after_cr_ = !crs.empty();
  state_ = State::line;
  return false;
}

/// At least one byte, or one step without; true at the end of data.
bool DataDecoder::step(std::string_view& wire, std::string& text) {
  const bool dot = wire.front() == '.';
  switch (state_) {
    case State::line_start:
      if (!dot) break;
      wire.remove_prefix(1);
      state_ = State::dot;
      return false;
    case State::bare_line_start:
      if (!dot) break;
      wire.remove_prefix(1);
      state_ = command_ == LineEnd::lf ? State::dot : State::bare_dot;
      return false;
    case State::bare_dot:
      if (!dot) put(".", 0, text);
      state_ = State::line;
      break;
    case State::dot:
    case State::dot_cr:
    case State::dot_cr_cr: return judge_dot(wire, text);
    case State::line: break;
  }
  take_lines(wire, text);
  return false;
}

bool DataDecoder::feed(std::string_view& wire, std::string& text) {
  const std::string_view all = wire;
  const std::size_t begin = text.size();
  bool done = false;
  while (!wire.empty() && !done) done = step(wire, text);
  if (!done) remember(all);
  if (!eight_bit_) eight_bit_ = !is_ascii(std::string_view(text).substr(begin));
  return done;
}

void DataDecoder::remember(std::string_view wire) {
  constexpr std::size_t kTail = 24;
  tail_ += wire.substr(wire.size() - std::min(wire.size(), kTail));
  if (tail_.size() > kTail) tail_.erase(0, tail_.size() - kTail);
}

bool DataDecoder::ends_with_lone_dot() const {
  constexpr std::string_view kLineEnds = "\r\n";
  std::string_view tail = tail_;
  const auto ended = [&] {
    const std::size_t last = tail.find_last_not_of(kLineEnds);
    const bool line_ended = last != std::string_view::npos && last + 1 < tail.size();
    if (line_ended) tail = tail.substr(0, last + 1);
    return line_ended;
  };
  if (!ended()) return false;
  if (tail.size() > 4 && iequals(tail.substr(tail.size() - 4), "QUIT")) {
    tail.remove_suffix(4);
    if (!ended()) return false;
  }
  if (!tail.ends_with('.')) return false;
  tail.remove_suffix(1);
  return !tail.empty() && kLineEnds.find(tail.back()) != std::string_view::npos;
}

void DataEncoder::feed(std::string_view text, std::string& wire) {
  if (text.find('\r') != std::string_view::npos) {
    std::string clean(text);
    std::ranges::replace(clean, '\r', ' ');
    feed(clean, wire);
    return;
  }
  while (!text.empty()) {
    if (line_start_ && text.front() == '.') wire += '.';
    const std::size_t end = text.find('\n');
    line_start_ = end != std::string_view::npos;
    if (!line_start_) {
      wire.append(text);
      return;
    }
    wire.append(text.substr(0, end)).append("\r\n", 2);
    text.remove_prefix(end + 1);
  }
}

void DataEncoder::finish(std::string& wire) {
  if (!line_start_) wire += "\r\n";
  wire += ".\r\n";
  line_start_ = true;
}

}  // namespace postern::smtp
