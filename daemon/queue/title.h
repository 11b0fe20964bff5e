// What the header of a message says, to know it by.
#pragma once

#include <string>
#include <string_view>

namespace postern::queue {

/// Either may be empty.
struct Title {
  std::string subject;  ///< as mail::subject_of() has it
  std::string message_id;
};

/// Of the message that begins with this text.
[[nodiscard]] Title title_of(std::string_view text);

}  // namespace postern::queue
