// Guesses what somebody who wrote an unknown word wanted to write.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// The one of the names that is few edits away from the word; nothing if none is near.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& names);

/// One of the words between the blanks of `words` is this one.
[[nodiscard]] bool has_word(std::string_view words, std::string_view word);

}  // namespace postern
