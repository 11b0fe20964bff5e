// The header block of a message as text (RFC 5322 2.2): found, counted, completed; no MIME. Lines end in LF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

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
/// there). The views point into `message`.
[[nodiscard]] HeaderBlock parse_headers(std::string_view message);

[[nodiscard]] const HeaderField* find(const HeaderBlock& block, std::string_view name);
[[nodiscard]] std::size_t count(const HeaderBlock& block, std::string_view name);

/// The body with folding removed (RFC 5322 2.2.3) and trimmed.
[[nodiscard]] std::string unfold(std::string_view body);

/// The fields of addresses whose bare ones are completed: From, To, Resent-To and so on.
[[nodiscard]] bool is_address_field(std::string_view name);

/// The header as Postern stores it (RFC 6409 section 8): Date and Message-ID added if missing, bare
/// addresses in From, Sender, Reply-To, To, Cc and their Resent- forms completed by `domain`, Bcc and Resent-Bcc
/// removed. Everything else stays byte for byte. An empty line between header and body is added if the text has none.
struct Completion {
  std::string domain;
  std::string date;        ///< RFC 5322 date, used if Date is missing
  std::string message_id;  ///< with angle brackets, used if Message-ID is missing
};
[[nodiscard]] std::string complete_headers(std::string_view header_block, const Completion& completion);

}  // namespace postern::mail
