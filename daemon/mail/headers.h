// The header block of a message as text (RFC 5322 2.2): found and counted; no MIME. Lines end in LF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// No field has a longer name: a line whose first colon stands behind so many bytes is none.
inline constexpr std::size_t kLongestFieldName = 1000;

/// One field with its folded lines. `whole` includes the final LF.
struct HeaderField {
  std::string_view name;  ///< as written
  std::string_view body;  ///< after the colon, folded lines included, without the final LF
  std::string_view whole;
};

struct HeaderBlock {
  std::vector<HeaderField> fields;
  std::size_t size = 0;  ///< bytes of the fields; the empty line (if any) and the body follow
};

/// Reads fields up to the first empty line or the first line that is no field (then the body begins right
/// there). The views point into `message`. Reads no further field behind the first `most` bytes.
[[nodiscard]] HeaderBlock parse_headers(std::string_view message, std::size_t most = std::string_view::npos);

[[nodiscard]] const HeaderField* find(const HeaderBlock& block, std::string_view name);
[[nodiscard]] std::size_t count(const HeaderBlock& block, std::string_view name);

/// The body with folding removed (RFC 5322 2.2.3) and trimmed.
[[nodiscard]] std::string unfold(std::string_view body);

/// What the Message-ID of a header says, to find the message by: unfolded, at most kLongestMessageId bytes; empty where
/// there is none.
inline constexpr std::size_t kLongestMessageId = 300;
[[nodiscard]] std::string message_id_of(const HeaderBlock& header);

/// It is of what a field may have without encoding: printable ASCII, blanks, line ends (RFC 5322 2.2, 4.1).
[[nodiscard]] bool is_field_text(std::string_view text);

/// The fields of addresses whose bare ones are completed: From, To, Resent-To, Errors-To and so on.
[[nodiscard]] bool is_address_field(std::string_view name);

}  // namespace postern::mail
