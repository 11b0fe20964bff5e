// Whose message it is, as smarthosts judge it: by the reverse-path and the From field together.
#pragma once

#include "mail/envelope.h"

#include <string>
#include <string_view>

namespace postern::queue {

struct Sender {
  std::string key;    ///< equal for the same reverse-path and From, and for those alone; at most 300 bytes
  std::string shown;  ///< "alice@example.com", "<>, From alice@example.com"; printable, at most some hundred bytes

  friend bool operator==(const Sender&, const Sender&) = default;
};

/// `text` is the message from its first byte, at least its header block if that is to be known whole. The first From
/// counts; one that cannot be read stands for itself.
[[nodiscard]] Sender sender_of(const mail::Envelope& envelope, std::string_view text);

}  // namespace postern::queue
