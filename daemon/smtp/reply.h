// SMTP replies (RFC 5321 4.2) as a client reads them. The peer's bytes are hostile: every limit is
// enforced while reading.
#pragma once

#include "base/result.h"
#include "smtp/limits.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::smtp {

struct Reply {
  int code = 0;                    ///< 200..599
  std::vector<std::string> lines;  ///< text after "250-" or "250 ", raw bytes, without line end

  [[nodiscard]] bool positive() const { return code / 100 == 2; }
  [[nodiscard]] bool intermediate() const { return code / 100 == 3; }
  [[nodiscard]] bool transient() const { return code / 100 == 4; }
  [[nodiscard]] bool permanent() const { return code / 100 == 5; }
  /// "5.1.1" if the text begins with an enhanced code of the reply's class (RFC 2034), else empty.
  [[nodiscard]] std::string enhanced() const;
  /// The server's words alone, without the codes: "no such user". Printable, one line, at most 512 bytes.
  [[nodiscard]] std::string words() const;
  /// One printable line for people: "550 5.1.1 no such user", lines joined by " / ", at most 512 bytes.
  [[nodiscard]] std::string text() const;
};

/// Takes bytes as they come, in pieces of any size.
class ReplyParser {
 public:
  /// Consumes bytes from the front of `bytes` up to the end of one reply. Nothing yet: all was
  /// consumed and more is needed. Failures: protocol (not a reply, or the code changes within it),
  /// limit (kReplyLine, kReplyLines, kReplyBytes). After a failure the parser is of no further use.
  Result<std::optional<Reply>> feed(std::string_view& bytes);
  /// The longest line from now on, in bytes without the line end; kReplyLine until then.
  void allow_line(std::size_t bytes) { longest_line_ = bytes; }
  /// Part of a reply has been read.
  [[nodiscard]] bool midway() const { return !line_.empty() || !reply_.lines.empty(); }

 private:
  Result<bool> take_line();  ///< true: the reply is complete

  std::string line_;
  Reply reply_;
  std::size_t bytes_ = 0;
  std::size_t longest_line_ = limits::kReplyLine;
  std::size_t blank_ = 0;  ///< lines before the reply
};

}  // namespace postern::smtp
