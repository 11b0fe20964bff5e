// Where in a structured field (RFC 5322 3.2) a comment, a quoted string or a domain literal ends. Linear in time,
// however many of them are never closed, for who asks in the order of the octets and goes on behind what was closed. No
// recursion.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

class Delimiters {
 public:
  explicit Delimiters(std::string_view body) : body_(body) {}

  static constexpr std::size_t kNowhere = std::string_view::npos;
  /// The offset behind what closes the ( " or [ at this offset.
  [[nodiscard]] std::size_t end_of(std::size_t at);

 private:
  [[nodiscard]] std::size_t delimited_end(std::size_t at, char close) const;
  std::size_t comment_end(std::size_t at);
  void match_comments(std::size_t at);

  std::string_view body_;
  std::string unclosed_;                   ///< of quotes and brackets, what is closed nowhere in the rest
  std::vector<std::size_t> comment_ends_;  ///< for each octet of the body, as soon as one is not closed
};

}  // namespace postern::mail
