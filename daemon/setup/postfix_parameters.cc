#include "setup/postfix_parameters.h"

#include "base/ascii.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace postern::setup {
namespace {

constexpr std::size_t kDeepest = 16;       // values that stand in values
constexpr std::size_t kLongest = 1 << 16;  // of a value: each level may double it
constexpr std::size_t kMostNames = 10000;  // that are replaced for one value: each level may have many more of them

struct Standard {
  std::string_view name;
  std::string_view text;
};

/// The defaults that other values may refer to; where Debian's differ, Debian's.
constexpr auto kStandards = std::to_array<Standard>({
    {"config_directory", "/etc/postfix"},
    {"myorigin", "$myhostname"},
    {"mydestination", "$myhostname, localhost.$mydomain, localhost"},
    {"alias_maps", "hash:/etc/aliases"},
    {"alias_database", "hash:/etc/aliases"},
    {"default_database_type", "hash"},
    {"smtp_helo_name", "$myhostname"},
    {"smtp_sasl_security_options", "noplaintext, noanonymous"},
    {"smtp_sasl_tls_security_options", "$smtp_sasl_security_options"},
    {"smtp_fallback_relay", "$fallback_relay"},
    {"smtp_tls_key_file", "$smtp_tls_cert_file"},
});

bool is_name_char(char c) { return is_alnum(c) || c == '_'; }

/// The place behind the bracket that closes the one at `open`, or nothing.
std::size_t behind_bracket(std::string_view text, std::size_t open) {
  const char close = text[open] == '(' ? ')' : '}';
  std::size_t depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == text[open]) ++depth;
    if (text[i] == close && --depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

}  // namespace

/// One value while the names in it are replaced.
struct PostfixParameters::Expansion {
  const PostfixParameters& parameters;
  bool& unread;        ///< it held an expression that is not understood
  std::size_t& names;  ///< replaced so far

  [[nodiscard]] std::string of(std::string_view name, std::size_t depth) const {
    if (depth > kDeepest || ++names > kMostNames) return {};
    if (const auto found = parameters.parameters_.find(name); found != parameters.parameters_.end()) {
      return expand(found->second.text, depth);
    }
    if (name == "mydomain") return domain(depth);
    const auto* standard = std::ranges::find(kStandards, name, &Standard::name);
    return standard == kStandards.end() ? std::string() : expand(standard->text, depth);
  }

  /// The default of mydomain: myhostname without its first label.
  [[nodiscard]] std::string domain(std::size_t depth) const {
    const std::string host = of("myhostname", depth + 1);
    const std::size_t dot = host.find('.');
    return dot == std::string::npos ? std::string() : host.substr(dot + 1);
  }

  [[nodiscard]] std::string expand(std::string_view text, std::size_t depth) const {
    std::string out;
    if (depth > 2 * kDeepest) {  // one in the brackets of the other
      unread = true;
      return out;
    }
    for (std::size_t i = 0; i < text.size() && out.size() < kLongest;) {
      if (text[i] != '$' || i + 1 == text.size()) {
        out += text[i++];
        continue;
      }
      const char next = text[i + 1];
      if (next == '$') {
        out += '$';
        i += 2;
      } else if (next == '{' || next == '(') {
        const std::size_t end = behind_bracket(text, i + 1);
        if (end == std::string_view::npos) {
          unread = true;
          return out;
        }
        out += bracket(text.substr(i + 2, end - i - 3), depth);
        i = end;
      } else {
        std::size_t end = i + 1;
        while (end < text.size() && is_name_char(text[end])) ++end;
        out += end == i + 1 ? "$" : of(text.substr(i + 1, end - i - 1), depth + 1);
        i = end;
      }
    }
    return out;
  }

