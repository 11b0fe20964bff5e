#include "mail/address_run.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/address_marks.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

namespace postern::mail {
namespace {

using AddressTokens = std::span<const AddressToken>;
using Kind = AddressTokenKind;

/// Of these one can be too many or too few, and means nothing then.
constexpr std::string_view kMarks = "()[]<>\"";

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

/// What stands in quotes, if that is nothing but addresses with their domains: files of settings keep the quotes of a
/// value, so that "ops@example.com" is no user with an "@" in the name.
std::vector<FoundAddress> quoted_addresses(const AddressToken& token) {
  AddressScan scan = scan_addresses(token.text.substr(1, token.text.size() - 2));
  const auto is_whole = [](const FoundAddress& one) { return !split_address(one.text).domain.empty(); };
  if (!scan.closed || !scan.unread.empty() || !std::ranges::all_of(scan.found, is_whole)) return {};
  return std::move(scan.found);
}

/// Outside a comment. A quoted string may be folded.
bool has_bad_control(AddressTokens tokens) {
  return std::ranges::any_of(tokens, [](const AddressToken& token) {
    return std::ranges::any_of(
        token.text, [](char c) { return has_control(std::string_view(&c, 1)) && c != '\n' && c != '\r' && c != '\t'; });
  });
}

/// What useradd takes, in small letters as systems have them. Whoever writes "bob at x.example" means one address, and
/// the dot at the end of a word is that of an abbreviation.
bool is_user_name(std::string_view word) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view kOthers = "abcdefghijklmnopqrstuvwxyz_0123456789.-";
  return !word.empty() && kFirst.find(word.front()) != std::string_view::npos && consists_of(word, kOthers) &&
         !word.ends_with('.') && word != "at" && !word.starts_with("undisclosed");
}

/// Without the backslash of "\root", by which Sendmail is told to leave its aliases alone.
std::vector<AddressToken> without_sendmails_quotes(AddressTokens tokens) {
  std::vector<AddressToken> kept;
  kept.reserve(tokens.size());
  bool left_out = false;  // the one before
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool begins = !tokens[i].glued || i == 0;
    const bool before_word = i + 1 < tokens.size() && tokens[i + 1].kind == Kind::word && tokens[i + 1].glued;
    const bool ends_there = i + 2 >= tokens.size() || (!tokens[i + 2].glued && !tokens[i + 2].is('@'));
    const bool quotes = tokens[i].kind == Kind::stray && tokens[i].text == "\\" && begins && before_word && ends_there;
    if (!quotes) {
      kept.push_back(tokens[i]);
      if (left_out) kept.back().glued = false;
    }
    left_out = quotes;
  }
  return kept;
}

}  // namespace

/// Tokens that belong together: an address, one word, or strays.
struct RunReader::Item {
  AddressTokens tokens{};
  std::string text{};  ///< without blanks and comments
  bool has_at = false;
  bool has_blanks = false;
  bool is_stray = false;
  std::string_view before{};  ///< strays that are glued to it
  std::string_view after{};   ///< likewise
  bool is_torn = false;       ///< a word is glued to those before it
  bool is_glued = false;

  [[nodiscard]] bool is_user() const {
    return tokens.size() == 1 && tokens.front().kind == Kind::word && is_user_name(text);
  }

  [[nodiscard]] bool is_name() const {
    return is_stray || tokens.front().kind == Kind::quoted || tokens.front().kind == Kind::encoded;
  }

  /// Blanks may stand around "." and "@" (obsolete, RFC 5322 4.4), but a dot at the end of a word ends a domain or an
  /// abbreviation ("Dr. b@x"), and a word before another "@" begins another address.
  [[nodiscard]] bool takes(const AddressToken& token, bool at_follows) const {
    const bool stray = token.kind == Kind::stray;
    if (is_stray || stray) return is_stray && stray && token.glued;
    if (token.glued || token.is('@') || text.ends_with('@')) return true;
    if (has_at && at_follows) return false;
    if (text.ends_with('.')) return tokens.size() > 1 && tokens.back().text == "." && !tokens.back().glued;
    return token.text.starts_with('.');
  }
};

