// Letters of all scripts, where text is UTF-8 whatever the environment says: base/text.h knows those of ASCII alone.
#pragma once

#include <clocale>
#include <string>
#include <string_view>

namespace postern {

/// While it lives the C library takes the characters of this thread for UTF-8, and knows what is a letter.
class Utf8Characters {
 public:
  Utf8Characters();
  ~Utf8Characters();
  Utf8Characters(const Utf8Characters&) = delete;
  Utf8Characters& operator=(const Utf8Characters&) = delete;

 private:
  locale_t before_;
};

/// In lower case, to be compared and not to be shown: letters that differ by their case alone become the same one. What
/// is no UTF-8 stays as it is.
[[nodiscard]] std::string lowered(std::string_view text);

/// As people look for a text: `part` is in it, in letters of either case. `part` is as lowered() makes it.
[[nodiscard]] bool has_part(std::string_view whole, std::string_view part);

}  // namespace postern
