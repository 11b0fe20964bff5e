#include "setup/program_words.h"

#include "base/text.h"

namespace postern::setup {
namespace {

/// What ends a word or begins something else for sh(1); a tilde and a number sign only at a word's beginning.
constexpr std::string_view kOfShells = "|&;<>()$`*?[]{}!\n\r";
constexpr std::string_view kOfShellsInQuotes = "$`";
constexpr std::string_view kEscapedInQuotes = "\\\"$`";

bool holds(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

Error shell_needed(char c) {
  return Error{
      Failure::invalid,
      "'" + printable(std::string_view(&c, 1)) +
          "' is for a shell, and none reads this: put it into single quotes if it is meant as it stands, or the "
          "whole into a script, and name that"};
}

/// A line while it is taken apart.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line) {}

  Result<std::vector<std::string>> all() {
    for (; at_ < line_.size(); ++at_) {
      if (auto done = take(line_[at_]); !done) return done.error();
    }
    end_word();
    return std::move(words_);
  }

 private:
  Result<void> take(char c) {
    if (c == ' ' || c == '\t') {
      end_word();
    } else if (c == '\'' || c == '"') {
      return quoted(c);
    } else if (c == '\\') {
      if (++at_ == line_.size()) return Error{Failure::invalid, "the backslash at the end stands before nothing"};
      put(line_[at_]);
    } else if (holds(kOfShells, c) || (!inside_ && (c == '~' || c == '#'))) {
      return shell_needed(c);
    } else {
      put(c);
    }
    return {};
  }

  Result<void> quoted(char quote) {
    inside_ = true;
    for (++at_; at_ < line_.size(); ++at_) {
      char c = line_[at_];
      if (c == quote) return {};
      const bool more = at_ + 1 < line_.size();
      if (quote == '"' && c == '\\' && more && holds(kEscapedInQuotes, line_[at_ + 1])) {
        c = line_[++at_];
      } else if (quote == '"' && holds(kOfShellsInQuotes, c)) {
        return shell_needed(c);
      }
      put(c);
    }
    return Error{Failure::invalid, "a quote is not closed"};
  }

  void put(char c) {
    inside_ = true;
    word_ += c;
  }

  void end_word() {
    if (inside_) words_.push_back(std::move(word_));
    word_.clear();
    inside_ = false;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool inside_ = false;
};

}  // namespace

Result<std::vector<std::string>> program_words(std::string_view line) { return LineReader(line).all(); }

}  // namespace postern::setup
