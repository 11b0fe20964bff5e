#include "mail/quoted_printable.h"

#include "base/hex_digit.h"
#include "base/text.h"
#include "mail/text_scan.h"

#include <utility>

namespace postern::mail {
namespace {

constexpr std::size_t kQuotedLine = 76;  // RFC 2045 6.7 (5)
constexpr std::string_view kSoftLineEnd = "=\n";

bool needs_no_escape(char c) { return (c >= ' ' && c < 0x7F && c != '=') || c == '\t'; }
bool is_blank_octet(char c) { return c == ' ' || c == '\t'; }

std::string escape_octet(char c) {
  return hex_escaped({&c, 1}, '=', [](char) { return false; });
}

}  // namespace

void QuotedPrintableEncoder::put_held(bool last, std::string& out) {
  if (!std::exchange(holds_, false)) return;
  const bool itself = needs_no_escape(held_) && !(last && is_blank_octet(held_));
  const std::size_t width = itself ? 1 : 3;
  if (column_ + width + (last ? 0 : 1) > kQuotedLine) {
    out += kSoftLineEnd;
    column_ = 0;
  }
  if (itself) {
    out += held_;
  } else {
    out += escape_octet(held_);
  }
  column_ += width;
}

void QuotedPrintableEncoder::feed(std::string_view text, std::string& out) {
  for (const char c : text) {
    put_held(c == '\n', out);
    if (c == '\n') {
      out += '\n';
      column_ = 0;
    } else {
      held_ = c;
      holds_ = true;
    }
  }
}

void QuotedPrintableEncoder::finish(std::string& out) { put_held(true, out); }

void QuotedPrintableMender::put(std::string_view unit, std::string& out) {
  if (column_ + unit.size() + 1 > kQuotedLine && !glued_) {
    out += kSoftLineEnd;
    column_ = 0;
  }
  glued_ = false;
  out += unit;
  column_ += unit.size();
}

void QuotedPrintableMender::put_blanks(std::string& out) {
  for (const char c : std::exchange(blanks_, {})) put({&c, 1}, out);
}

void QuotedPrintableMender::end_line(std::string& out) {
  out += std::exchange(blanks_, {});
  out += '\n';
  column_ = 0;
  glued_ = false;
}

/// `escape_` is there, and `next` does not go on with it.
void QuotedPrintableMender::end_escape(char next, std::string& out) {
  const std::string begun = std::exchange(escape_, {});
  // Before an octet that becomes an escape, the "=" would be read together with that one's. Many in a row could never
  // be broken.
  const bool full = glued_ && column_ + begun.size() + 1 > kQuotedLine;
  const bool alone = full || (begun.size() == 1 && is_odd_octet(next));
  if (full) glued_ = false;
  put(alone ? escape_octet('=') + begun.substr(1) : begun, out);
  glued_ = !alone;
}

void QuotedPrintableMender::take(char c, std::string& out) {
  if (!escape_.empty()) {
    if (hex_digit(c) >= 0) {
      escape_ += c;
      if (escape_.size() == 3) put(std::exchange(escape_, {}), out);
      return;
    }
    if (c == '\n' && escape_.size() == 1) {
      out += std::exchange(escape_, {});
      end_line(out);
      return;
    }
    end_escape(c, out);
  }
  if (c == '\n') {
    end_line(out);
  } else if (is_blank_octet(c)) {
    blanks_ += c;
    if (blanks_.size() > kQuotedLine) put_blanks(out);  // nobody ends a line so
  } else {
    put_blanks(out);
    if (c == '=') {
      escape_ = c;
    } else if (is_odd_octet(c)) {
      put(escape_octet(c), out);
    } else {
      put({&c, 1}, out);
    }
  }
}

void QuotedPrintableMender::feed(std::string_view text, std::string& out) {
  for (const char c : text) take(c, out);
}

void QuotedPrintableMender::finish(std::string& out) {
  out += std::exchange(escape_, {});
  out += std::exchange(blanks_, {});
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  QuotedPrintableEncoder encoder;
  encoder.feed(text, out);
  encoder.finish(out);
  return out;
}

std::string text_part(std::string_view text) {
  std::string part = "Content-Type: text/plain; charset=utf-8\n";
  if (is_ascii(text)) return part.append("\n").append(text);
  return part + "Content-Transfer-Encoding: quoted-printable\n\n" + quoted_printable(text);
}

}  // namespace postern::mail
