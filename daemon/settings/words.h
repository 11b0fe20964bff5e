// A key whose value is one of a few words: any case, and who wrote another program's word is told the one that is
// meant.
#pragma once

#include "base/nearest.h"
#include "base/text.h"
#include "settings/values.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::settings {

template <class Value>
struct Word {
  std::string_view name;
  Value value;
  std::string_view others = {};  ///< what other programs call it, between blanks
};

/// "implicit, starttls or none"
template <class Value, std::size_t N>
std::string names_of(const std::array<Word<Value>, N>& words) {
  std::string text;
  for (std::size_t i = 0; i < N; ++i) {
    text += std::string(i == 0 ? "" : i + 1 == N ? " or " : ", ") + std::string(words[i].name);
  }
  return text;
}

/// The one that another program's word, or a slip of the pen, stands for.
template <class Value, std::size_t N>
std::optional<std::string> meant(const std::array<Word<Value>, N>& words, const std::string& written) {
  std::vector<std::string> names;
  for (const Word<Value>& word : words) {
    if (has_word(word.others, written)) return std::string(word.name);
    names.emplace_back(word.name);
  }
  return nearest(written, names);
}

template <class Value, std::size_t N>
std::optional<Value> word_value(const Node& node, const Scope& scope, const std::array<Word<Value>, N>& words) {
  const std::string* text = scalar(node, scope, names_of(words));
  if (text == nullptr) return std::nullopt;
  const std::string written = to_lower(*text);
  for (const Word<Value>& word : words) {
    if (written == word.name) return word.value;
  }
  const auto other = meant(words, written);
  scope.error(node, "must be " + names_of(words) + ", not '" + shown_start(*text) + "'" +
                        (other ? "; did you mean '" + *other + "'?" : std::string()));
  return std::nullopt;
}

}  // namespace postern::settings
