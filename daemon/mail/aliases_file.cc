#include "mail/aliases_file.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/address_marks.h"
#include "mail/delimiters.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>
#include <utility>

namespace postern::mail {
namespace {

/// Several lines of the file that are one to it.
struct LogicalLine {
  std::size_t number = 0;  ///< of its first line; 0: there is none
  std::string text;
};

bool is_space_or_tab(char c) { return c == ' ' || c == '\t'; }

/// Where an unquoted character of these stands, from `begin` on.
std::size_t find_unquoted(std::string_view text, std::string_view which, std::size_t begin = 0) {
  bool quoted = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && which.find(text[i]) != std::string_view::npos) {
      return i;
    }
  }
  return std::string_view::npos;
}

bool ends_in_quotes(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    }
  }
  return quoted;
}

/// "#" begins a comment at the beginning, beside a blank and in a domain: no address that somebody has begins or ends
/// so.
std::string_view without_comment(std::string_view line) {
  bool in_domain = false;
  constexpr std::string_view kTellers = "#@,; \t";
  for (std::size_t at = find_unquoted(line, kTellers); at != std::string_view::npos;
       at = find_unquoted(line, kTellers, at + 1)) {
    if (line[at] != '#') {
      in_domain = line[at] == '@';
      continue;
    }
    const bool ends_word = at + 1 == line.size() || is_space_or_tab(line[at + 1]);
    if (at == 0 || is_space_or_tab(line[at - 1]) || ends_word || in_domain) return line.substr(0, at);
  }
  return line;
}

/// The commas that part targets: one in a comment, which parentheses enclose, does not.
class Commas {
 public:
  explicit Commas(std::string_view list) : list_(list), delimiters_(list) {}

  /// The first one in the rest of the list, as an offset in that.
  std::size_t first_of(std::string_view rest) {
    const std::size_t rest_begin = list_.size() - rest.size();
    std::size_t begin = rest_begin;
    for (;;) {
      const std::size_t at = find_unquoted(list_, ",(", begin);
      if (at == std::string_view::npos) return at;
      if (list_[at] == ',') return at - rest_begin;
      const std::size_t end = delimiters_.end_of(at);
      begin = end == Delimiters::kNowhere ? at + 1 : end;
    }
  }

 private:
  std::string_view list_;
  Delimiters delimiters_;
};

/// "\"joe smith\"" -> "joe smith", if the quotes are around all of it.
std::string_view without_quotes(std::string_view text) {
  const bool both = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return both && text.find('"', 1) == text.size() - 1 ? text.substr(1, text.size() - 2) : text;
}

