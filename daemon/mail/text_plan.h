// What is to be done to the text of a message so that a server takes it: found by one reading (text_survey.h), done in
// another (text_rewriter.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// What the server takes.
struct TextRules {
  bool eight_bit = true;  ///< 8BITMIME (RFC 6152)
  bool utf8 = false;      ///< SMTPUTF8 is used in this transaction (RFC 6531): header fields may be UTF-8
  bool at_any_cost =
      false;  ///< signatures count for nothing, and what cannot be mended is made to fit: see seven_bit.h
};

/// Edits the fields of the message's own header, which come each with its line end and without the empty line.
using EditFields = std::function<std::string(std::string_view fields)>;
/// What `edit` makes of the fields, the last of which may be without a line end.
[[nodiscard]] inline std::string edited_fields(std::string_view fields, const EditFields& edit) {
  if (fields.empty() || fields.ends_with('\n')) return edit(fields);
  return edit(std::string(fields) + '\n');
}

/// What is done to the content of a part; of a multipart, to what stands between its parts.
enum class TextAction : std::uint8_t {
  keep,
  quoted_printable,
  base64,
  mend_quoted_printable,  ///< it is such already, with raw octets or long lines
  mend_base64,
  force,  ///< other bytes become "?", long lines are broken
};

/// What Content-Transfer-Encoding is to say; `stays`: what it says, or nothing.
enum class SaidEncoding : std::uint8_t { stays, seven_bit, eight_bit, quoted_printable, base64 };

/// The Content-Type to be added, or put in the place of one that cannot be right; it is text/plain.
enum class AddedType : std::uint8_t { none, utf8, unknown_8bit };

/// One entity: the message itself, a part of a multipart, a message in a part.
struct PartPlan {
  TextAction action = TextAction::keep;
  SaidEncoding encoding = SaidEncoding::stays;
  AddedType type = AddedType::none;
  bool mime_version = false;  ///< to be added
  bool fields = false;        ///< its fields go through outgoing_fields()

  bool operator==(const PartPlan&) const = default;
};

struct TextPlan {
  bool identity = true;         ///< nothing is to be done: the text may go past the rewriter
  bool eight_bit_left = false;  ///< octets over 0x7F are in what goes out, or in a Content-Type that is replaced
  bool as_it_is = false;        ///< it is signed as a whole (DKIM): its fields are not touched either
  std::uint64_t work = 0;       ///< octets of the parts to be encoded or mended
  std::vector<PartPlan> parts;  ///< in the order of their headers; at most kMostEntities + 1, see mime_structure.h
  /// What a strict server may dislike and could not be mended, in words for the log. Each once; a dozen kinds.
  std::vector<std::string> doubts;
};

}  // namespace postern::mail