std::vector<RunReader::Item> RunReader::items_of(AddressTokens tokens) {
  std::vector<Item> items;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const AddressToken& token = tokens[i];
    const bool at_follows = i + 1 < tokens.size() && tokens[i + 1].is('@');
    if (items.empty() || !items.back().takes(token, at_follows)) {
      begin = i;
      Item& item = items.emplace_back();
      item.is_stray = token.kind == Kind::stray;
      item.is_glued = token.glued && i > 0;
    } else if (!token.glued) {
      items.back().has_blanks = true;
    }
    Item& item = items.back();
    item.text += token.text;
    item.has_at = item.has_at || token.is('@');
    item.tokens = tokens.subspan(begin, i + 1 - begin);
  }
  for (std::size_t i = 1; i < items.size(); ++i) {
    Item& one = items[i];
    if (!one.is_glued) continue;
    if (one.is_stray) {
      items[i - 1].after = together(one.tokens);
    } else {
      one.before = together(items[i - 1].tokens);
      one.is_torn = items[i - 1].is_glued && i > 1;
    }
  }
  return items;
}

/// Nothing: it is none, or what is glued to it may be of it.
std::optional<FoundAddress> RunReader::address_in(const Item& item) const {
  const auto is_encoded = [](const AddressToken& one) { return one.kind == Kind::encoded; };
  // No part of an address (RFC 2047 5).
  if (item.is_stray || std::ranges::any_of(item.tokens, is_encoded)) return std::nullopt;
  // Of brackets one octet can be too many, and a quote where nothing stands before it.
  if (!consists_of(item.before, item.is_torn ? "([<>" : "([<>\"") || !consists_of(item.after, ")]<>(\"")) {
    return std::nullopt;
  }
  const std::string_view bare = without_marks(item.text);
  auto address = parse_address(bare, Utf8::allow);
  // What has marks around it still, as in `'a'.`, would be read as another one the next time.
  if (!address || without_marks(*address).size() != address->size()) return std::nullopt;
  FoundAddress found;
  found.text = std::move(*address);
  const std::string_view last = item.tokens.back().text;
  const auto behind = static_cast<std::size_t>(item.text.data() + item.text.size() - (bare.data() + bare.size()));
  found.end = static_cast<std::size_t>(last.data() + last.size() - body_.data()) - behind;
  return found;
}

void RunReader::read(AddressTokens tokens, RunPlace place) {
  if (tokens.empty() || names_nobody(together(tokens))) return;
  if (has_bad_control(tokens)) {
    scan.unread.push_back(together(tokens));
    return;
  }
  if (words_ == BareWords::are_users) {
    read_run(without_sendmails_quotes(tokens), place);
  } else {
    read_run(tokens, place);
  }
}

void RunReader::read_run(AddressTokens tokens, RunPlace place) {
  const std::vector<Item> items = items_of(tokens);
  const auto is_word = [](const Item& one) { return !one.is_stray; };
  const auto means_something = [](const Item& one) { return one.is_stray && !consists_of(one.text, kMarks); };
  const bool single = std::ranges::count_if(items, is_word) == 1 && std::ranges::none_of(items, means_something);
  if (place != RunPlace::behind && single) {
    read_single(*std::ranges::find_if(items, is_word), tokens);
  } else if (words_ == BareWords::are_a_name || place != RunPlace::alone || !read_users(items)) {
    read_items(items);
  }
}

