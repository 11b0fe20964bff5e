// Header fields as every server takes them: lines of at most 998 octets (RFC 5322 2.1.1) in ASCII, or in UTF-8 where
// that is allowed (RFC 6532), without NUL and CR. Who reads them sees what was there before:
//
//   texts, display names, comments   words with other letters as encoded-words (RFC 2047); UTF-8, else unknown-8bit
//   domains of addresses             as A-labels, see idn.h
//   addresses with other local parts a group of that name without members (RFC 6857 3.1.8)
//   parameters of MIME fields        as RFC 2231 has it, in pieces where they are long
//   ids and URLs                     other octets as "=XX" and "%XX", so that different ones stay different
//   what has no place for letters    other octets as "?": dates, encodings, what nobody can read
//   other controls than tabs          as letters are: a terminal's colours, ISO-2022-JP (RFC 5322 4.1)
//   long lines                       folded, at places that do not matter; long words of a text as encoded-words
//
// It stays as it is what has no other form: such an address in a group, a domain that no label can say, a boundary,
// letters in fields of servers and signatures (Received, DKIM-Signature), a token longer than a line. Linear in time.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

struct FieldRules {
  bool utf8 = false;  ///< UTF-8 may stand in fields: SMTPUTF8 is used in this transaction
};

/// `fields`: those of an entity (the message or one of its parts) without the empty line, with LF line ends. A field
/// that needs no change stays byte for byte, and so does what follows the fields, see parse_headers(). It has as many
/// fields afterwards, with the same names, whatever is in them. Done again it changes nothing more.
[[nodiscard]] std::string outgoing_fields(std::string_view fields, const FieldRules& rules);

/// No server has a reason to refuse them, and outgoing_fields() changes nothing. Of its result this is false if there
/// was something that stays as it is.
[[nodiscard]] bool fields_acceptable(std::string_view fields, const FieldRules& rules);

}  // namespace postern::mail
