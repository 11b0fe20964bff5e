// Content-Type and Content-Transfer-Encoding of an entity, as far as its structure depends on them (RFC 2045 5 and 6).
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

struct ContentType {
  std::string type;      ///< "text/plain", in small letters; as written otherwise, so it may be anything
  std::string boundary;  ///< empty: there is none
};

/// The unfolded body of the field. Comments are no part of it; a parameter may be quoted, or in pieces (RFC 2231 3).
/// What is not printable ASCII is no boundary.
[[nodiscard]] ContentType parse_content_type(std::string_view body);

enum class TransferEncoding {
  none,  ///< the field is missing, or says something that changes no octet, such as a charset
  seven_bit,
  eight_bit,
  binary,
  quoted_printable,
  base64,
  other,  ///< uuencode and what else begins with "x-"
};

/// The unfolded body of the field; empty: it is missing.
[[nodiscard]] TransferEncoding parse_transfer_encoding(std::string_view body);

/// The octets of the content stand for themselves.
[[nodiscard]] bool is_identity(TransferEncoding encoding);

}  // namespace postern::mail