  /// What stands between the brackets: name, name?value, name:value, name?{value}:{value}.
  [[nodiscard]] std::string bracket(std::string_view inside, std::size_t depth) const {
    inside = trim(inside);
    std::size_t end = 0;
    while (end < inside.size() && is_name_char(inside[end])) ++end;
    const std::string_view name = inside.substr(0, end);
    const std::string_view rest = trim(inside.substr(end));
    if (name.empty() || (!rest.empty() && rest[0] != '?' && rest[0] != ':')) {
      unread = true;
      return {};
    }
    const std::string value = of(name, depth + 1);
    if (rest.empty()) return value;
    std::string_view yes = rest[0] == '?' ? trim(rest.substr(1)) : std::string_view();
    std::string_view no = rest[0] == ':' ? rest.substr(1) : std::string_view();
    if (yes.starts_with('{')) {
      const std::size_t close = behind_bracket(yes, 0);
      if (close != std::string_view::npos) {
        const std::string_view other = trim(yes.substr(close));
        if (other.starts_with(':')) no = other.substr(1);
        yes = yes.substr(0, close);
      }
    }
    return expand(without_braces(value.empty() ? no : yes), depth + 1);
  }
};

Result<PostfixParameters> PostfixParameters::read(const PeerFile& file) {
  PostfixParameters parameters;
  parameters.file_ = file.name;
  for (const Line& line : logical_lines(file)) {
    const std::size_t equals = line.text.find('=');
    const std::string_view name = trim(std::string_view(line.text).substr(0, std::min(equals, line.text.size())));
    if (equals == std::string::npos || name.empty()) {
      return wrong(file.mark(line), "this is no line 'parameter = value'");
    }
    parameters.parameters_[std::string(name)] =
        Parameter{file.mark(line), std::string(trim(std::string_view(line.text).substr(equals + 1)))};
  }
  return parameters;
}

std::string PostfixParameters::value(std::string_view name) const {
  bool unread = false;
  std::size_t names = 0;
  return std::string(trim(Expansion{*this, unread, names}.of(name, 0)));
}

bool PostfixParameters::is_empty(std::string_view name) const {
  const auto found = parameters_.find(name);
  return found == parameters_.end() || found->second.text.empty();
}

bool PostfixParameters::is_unread(std::string_view name) const {
  const auto found = parameters_.find(name);
  bool unread = false;
  std::size_t names = 0;
  // At the last depth: names in it are looked at in their own turn.
  if (found != parameters_.end()) (void)Expansion{*this, unread, names}.expand(found->second.text, kDeepest);
  return unread;
}

bool PostfixParameters::is_on(std::string_view name, bool standard) const {
  const std::string text = value(name);
  return text.empty() ? standard : iequals(text, "yes");
}

std::vector<std::string> PostfixParameters::list(std::string_view name) const { return postfix_words(value(name)); }

Mark PostfixParameters::mark(std::string_view name) const {
  const auto found = parameters_.find(name);
  return found == parameters_.end() ? Mark{file_, 0} : found->second.mark;
}

std::vector<std::string> PostfixParameters::names() const {
  std::vector<std::string> names;
  names.reserve(parameters_.size());
  for (const auto& [name, parameter] : parameters_) names.push_back(name);
  return names;
}

std::set<std::string, std::less<>> PostfixParameters::names_referred_to() const {
  std::set<std::string, std::less<>> names;
  for (const auto& [name, parameter] : parameters_) {
    const std::string_view text = parameter.text;
    for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
      std::size_t begin = at + 1;
      if (begin < text.size() && (text[begin] == '{' || text[begin] == '(')) ++begin;
      std::size_t end = begin;
      while (end < text.size() && is_name_char(text[end])) ++end;
      names.emplace(text.substr(begin, end - begin));
    }
  }
  return names;
}

std::string_view without_braces(std::string_view text) {
  text = trim(text);
  const bool both = text.size() >= 2 && text.front() == '{' && text.back() == '}';
  return both ? trim(text.substr(1, text.size() - 2)) : text;
}

std::vector<std::string> postfix_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  std::size_t depth = 0;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : text) {
    const bool between = c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (between && depth == 0) {
      end_word();
      continue;
    }
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    word += c;
  }
  end_word();
  return words;
}

}  // namespace postern::setup
