// What a message says, piece by piece in its order: its header but for what tells how it came, and its contents as they
// are read, with base64 and quoted-printable undone in text. Whatever stands in the text is in a piece, but for those
// fields, the boundaries of parts and the delimiters made of them. Two messages are compared by their pieces, and what
// is shown of one is shown by them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

struct Said {
  enum class Kind {
    field,   ///< of a header, its name in small letters before it
    text,    ///< for people: of a part, or outside of all parts
    octets,  ///< anything else, as it stands: a file, what is signed, what cannot be decoded
  };
  Kind kind = Kind::text;
  std::string content;
};

/// `message` is all of it.
[[nodiscard]] std::vector<Said> said_by(std::string_view message);

}  // namespace postern::queue
