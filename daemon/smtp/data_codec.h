// The message text on the wire and on disk: the only code that knows CR LF, dots and the end of data
// (RFC 5321 2.3.8, 4.1.1.4, 4.5.2). On disk lines end in LF; on the wire in CR LF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::smtp {

/// What to do with a bare LF from a client. A bare CR and a NUL are always refused.
enum class BareNewline { line_end, reject };

/// Wire to disk. Only CR LF . CR LF ends the data, whatever came before it (or . CR LF as the very first
/// bytes: an empty message); what is refused is read to the real end first, so that the client hears why and
/// does not repeat it for ever. A dot at the start of a line is unstuffed (RFC 5321 4.5.2), after a bare LF too:
/// clients that send LF as line end stuff there as well (Python's smtplib, given bytes). It never ends the data there.
/// The result does not depend on how the bytes are cut into pieces. Of several faults the first one counts.
class DataDecoder {
 public:
  enum class Fault { none, bare_cr, bare_lf, nul, line_too_long };

  explicit DataDecoder(BareNewline bare_newline = BareNewline::line_end) : bare_newline_(bare_newline) {}

  /// Consumes from the front of `wire` and appends disk text to `text`. Returns true at the end of data;
  /// `wire` then holds what follows it. After a fault nothing more is appended.
  bool feed(std::string_view& wire, std::string& text);

  [[nodiscard]] Fault fault() const { return fault_; }
  /// Bytes of the message on the wire with CR LF and without the stuffed dots (RFC 1870 section 5).
  [[nodiscard]] std::uint64_t wire_size() const { return wire_size_; }
  [[nodiscard]] bool eight_bit() const { return eight_bit_; }

 private:
  enum class State { line_start, bare_line_start, line, cr, dot, dot_cr };

  void take_line_bytes(std::string_view& wire, char*& out);
  void end_line(char*& out);
  void fail(Fault fault);
  void inspect(std::string& text, std::size_t begin);

  BareNewline bare_newline_;
  State state_ = State::line_start;
  Fault fault_ = Fault::none;
  std::size_t line_length_ = 0;
  std::uint64_t wire_size_ = 0;
  bool eight_bit_ = false;
};

/// Disk to wire, in pieces. What it writes never holds a bare CR or LF: a CR in the text (which the
/// intake refuses) becomes a blank.
class DataEncoder {
 public:
  void feed(std::string_view text, std::string& wire);
  /// Ends the last line if it is open and writes the lone dot.
  void finish(std::string& wire);

 private:
  bool line_start_ = true;
};

}  // namespace postern::smtp
