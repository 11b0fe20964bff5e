// One call of the golden set as a file that a reader can judge: what a program handed in, and what came of it.
//
//   what: a progress bar's CRs do not lose the alert       the fact, in words
//   call: sendmail -i -FCronDaemon root                    the door and its arguments
//   user: root                                             who calls; none: alice
//   input:
//   | To: root                                             bytes, line by line
//   |
//   |   50%\r100%
//
// After an empty line follows what came of it, in sections of the same kind. In lines of bytes and in arguments a
// backslash begins what cannot be shown: \\, \r, \0, \t, \xNN, \{70000*y} for a repeated piece; a line that ends in a
// single \ has no line end. An argument that is empty stands as ''.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::shim {

struct Call {
  std::string what;
  std::string door;                    ///< "sendmail" or "smtp"
  std::vector<std::string> arguments;  ///< of sendmail
  std::string user = "alice";
  std::string input;
};

/// Any bytes as one printable line. With `blanks` they are shown as \x20, so that the text is one word.
[[nodiscard]] std::string shown(std::string_view bytes, bool blanks = false);
/// The way back. Nothing: it is no text of shown().
[[nodiscard]] std::optional<std::string> meant(std::string_view text);

/// Any bytes as lines that begin with "| ".
[[nodiscard]] std::string shown_lines(std::string_view bytes);

/// The call of a file's text, up to its empty line. Nothing: it is none.
[[nodiscard]] std::optional<Call> parse_call(std::string_view file);
/// What parse_call() reads back.
[[nodiscard]] std::string format_call(const Call& call);

}  // namespace postern::shim
