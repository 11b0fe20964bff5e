#include "smtp/data_codec.h"

#include "base/text.h"
#include "smtp/limits.h"

#include <algorithm>
#include <cstring>

namespace postern::smtp {

void DataDecoder::fail(Fault fault) {
  if (fault_ == Fault::none) fault_ = fault;
}

void DataDecoder::end_line(char*& out) {
  if (fault_ == Fault::none) *out++ = '\n';
  wire_size_ += 2;
  line_length_ = 0;
}

/// Bytes of a line from the front of `wire`, through its line end if that is there.
void DataDecoder::take_line_bytes(std::string_view& wire, char*& out) {
  const std::size_t newline = std::min(wire.find('\n'), wire.size());
  const bool ended = newline < wire.size();
  // A CR right before the LF, or as the last byte we have, is decided by what follows it.
  const bool last_is_cr = newline > 0 && wire[newline - 1] == '\r';
  const std::string_view body = wire.substr(0, last_is_cr ? newline - 1 : newline);
  wire.remove_prefix(newline);

  const std::size_t room = limits::kTextLine - std::min(line_length_, limits::kTextLine);
  const std::size_t bare_cr = std::min(body.find('\r'), body.size());
  if (fault_ == Fault::none) {
    const std::size_t good = std::min(room, bare_cr);
    if (good > 0) std::memcpy(out, body.data(), std::min(good, body.size()));
    out += std::min(good, body.size());
    if (bare_cr < body.size() && bare_cr <= room) {
      fail(Fault::bare_cr);
    } else if (body.size() > room) {
      fail(Fault::line_too_long);
    }
  }
  line_length_ += body.size();
  wire_size_ += body.size();

  state_ = last_is_cr ? State::cr : State::line;
  if (!ended || last_is_cr) return;
  wire.remove_prefix(1);
  if (bare_newline_ == BareNewline::reject) fail(Fault::bare_lf);
  end_line(out);
  state_ = State::bare_line_start;
}

/// The checks that are cheaper over all new text at once than line by line. The text ends before the
/// first NUL, as it does before any other fault.
void DataDecoder::inspect(std::string& text, std::size_t begin) {
  std::string_view fresh = std::string_view(text).substr(begin);
  const std::size_t nul = fresh.find('\0');
  if (nul != std::string_view::npos) {
    fault_ = Fault::nul;  // before any other: nothing is appended after a fault
    text.resize(begin + nul);
    fresh = std::string_view(text).substr(begin);
  }
  if (!eight_bit_) eight_bit_ = !is_ascii(fresh);
}

bool DataDecoder::feed(std::string_view& wire, std::string& text) {
  const std::size_t begin = text.size();
  text.resize(begin + wire.size());  // what is appended is never more than what is read
  char* const start = text.data() + begin;
  char* out = start;
  bool done = false;
  while (!wire.empty() && !done) {
    switch (state_) {
      case State::line_start:
        if (wire.front() == '.') {
          wire.remove_prefix(1);
          state_ = State::dot;
          break;
        }
        [[fallthrough]];
      case State::bare_line_start:
        if (state_ == State::bare_line_start && wire.front() == '.') {
          wire.remove_prefix(1);
          state_ = State::line;
          break;
        }
        [[fallthrough]];
      case State::line: take_line_bytes(wire, out); break;
      case State::cr:
        if (wire.front() == '\n') {
          wire.remove_prefix(1);
          end_line(out);
          state_ = State::line_start;
          break;
        }
        fail(Fault::bare_cr);
        ++wire_size_;
        state_ = State::line;
        break;
      case State::dot:  // the dot itself is stuffing or the end of data, never text
        if (wire.front() != '\r') {
          state_ = State::line;
          break;
        }
        wire.remove_prefix(1);
        state_ = State::dot_cr;
        break;
      case State::dot_cr:
        if (wire.front() == '\n') {
          wire.remove_prefix(1);
          done = true;
          break;
        }
        fail(Fault::bare_cr);
        ++wire_size_;
        state_ = State::line;
        break;
    }
  }
  text.resize(begin + static_cast<std::size_t>(out - start));
  inspect(text, begin);
  return done;
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