/// A name as an address has it: in quotes where it needs them.
std::string as_local_part(std::string_view name) {
  if (parse_address(name, Utf8::allow)) return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

/// For a message: names of files made for the purpose are long.
std::string shown(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  return "'" + std::string(front_characters(name, kLongest)) + (name.size() > kLongest ? "...'" : "'");
}

struct Elsewhere {
  std::string_view prefix;
  std::string_view words;
};
constexpr std::array kElsewhere = {
    Elsewhere{"|", "a program, which is not run"}, Elsewhere{"/", "a file, to which nothing is written"},
    Elsewhere{":include:", "a list in another file, which is not read"},
    Elsewhere{":", "a word of another mail system"},  // Exim's :fail: and :blackhole:
};

/// Empty: it is no affair of a mail system.
std::string_view elsewhere(std::string_view target) {
  const std::string_view bare = without_marks(without_quotes(target));
  const auto* const found =
      std::ranges::find_if(kElsewhere, [bare](const Elsewhere& one) { return istarts_with(bare, one.prefix); });
  return found == kElsewhere.end() ? std::string_view() : found->words;
}

class Reader {
 public:
  AliasesFile read(std::string_view text) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";  // of UTF-8, as some editors write it
    if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
    const bool cut = text.size() > kLargestAliasesFile;
    // The last line of what is left may be half of one.
    if (cut) text = text.substr(0, text.rfind('\n', kLargestAliasesFile) + 1);
    LogicalLine line;
    bool goes_on = false;
    std::size_t number = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view one = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number;
      if (one.ends_with('\r')) one.remove_suffix(1);
      const std::string_view words = trim(one);
      if (!goes_on && (words.empty() || words.starts_with('#'))) continue;
      if (!goes_on && !is_space_or_tab(one.front())) {
        take(std::exchange(line, {}));
        line.number = number;
      }
      if (line.number == 0) line.number = number;
      one = without_comment(one);
      goes_on = one.ends_with('\\');
      if (goes_on) one.remove_suffix(1);
      line.text += one;
      line.text += ' ';
    }
    take(line);
    if (cut) fault(number + 1, "the file is larger than 1 MiB; nothing from here on is read");
    return std::move(file_);
  }

 private:
  void fault(std::size_t line, std::string text) {
    ++file_.passed_over;
    if (file_.faults.size() < kMostFaults) file_.faults.push_back({line, std::move(text)});
  }

  void take(const LogicalLine& line) {
    const std::string_view text = trim(line.text);
    if (line.number == 0 || text.empty()) return;
    if (file_.aliases.size() >= kMostAliases) {
      if (!std::exchange(full_, true)) fault(line.number, "these are too many aliases; nothing from here on is read");
      return;
    }
    if (has_control_but_tabs(text)) return fault(line.number, "a control character; this line is passed over");
    if (ends_in_quotes(text)) return fault(line.number, "a quote that does not close; this line is passed over");
    const std::size_t colon = find_unquoted(text, ":");
    if (colon == std::string_view::npos) return fault(line.number, "no alias: there is no colon after a name");
    const auto key = key_of(trim(text.substr(0, colon)));
    if (!key) return fault(line.number, "no alias: before the colon stands no name of a local user");
    if (file_.lines.contains(*key)) {
      return fault(line.number, shown(*key) + " has an alias in line " + std::to_string(file_.lines[*key]) +
                                    " already, which counts");
    }
    std::vector<std::string> targets = targets_of(line.number, *key, trim(text.substr(colon + 1)));
    if (targets.empty()) return;
    file_.lines.emplace(*key, line.number);
    file_.aliases.emplace(*key, std::move(targets));
  }

  static bool has_control_but_tabs(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return c != '\t' && has_control(std::string_view(&c, 1)); });
  }

  static std::optional<std::string> key_of(std::string_view name) {
    const std::string_view bare = without_quotes(name);
    if (bare.empty() || bare.find('@') != std::string_view::npos) return std::nullopt;
    const bool quoted = bare.size() != name.size();
    name = quoted ? name : without_marks(name);
    if (!parse_address(quoted ? as_local_part(bare) : std::string(name), Utf8::allow)) return std::nullopt;
    return alias_key(name);
  }

  std::vector<std::string> targets_of(std::size_t line, const std::string& name, std::string_view list) {
    std::vector<std::string> targets;
    std::unordered_set<std::string> known;
    if (list.empty()) fault(line, shown(name) + " leads to nobody");
    Commas commas(list);
    while (!list.empty()) {
      // The commas of a program that stands in no quotes are its own, and those of Exim's words.
      const bool program = list.front() == '|' || (list.front() == ':' && !istarts_with(list, ":include:"));
      const std::size_t comma = program ? std::string_view::npos : commas.first_of(list);
      const std::string_view part = trim(list.substr(0, comma));
      list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
      list.remove_prefix(std::min(list.find_first_not_of(" \t"), list.size()));
      if (part.empty()) continue;
      for (std::string& target : take_targets(line, name, part)) {
        if (known.insert(target).second) targets.push_back(std::move(target));
      }
    }
    return targets;
  }

  /// One as a rule. Of words with nothing but blanks between them all or none, since they may be a name; of anything
  /// else what can be read, as in the header of a message.
  std::vector<std::string> take_targets(std::size_t line, const std::string& name, std::string_view part) {
    if (const std::string_view words = elsewhere(part); !words.empty()) {
      fault(line, shown(name) + " leads to " + std::string(words) + "; this is passed over");
      return {};
    }
    if (auto whole = address_of(part)) return {std::move(*whole)};
    AddressList list;
    if (part.find_first_of("\"<>()") == std::string_view::npos) list.addresses = read_words(part);
    if (list.addresses.empty()) list = read_address_list(part);
    // In "a: b: c" a line end may be missing, so that c is nobody's.
    if (find_unquoted(part, ":") != std::string_view::npos) {
      std::erase_if(list.addresses, [](const std::string& one) { return split_address(one).domain.empty(); });
      if (list.addresses.empty()) list.unread.emplace_back(part);
    }
    const auto all = list.addresses.size();
    std::erase_if(list.addresses, [](const std::string& one) { return !elsewhere(one).empty(); });
    if (!list.unread.empty() || list.addresses.size() < all || list.addresses.empty()) {
      fault(line, shown(name) + " leads to something that is no address; it is passed over");
    }
    return std::move(list.addresses);
  }

  static std::vector<std::string> read_words(std::string_view part) {
    std::vector<std::string> found;
    for (const std::string_view word : split_words(part)) {
      auto address = address_of(word);
      if (!address) return {};
      found.push_back(std::move(*address));
    }
    return found;
  }

  /// "joe", 'joe', "\joe", "joe smith" in quotes, joe@example.com, Joe <joe@example.com>.
  static std::optional<std::string> address_of(std::string_view text) {
    text = without_marks(text);
    if (text.ends_with('>')) {
      const std::size_t open = find_unquoted(text, "<");
      if (open == std::string_view::npos) return std::nullopt;
      text = without_marks(text.substr(open + 1, text.size() - open - 2));
    }
    const bool final = text.starts_with('\\');
    if (final) text.remove_prefix(1);
    const std::string_view bare = without_quotes(text);
    // Of the quotes that the file wants, those stay that an address needs: "joe@example.com" is an address, and
    // "joe smith" a name.
    const bool name = bare.size() != text.size() && bare.find('@') == std::string_view::npos;
    auto good = parse_address(name ? as_local_part(bare) : std::string(bare), Utf8::allow);
    if (!good) return std::nullopt;
    return final ? "\\" + *good : std::move(*good);
  }

  AliasesFile file_;
  bool full_ = false;
};

}  // namespace

AliasesFile parse_aliases_file(std::string_view text) { return Reader().read(text); }

}  // namespace postern::mail
