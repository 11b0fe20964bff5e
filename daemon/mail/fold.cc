#include "mail/fold.h"

#include "mail/field_lexer.h"
#include "mail/wrap.h"

#include <algorithm>
#include <vector>

namespace postern::mail {
namespace {

constexpr std::size_t kFoldedLine = 76;
constexpr std::string_view kFoldable = " \t";

struct Place {
  std::size_t at = 0;    ///< before this octet
  bool needed = false;   ///< only for a line that is too long otherwise
  bool inserts = false;  ///< with a blank that is not there
};

/// The places of a field as they are found from its beginning on.
class Places {
 public:
  Places(std::string_view line, std::size_t body, FieldKind kind)
      : line_(line), body_(body), end_(line.find_last_not_of(kFoldable) + 1), kind_(kind) {}

  std::vector<Place> find() {
    if (needs_no_lexer()) {
      blanks(body_, line_.size(), false);
    } else {
      tokens();
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool needs_no_lexer() const { return kind_ == FieldKind::text || kind_ == FieldKind::trace; }

  void blank(std::size_t at, bool needed) {
    // A last line of blanks alone would be taken for the end of the header by some; an empty first one is ugly.
    if (at < end_) found_.push_back({at, needed || (at == body_ && body_ < kShortName), false});
  }

  void blanks(std::size_t from, std::size_t to, bool needed) {
    const std::string_view part = line_.substr(0, to);
    for (std::size_t at = part.find_first_of(kFoldable, from); at != std::string_view::npos;) {
      // In a token a backslash takes what follows.
      if (needs_no_lexer() || line_[at - 1] != '\\') blank(at, needed);
      at = part.find_first_of(kFoldable, part.find_first_not_of(kFoldable, at));
    }
  }

  void tokens() {
    FieldLexer lexer(line_.substr(body_));
    bool separated = false;  // by something that a blank may follow
    bool in_angle = false;
    bool after_angle = false;
    std::size_t at = body_;
    while (const auto token = lexer.next()) {
      const std::size_t next = at + token->text.size();
      const bool id_follows = kind_ == FieldKind::ids && after_angle && token->is('<');
      if (token->kind == TokenKind::blank) {
        blank(at, false);
      } else if (separated || id_follows) {
        found_.push_back({at, false, true});
      }
      if (token->kind == TokenKind::comment) blanks(at, next, false);
      if (token->kind == TokenKind::quoted) blanks(at, next, true);
      if (token->is('<')) in_angle = true;
      after_angle = token->is('>');
      if (after_angle) in_angle = false;
      separated = !in_angle && (token->is(',') || token->is(';'));
      at = next;
    }
  }

  std::string_view line_;
  std::size_t body_;
  std::size_t end_;
  FieldKind kind_;
  std::vector<Place> found_;
};

class Folder {
 public:
  explicit Folder(std::string_view line) : line_(line) {}

  /// The octets between two places.
  void add(const Place& from, std::size_t to) {
    const std::string_view piece = line_.substr(from.at, to - from.at);
    if (from.at > 0 && column_ + piece.size() > kFoldedLine) {
      out_ += from.inserts ? "\n " : "\n";
      column_ = from.inserts ? 1 : 0;
    }
    out_ += piece;
    column_ += piece.size();
  }

  std::string take() { return std::move(out_); }

 private:
  std::string_view line_;
  std::string out_;
  std::size_t column_ = 0;
};

}  // namespace

std::string fold(std::string_view line, std::size_t body, FieldKind kind) {
  const std::vector<Place> places = Places(line, body, kind).find();
  Folder folder(line);
  Place begin;
  auto place = places.begin();
  while (true) {
    const auto end = std::find_if(place, places.end(), [](const Place& one) { return !one.needed; });
    const std::size_t next = end == places.end() ? line.size() : end->at;
    if (next - begin.at + (begin.inserts ? 1 : 0) > kMaxLine) {
      for (; place != end; ++place) {
        folder.add(begin, place->at);
        begin = *place;
      }
    }
    folder.add(begin, next);
    if (end == places.end()) return folder.take();
    begin = *end;
    place = end + 1;
  }
}

}  // namespace postern::mail