void RunReader::read_single(const Item& item, AddressTokens tokens) {
  const auto is_quoted = [](const AddressToken& one) { return one.kind == Kind::quoted; };
  const auto means_nothing = [&](const AddressToken& one) { return is_quoted(one) || without_marks(one.text).empty(); };
  if (std::ranges::count_if(item.tokens, is_quoted) == 1 && std::ranges::all_of(item.tokens, means_nothing)) {
    const AddressToken& quoted = *std::ranges::find_if(item.tokens, is_quoted);
    std::vector<FoundAddress> inside = quoted_addresses(quoted);
    for (FoundAddress& one : inside) {
      one.end += static_cast<std::size_t>(quoted.text.data() + 1 - body_.data());
      scan.found.push_back(std::move(one));
    }
    if (!inside.empty()) return;
  }
  if (auto address = address_in(item)) {
    scan.found.push_back(std::move(*address));
  } else {
    scan.unread.push_back(together(tokens));
  }
}

/// All or none: if one of them is neither, the words may be a name.
bool RunReader::read_users(const std::vector<Item>& items) {
  std::vector<FoundAddress> users;
  for (const Item& item : items) {
    auto address = item.has_at || item.is_user() ? address_in(item) : std::nullopt;
    if (!address) return false;
    users.push_back(std::move(*address));
  }
  std::ranges::move(users, std::back_inserter(scan.found));
  return true;
}

void RunReader::read_items(const std::vector<Item>& items) {
  const std::span<const Item> all(items);
  std::size_t words = 0;  // those that were read last begin here
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto address = items[i].has_at ? address_in(items[i]) : std::nullopt;
    if (!address) continue;
    address->phrase = take_name(all.subspan(words, i - words));
    scan.found.push_back(std::move(*address));
    words = i + 1;
  }
  leave_unread(all.subspan(words));
}

/// Of the words before an address: a quoted name, or nobody's.
std::string_view RunReader::take_name(std::span<const Item> words) {
  if (words.empty()) return {};
  if (!std::ranges::all_of(words, &Item::is_name)) {
    leave_unread(words);
    return {};
  }
  return together({words.front().tokens.data(), &words.back().tokens.back() + 1});
}

void RunReader::leave_unread(std::span<const Item> words) {
  if (std::ranges::all_of(words, &Item::is_stray)) return;
  scan.unread.push_back(together({words.front().tokens.data(), &words.back().tokens.back() + 1}));
}

std::span<const AddressToken> RunReader::read_phrase(AddressTokens tokens) {
  if (tokens.empty()) return {};
  const std::vector<Item> items = items_of(tokens);
  const std::span<const Item> all(items);
  std::size_t name = 0;  // the first item of it
  for (std::size_t i = 0; i + 1 < items.size(); ++i) {
    if (!items[i].has_at || items[i].has_blanks || has_bad_control(items[i].tokens)) continue;
    auto address = address_in(items[i]);
    // "root@web1 alerts <ops@example.com>" is a name; nobody writes a local host's address without its comma.
    if (!address || split_address(address->text).domain.find('.') == std::string_view::npos) continue;
    address->phrase = take_name(all.subspan(name, i - name));
    scan.found.push_back(std::move(*address));
    name = i + 1;
  }
  return {items[name].tokens.data(), &tokens.back() + 1};
}

std::string_view together(std::span<const AddressToken> tokens) {
  if (tokens.empty()) return {};
  const char* const begin = tokens.front().text.data();
  const std::string_view last = tokens.back().text;
  return {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
}

bool names_nobody(std::string_view words) {
  constexpr std::string_view kUndisclosed = "undisclosed";
  constexpr std::string_view kBetween = " \t\r\n-_.:;\"";
  constexpr std::array<std::string_view, 6> kWhom = {"recipient", "recipients", "receivers",
                                                     "addressee", "addressees", "list"};
  words.remove_prefix(std::min(words.find_first_not_of(kBetween), words.size()));
  if (!istarts_with(words, kUndisclosed)) return false;
  words.remove_prefix(kUndisclosed.size());
  const std::size_t begin = words.find_first_not_of(kBetween);
  if (begin == std::string_view::npos) return true;
  const std::string_view whom = words.substr(begin, words.find_last_not_of(kBetween) + 1 - begin);
  return std::ranges::any_of(kWhom, [whom](std::string_view one) { return iequals(whom, one); });
}

}  // namespace postern::mail
