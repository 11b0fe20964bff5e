// The display name of a sender whose address is replaced: who it was, for the reader of the mail, in a phrase that no
// parser can take for an address (RFC 5322 3.2.5). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

/// Words of a display name, and encoded-words, which must not stand in quotes (RFC 2047 5 (3)). Controls get in as
/// blanks and "@" as " at ", since a name that looks like an address looks like fraud to many a filter. What is longer
/// than a name is cut.
class SenderLabel {
 public:
  SenderLabel() = default;

  /// A phrase as it stands in a field: atoms, quoted strings, encoded-words.
  [[nodiscard]] static SenderLabel of_phrase(std::string_view phrase);
  [[nodiscard]] static SenderLabel of_comment(std::string_view inside);
  /// Text without quoting.
  [[nodiscard]] static SenderLabel of_text(std::string_view text);

  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  /// Nothing but these words.
  [[nodiscard]] bool says(std::string_view text) const;
  /// "NAME (TEXT)"
  void append_aside(std::string_view text);
  /// "TEXT (NAME)"; where the name has encoded-words, "NAME (TEXT)", because they cannot stand in parentheses.
  void put_aside(std::string_view text);
  /// "NAME, OTHER"
  void append_other(const SenderLabel& other);

  /// "\"root at web1 (Cron Daemon)\"", encoded-words beside it; empty: no name.
  [[nodiscard]] std::vector<std::string> tokens() const;

 private:
  struct Piece {
    std::string text;
    bool encoded = false;
  };
  void add_words(std::string_view text);
  void add_word(std::string_view word);
  void add_plain(std::string_view text, std::string_view before = " ");

  std::vector<Piece> pieces_;  ///< no two plain ones beside each other
  std::size_t size_ = 0;
};

}  // namespace postern::relay
