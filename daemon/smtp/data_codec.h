// The message text on the wire and on disk: the only code that knows CR LF, dots and the end of data
// (RFC 5321 2.3.8, 4.1.1.4, 4.5.2). On disk lines end in LF; on the wire in CR LF.
#pragma once

#include "mail/text_mender.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::smtp {

using mail::BareNewline;

/// How a client ended its DATA command.
enum class LineEnd { crlf, lf, cr_cr_lf };

/// Wire to disk. How the client ended its DATA command says what ends the text, judged on the bytes as they came,
/// before anything is mended:
///
///   CR LF       CR LF . CR LF, whatever came before it (or . CR LF as the very first bytes: an empty message), and
///               nothing else. Every relay that speaks the protocol is here; so no text that passes through one can end
///               early, and what follows in it never becomes commands (SMTP smuggling)
///   LF          a lone dot, with either line end before and behind it: the client knows nothing else
///   CR CR LF    CR LF . CR LF, or the same with CR CR LF behind the dot: what the client writes for a line end
///
/// Then the text is mended (mail/text_mender.h), or with BareNewline::reject it is a fault; that is read to the real
/// end first, so that the client hears why and does not repeat it for ever. A dot at the start of a line is unstuffed
/// (RFC 5321 4.5.2); after a bare LF of a client that has CR LF only one of two, for some stuff there as well (Python's
/// smtplib, given bytes) and some do not. The result does not depend on how the bytes are cut into pieces. Of several
/// faults the first one counts. Lines may be of any length, and take no memory.
class DataDecoder {
 public:
  enum class Fault { none, bare_cr, bare_lf, nul };

  explicit DataDecoder(LineEnd command = LineEnd::crlf, BareNewline bare_newline = BareNewline::mend)
      : command_(command), bare_newline_(bare_newline) {}

  /// Consumes from the front of `wire` and appends disk text to `text`. Returns true at the end of data; `wire` then
  /// holds what follows it. After a fault nothing more is appended, and what was is of no use.
  bool feed(std::string_view& wire, std::string& text);

  [[nodiscard]] Fault fault() const { return fault_; }
  [[nodiscard]] mail::Mended mended() const;
  /// Bytes of the message on the wire with CR LF and without the stuffed dots (RFC 1870 section 5).
  [[nodiscard]] std::uint64_t wire_size() const { return wire_size_; }
  [[nodiscard]] bool eight_bit() const { return eight_bit_; }
  /// The last line that came is a lone dot, or that and QUIT, which is no end of the text here. A client that says
  /// nothing more has ended its message by it.
  [[nodiscard]] bool ends_with_lone_dot() const;

 private:
  enum class State { line_start, bare_line_start, line, dot, dot_cr, dot_cr_cr, bare_dot };

  bool step(std::string_view& wire, std::string& text);
  bool judge_dot(std::string_view& wire, std::string& text);
  void take_lines(std::string_view& wire, std::string& text);
  void put(std::string_view raw, std::size_t line_ends, std::string& text);
  void inspect(std::string_view raw);
  void remember(std::string_view wire);

  LineEnd command_;
  BareNewline bare_newline_;
  State state_ = State::line_start;
  bool after_cr_ = false;  ///< in State::line: the last byte was a CR
  bool fault_cr_ = false;  ///< the same of what inspect() saw
  Fault fault_ = Fault::none;
  mail::TextMender mender_;
  std::uint64_t bare_lfs_ = 0;
  std::uint64_t wire_size_ = 0;
  bool eight_bit_ = false;
  std::string tail_ = "\n";  ///< the last few bytes that came
};

/// Disk to wire, in pieces. What it writes never holds a bare CR or LF: a CR in the text (which the
/// intake mends) becomes a blank.
class DataEncoder {
 public:
  void feed(std::string_view text, std::string& wire);
  /// Ends the last line if it is open and writes the lone dot.
  void finish(std::string& wire);

 private:
  bool line_start_ = true;
};

}  // namespace postern::smtp
