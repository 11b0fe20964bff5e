#include "mail/word_writer.h"

#include "base/text.h"
#include "mail/encoded_words.h"
#include "mail/field_lexer.h"
#include "mail/fold.h"
#include "mail/headers.h"
#include "mail/wrap.h"

#include <algorithm>
#include <utility>

namespace postern::mail {
namespace {

constexpr std::string_view kBetween = " \t";
constexpr std::string_view kEndsCommentWord = " \t()";
constexpr std::string_view kOpening = " \t(";
constexpr std::size_t kWordLine = 74;  // of 76 (RFC 2047 2), so that a sign behind it fits

}  // namespace

bool letters_fit_in_field(std::string_view text, bool utf8) {
  if (is_field_text(text)) return true;
  return utf8 && is_utf8(text) && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= 0x80 || is_field_text(std::string_view(&c, 1));
         });
}

bool WordWriter::letters_fit(std::string_view written) const { return letters_fit_in_field(written, utf8_); }

bool WordWriter::must_change(std::string_view written) const {
  return written.size() > kLongestWord || !letters_fit(written);
}

void WordWriter::word(std::string_view written, std::string_view said) {
  const bool is_word = is_encoded_word(written);
  const bool after_word = std::exchange(after_written_, is_word);
  const std::string blanks = std::exchange(blanks_, {});
  // RFC 2047 6.2: blanks between two encoded-words are not shown.
  const std::string shown = is_word && after_word ? std::string() : blanks;
  const bool changes = must_change(written);
  const std::string text = changes ? decode_words(said) : std::string();
  // A long encoded-word of a charset that is not known here cannot be cut.
  const bool stays = is_word && text == written && letters_fit(written);
  if (changes && !stays) {
    const bool utf8 = is_utf8(text);
    if (in_run_ && utf8 == run_is_utf8_) {
      run_ += shown;
      run_ += text;
      return;
    }
    const bool beside_word = in_run_ || after_word;
    end_run();
    gap(beside_word ? " " : blanks, true);
    run_ = (beside_word ? shown : std::string()) + text;
    run_is_utf8_ = utf8;
    in_run_ = true;
    return;
  }
  const bool beside_word = in_run_ && is_word;
  if (beside_word) run_ += shown;
  end_run();
  gap(beside_word ? " " : blanks, false);
  line_ += written;
}

void WordWriter::text(std::string_view written) {
  while (!written.empty()) {
    const std::size_t start = std::min(written.find_first_not_of(kBetween), written.size());
    blanks(written.substr(0, start));
    written.remove_prefix(start);
    const std::string_view one = written.substr(0, written.find_first_of(kBetween));
    if (!one.empty()) word(one, one);
    written.remove_prefix(one.size());
  }
}

void WordWriter::comment(std::string_view written) {
  for (std::size_t at = 0; at < written.size();) {
    std::size_t end = at + 1;
    if (written[at] == '(') {
      other("(");
    } else if (written[at] == ')') {
      finish();
      after_encoded_ = false;  // needs no blank before the parenthesis
      other(")");
    } else if (kBetween.find(written[at]) != std::string_view::npos) {
      end = std::min(written.find_first_not_of(kBetween, at), written.size());
      blanks(written.substr(at, end - at));
    } else {
      for (end = at; end < written.size() && kEndsCommentWord.find(written[end]) == std::string_view::npos; ++end) {
        if (written[end] == '\\') ++end;
      }
      const std::string_view text = written.substr(at, end - at);
      end = at + text.size();
      word(text, unescaped(text));
    }
    at = end;
  }
}

void WordWriter::other(std::string_view written) {
  end_run();
  gap(std::exchange(blanks_, {}), false);
  line_ += written;
  after_written_ = false;
}

void WordWriter::finish() {
  end_run();
  line_ += std::exchange(blanks_, {});
}

void WordWriter::end_run() {
  if (!std::exchange(in_run_, false)) return;
  // What stands before it in its line: the name of the field, or else the blanks where the line is folded.
  const std::size_t before = line_.size() - (line_.find_last_not_of(kOpening) + 1);
  const std::size_t column = line_.size() < kShortName ? line_.size() : std::min(before, kShortName);
  line_ += to_encoded_words(run_, kWordLine - column);
  run_.clear();
  after_encoded_ = true;
}

void WordWriter::gap(std::string_view blanks, bool separates) {
  line_ += blanks;
  const bool open = line_.empty() || kOpening.find(line_.back()) != std::string_view::npos;
  if ((separates || after_encoded_) && !open) line_ += ' ';
  after_encoded_ = false;
}

}  // namespace postern::mail
