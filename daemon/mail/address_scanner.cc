#include "mail/address_scanner.h"

#include "base/text.h"
#include "mail/address_run.h"

#include <algorithm>
#include <utility>

namespace postern::mail {
namespace {

using Kind = AddressTokenKind;

class Scanner {
 public:
  Scanner(std::string_view body, BareWords words) : lexer_(body), reader_(body, words) {}

  AddressScan run() {
    while (true) {
      const AddressToken token = lexer_.next();
      if (token.kind == Kind::stray) reader_.scan.closed = false;
      if (in_brackets_) {
        take_in_brackets(token);
      } else {
        take(token);
      }
      if (token.kind == Kind::end) break;
    }
    return std::move(reader_.scan);
  }

 private:
  void take(const AddressToken& token) {
    if (token.kind == Kind::end || token.is(',') || token.is(';')) {
      end_element();
      if (token.is(';')) group_ = {};
      if (token.kind == Kind::end) end_group();
    } else if (token.is(':')) {
      take_colon(token);
    } else if (token.is('<')) {
      open_ = token.text;
      const auto name = reader_.read_phrase(tokens_);
      name_.assign(name.begin(), name.end());
      tokens_.clear();
      in_brackets_ = true;
    } else {
      tokens_.push_back(token);
      if (!token.is('>')) return;
      tokens_.back().kind = Kind::stray;
      reader_.scan.closed = false;
    }
  }

  void end_element() {
    reader_.read(tokens_, behind_ || is_tied() ? RunPlace::behind : RunPlace::alone);
    colon_ = nullptr;
    tokens_.clear();
    behind_ = false;
    const std::string_view comment = lexer_.take_comment();
    if (std::exchange(found_before_, found().size()) < found().size()) found().back().comment = comment;
  }

  /// Behind a group's name, or where a comma should be.
  void take_colon(const AddressToken& token) {
    const auto is_at = [](const AddressToken& one) { return one.is('@'); };
    if (behind_ || is_tied() || std::ranges::any_of(tokens_, is_at)) {
      const bool glued = token.glued;
      end_element();
      if (glued) colon_ = token.text.data();
      return;
    }
    const std::string_view name = tokens_.empty() ? token.text : together(tokens_);
    if (group_.empty()) members_before_ = found().size() + unread().size();
    const std::string_view first = group_.empty() ? name : group_;
    group_ = std::string_view(first.begin(), token.text.begin() + 1);
    tokens_.clear();
  }

  [[nodiscard]] bool is_tied() const {
    return colon_ != nullptr && !tokens_.empty() && tokens_.front().text.data() == colon_ + 1;
  }

  /// A name with nothing behind it and no end may be somebody's who gets no copy.
  void end_group() {
    if (!group_.empty()) reader_.scan.closed = false;
    const bool empty = found().size() + unread().size() == members_before_;
    if (group_.size() > 1 && empty && !names_nobody(group_)) unread().push_back(group_);
  }

  void take_in_brackets(const AddressToken& token) {
    const bool in_route = !tokens_.empty() && tokens_.front().is('@');
    if (token.is('>')) {
      close(token.text);
    } else if (token.kind == Kind::end || token.is(';') || (token.is(',') && !in_route)) {
      close({});
      take(token);
    } else if (token.is('<')) {  // the one before was never closed, or is one too many
      reader_.scan.closed = false;
      if (!tokens_.empty()) close({});
      if (!in_brackets_) take(token);
    } else if (token.is(':') && (in_route || is_scheme())) {
      tokens_.clear();  // RFC 5321 appendix C has routes left out
    } else {
      tokens_.push_back(token);
    }
  }

  /// <mailto:b@example.com>
  [[nodiscard]] bool is_scheme() const { return tokens_.size() == 1 && iequals(tokens_.front().text, "mailto"); }

  void close(std::string_view bracket) {
    const std::size_t found_before = found().size();
    const std::size_t unread_before = unread().size();
    if (bracket.empty()) reader_.scan.closed = false;
    reader_.read(tokens_, RunPlace::brackets);
    if (found().size() > found_before) {
      if (!name_.empty()) found()[found_before].phrase = together(name_);
    } else if (tokens_.empty() || unread().size() > unread_before) {
      unread().resize(unread_before);
      const std::string_view last = !bracket.empty() ? bracket : tokens_.empty() ? open_ : tokens_.back().text;
      leave_unread(last);
    }
    tokens_.clear();
    name_.clear();
    in_brackets_ = false;
    behind_ = true;
  }

  /// What is in the brackets, up to `last`, is told of with its name; unless that is an address, as in "a@x <>".
  void leave_unread(std::string_view last) {
    const std::size_t found_before = found().size();
    const std::size_t unread_before = unread().size();
    reader_.read(name_, RunPlace::behind);
    const bool has_address = found().size() > found_before;
    if (!has_address) unread().resize(unread_before);
    const std::string_view first = has_address || name_.empty() ? open_ : name_.front().text;
    unread().emplace_back(first.data(), static_cast<std::size_t>(last.data() + last.size() - first.data()));
  }

  [[nodiscard]] std::vector<FoundAddress>& found() { return reader_.scan.found; }
  [[nodiscard]] std::vector<std::string_view>& unread() { return reader_.scan.unread; }

  AddressLexer lexer_;
  RunReader reader_;
  std::vector<AddressToken> tokens_;  ///< since the last separator or bracket
  std::string_view open_;             ///< the bracket
  std::vector<AddressToken> name_;    ///< before it
  bool in_brackets_ = false;
  bool behind_ = false;  ///< brackets were closed in this element
  /// One that is glued to the address before it. A word that is glued to it, too, is a port or the like and no user.
  const char* colon_ = nullptr;
  std::string_view group_;          ///< the name of one that is not closed, with its colon
  std::size_t members_before_ = 0;  ///< what was read before it
  std::size_t found_before_ = 0;    ///< before this element
};

}  // namespace

AddressScan scan_addresses(std::string_view body, BareWords words) { return Scanner(body, words).run(); }

}  // namespace postern::mail
