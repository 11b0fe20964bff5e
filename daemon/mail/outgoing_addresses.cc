#include "base/text.h"
#include "mail/address.h"
#include "mail/address_marks.h"
#include "mail/field_lexer.h"
#include "mail/idn.h"
#include "mail/outgoing_structures.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace postern::mail {
namespace {

using Tokens = std::span<const FieldToken>;

bool is_skipped(const FieldToken& token) { return token.kind == TokenKind::blank || token.kind == TokenKind::comment; }

/// Two words of one local part or domain, blanks around the dot allowed (obsolete, RFC 5322 4.4).
bool dot_joins(const FieldToken& one, const FieldToken& next) {
  if (one.kind == TokenKind::special || next.kind == TokenKind::special) return false;
  return one.text.ends_with('.') || next.text.starts_with('.');
}

/// A name of a length that the resolver could never ask for is not worth its tables.
std::string domain_form(std::string_view domain, const WordWriter& writer) {
  constexpr std::size_t kLongestName = 1024;
  if (writer.letters_fit(domain)) return std::string(domain);
  if (domain.size() <= kLongestName) {
    if (const auto labels = ascii_domain(domain)) return *labels;
  }
  return is_utf8(domain) ? std::string(domain) : escape_letters(domain, '?');
}

std::string local_form(std::string_view local, const WordWriter& writer) {
  return writer.letters_fit(local) || is_utf8(local) ? std::string(local) : escape_letters(local, '?');
}

/// What is between two separators of a list.
class Element {
 public:
  Element(Tokens tokens, WordWriter& writer) : tokens_(tokens), writer_(writer) {}

  /// `in_group`: it stands in one already.
  void write(bool in_group) {
    if (!in_group && write_as_group()) return;
    if (std::ranges::any_of(tokens_, [](const FieldToken& one) { return one.is('<'); })) {
      with_angles();
    } else if (std::ranges::any_of(tokens_, is_at)) {
      bare();
    } else {
      phrase(tokens_);
    }
  }

 private:
  static bool is_at(const FieldToken& token) { return token.is('@'); }

  /// An address with letters in its local part has no form in ASCII. Where no letters may stand it becomes the name of
  /// a group without members, which is how RFC 6857 3.1.8 shows such an address to those who cannot use it. Only what
  /// is plainly an address does, alone or behind a name.
  bool write_as_group() {
    const auto open = std::ranges::find_if(tokens_, [](const FieldToken& one) { return one.is('<'); });
    const bool bare = open == tokens_.end();
    const auto begin = bare ? std::find_if_not(tokens_.begin(), tokens_.end(), is_skipped) : open + 1;
    const auto ends = [bare](const FieldToken& one) { return bare ? is_skipped(one) : one.is('>'); };
    const auto end = std::find_if(begin, tokens_.end(), ends);
    const auto rest = bare || end == tokens_.end() ? end : end + 1;
    if (begin == end || (!bare && rest == end) || !std::all_of(rest, tokens_.end(), is_skipped)) return false;
    const std::string address(together(begin->text, (end - 1)->text));
    const bool reads = has_invisible(address) || parse_address(address, Utf8::allow);
    if (writer_.letters_fit(address) || !reads || !needs_smtputf8(address)) return false;
    if (split_address(address).domain.empty()) return false;
    phrase({tokens_.begin(), bare ? begin : open});
    writer_.word(address, address);
    writer_.other(":;");
    phrase({rest, tokens_.end()});
    return true;
  }

  void with_angles() {
    auto at = tokens_.begin();
    while (at != tokens_.end()) {
      const auto open = std::find_if(at, tokens_.end(), [](const FieldToken& one) { return one.is('<'); });
      phrase({at, open});
      at = std::find_if(open, tokens_.end(), [](const FieldToken& one) { return one.is('>'); });
      if (at != tokens_.end()) ++at;
      address({open, at});
    }
  }

