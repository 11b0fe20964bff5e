// Writes the words of a header field, and as encoded-words (RFC 2047) those that cannot go as they are: in a text, in a
// phrase, or in a comment. Those who read them see what was written, blanks between the words included: neighbours
// become encoded-words together, and the blank next to one that was there before goes into the new one.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

/// A field may have these letters as they are.
[[nodiscard]] bool letters_fit_in_field(std::string_view text, bool utf8);

/// What is given is written in this order; nothing is left out but in encoded-words.
class WordWriter {
 public:
  /// `line`: the field so far, which lives longer; `utf8`: it may hold UTF-8.
  WordWriter(std::string& line, bool utf8) : line_(line), utf8_(utf8) {}

  void blanks(std::string_view blanks) { blanks_ += blanks; }
  /// `said` is what a word, a quoted string or several without a blank between them mean to those who read them.
  void word(std::string_view written, std::string_view said);
  /// Words with blanks between them, which say themselves.
  void text(std::string_view written);
  /// With its parentheses, and maybe others in it.
  void comment(std::string_view written);
  /// What is neither. A blank is put between it and an encoded-word (RFC 2047 5 (3)).
  void other(std::string_view written);
  /// Writes what it still holds.
  void finish();

  /// It has no other letters than the field may hold.
  [[nodiscard]] bool letters_fit(std::string_view written) const;
  /// It cannot go as it is: other letters, or longer than kLongestWord.
  [[nodiscard]] bool must_change(std::string_view written) const;

 private:
  void begin_run(std::string_view said);
  void end_run();
  void gap(std::string_view blanks, bool separates);

  std::string& line_;
  bool utf8_;
  std::string blanks_;  ///< since the last word
  std::string run_;     ///< what the next encoded-words say
  bool in_run_ = false;
  bool run_is_utf8_ = false;
  bool after_written_ = false;  ///< the last word was an encoded-word already
  bool after_encoded_ = false;  ///< the line ends in one that was written here
};

}  // namespace postern::mail