  /// An address without a name, and beside it what should not be there.
  void bare() {
    auto first = std::ranges::find_if(tokens_, is_at);
    auto last = std::find_if(tokens_.rbegin(), tokens_.rend(), is_at).base();  // behind it
    for (auto at = first; at != tokens_.begin();) {
      --at;
      if (is_skipped(*at)) continue;
      if (!is_at(*first) && !dot_joins(*at, *first) && at + 1 != first) break;
      if (at->kind == TokenKind::special) break;
      first = at;
    }
    for (auto at = last; at != tokens_.end(); ++at) {
      if (is_skipped(*at)) continue;
      const FieldToken& before = *(last - 1);
      if (at->kind == TokenKind::special || (!is_at(before) && !dot_joins(before, *at) && at != last)) break;
      last = at + 1;
    }
    phrase({tokens_.begin(), first});
    address({first, last});
    phrase({last, tokens_.end()});
  }

  void address(Tokens tokens) {
    const FieldToken* before = nullptr;
    bool in_domain = false;
    for (const FieldToken& token : tokens) {
      if (token.kind == TokenKind::blank) {
        writer_.blanks(token.text);
        continue;
      }
      if (token.kind == TokenKind::comment) {
        writer_.comment(token.text);
        continue;
      }
      const bool glued = before != nullptr && before->kind != TokenKind::special &&
                         before->text.data() + before->text.size() == token.text.data();
      in_domain = before != nullptr && (is_at(*before) || (in_domain && (glued || dot_joins(*before, token))));
      writer_.other(in_domain ? domain_form(token.text, writer_) : local_form(token.text, writer_));
      before = &token;
    }
  }

  /// What stands together without a blank is one word: names are not always written as they should be.
  void phrase(Tokens tokens) {
    std::string_view written;
    std::string said;
    const auto end_word = [&] {
      if (!written.empty()) writer_.word(written, said);
      written = {};
      said.clear();
    };
    for (const FieldToken& token : tokens) {
      if (is_skipped(token)) end_word();
      if (token.kind == TokenKind::blank) {
        writer_.blanks(token.text);
      } else if (token.kind == TokenKind::comment) {
        writer_.comment(token.text);
      } else {
        const bool quoted = token.kind == TokenKind::quoted;
        said += quoted ? unescaped(token.text.substr(1, token.text.size() - 2)) : std::string(token.text);
        written = written.empty() ? token.text : together(written, token.text);
      }
    }
    end_word();
  }

  Tokens tokens_;
  WordWriter& writer_;
};

/// Finds the separators: commas, and the marks of a group. Between angle brackets a comma belongs to a source route, or
/// the bracket was never closed.
class Separators {
 public:
  bool ends_element(const FieldToken& token) {
    if (is_skipped(token)) return false;
    if (token.is('<')) {
      where_ = Where::opened;
      return false;
    }
    if (where_ == Where::opened) where_ = token.is('@') ? Where::route : Where::address;
    if (token.is('>')) where_ = Where::outside;
    const bool ends =
        token.is(';') || (token.is(',') && where_ != Where::route) || (token.is(':') && where_ == Where::outside);
    if (ends) where_ = Where::outside;
    return ends;
  }

 private:
  enum class Where { outside, opened, route, address };
  Where where_ = Where::outside;
};

}  // namespace

void write_addresses(std::string_view body, WordWriter& writer) {
  std::vector<FieldToken> tokens;
  FieldLexer lexer(body);
  while (const auto token = lexer.next()) tokens.push_back(*token);
  Separators separators;
  auto begin = tokens.begin();
  bool in_group = false;
  for (auto at = tokens.begin(); at != tokens.end(); ++at) {
    if (!separators.ends_element(*at)) continue;
    Element({begin, at}, writer).write(in_group);
    writer.other(at->text);
    in_group = at->is(':') || (in_group && !at->is(';'));
    begin = at + 1;
  }
  Element({begin, tokens.end()}, writer).write(in_group);
}

}  // namespace postern::mail
