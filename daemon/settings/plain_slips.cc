#include "settings/plain_slips.h"

#include "base/ascii.h"
#include "base/text.h"
#include "settings/lines.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace postern::settings {
namespace {

bool is_name(std::string_view text) {
  const auto of_name = [](char c) { return c == '_' || is_upper(c) || is_digit(c); };
  return !text.empty() && std::ranges::all_of(text, of_name);
}

/// "$NAME", of which the shell and some programs make what the environment has. In quotes it may be a password.
bool is_variable(std::string_view text, bool quoted) {
  if (!text.starts_with('$') || !is_name(text.substr(1))) return false;
  return !quoted || text.find('_') != std::string_view::npos || text.find("PASS") != std::string_view::npos;
}

constexpr std::string_view kVariable = "variables of the environment are not put into it";
constexpr std::string_view kTemplate = "it looks like a template that was not rendered";

/// How values begin and end that another program was to replace as a whole.
struct Template {
  std::string_view begin;
  std::string_view end;
  bool name = false;  ///< between them is a name in capitals: too much looks like this
  std::string_view why = kTemplate;
};
constexpr std::array kTemplates{
    Template{"${", "}", false, kVariable},
    Template{"$(", ")", false, "no shell reads it"},
    Template{"{{", "}}"},
    Template{"{%", "%}"},
    Template{"<%", "%>"},
    Template{"ENC[", "]", false, "it is encrypted, and nothing here decrypts it"},
    Template{"@", "@", true},
    Template{"__", "__", true},
    Template{"%%", "%%", true},
    Template{"%(", ")s"},
};

/// Why the value is probably not what is meant; empty: it may well be.
std::string_view unrendered(std::string_view text, bool quoted) {
  if (is_variable(text, quoted)) return kVariable;
  for (const Template& one : kTemplates) {
    if (text.size() <= one.begin.size() + one.end.size()) continue;
    if (!text.starts_with(one.begin) || !text.ends_with(one.end)) continue;
    const std::string_view inner = text.substr(one.begin.size(), text.size() - one.begin.size() - one.end.size());
    if (!one.name || is_name(inner)) return one.why;
  }
  return {};
}

/// Quotes of typography, which are letters to YAML.
bool in_typographic_quotes(std::string_view text) {
  constexpr std::array<std::string_view, 7> kMarks{"\u201C", "\u201D", "\u201E", "\u2018",
                                                   "\u2019", "\u00AB", "\u00BB"};
  const auto any = [&](auto has) { return std::ranges::any_of(kMarks, has); };
  return any([&](std::string_view mark) { return text.starts_with(mark); }) &&
         any([&](std::string_view mark) { return text.ends_with(mark); });
}

struct Search {
  std::vector<std::string_view> lines;
  Report& report;

  /// A password with a " #" in it ends there, and nobody sees that; comments have a blank behind the mark. In other
  /// values it is a comment, written so or so. The value is not shown: it may be a password.
  void look_at(const std::string& key, const Node& value) const {
    if (value.kind != Node::Kind::scalar) return;
    // A shell that is the program puts variables into its argument.
    const bool argument = value.quoted && key.ends_with("command");
    if (const std::string_view why = unrendered(value.text, value.quoted); !why.empty() && !argument) {
      report.warning(value.mark, "'" + key + "' is taken as it stands: " + std::string(why));
    }
    if (!value.quoted && in_typographic_quotes(value.text)) {
      report.warning(value.mark,
                     "'" + key + "' is taken with the typographic quotes around it; write ' or \" in their place");
    }
    if (value.quoted || key != "password" || value.mark.line == 0 || value.mark.line > lines.size()) return;
    const std::string_view line = lines[value.mark.line - 1];
    const std::size_t begin = std::min(value.mark.column - 1, line.size());
    if (!line.substr(begin).starts_with(value.text)) return;  // it goes on in other lines
    const std::string_view rest = trim(line.substr(begin + value.text.size()));
    const bool close = rest.size() > 1 && rest.starts_with('#') && rest[1] != ' ' && rest[1] != '\t' && rest[1] != '#';
    if (!close) return;
    report.warning(value.mark, "the value of '" + key +
                                   "' ends before ' #', which begins a comment; if that belongs to it, put all of it "
                                   "in single quotes");
  }

  void look_into(const std::string& key, const Node& node) const {
    look_at(key, node);
    for (const Node& item : node.items) look_into(key, item);
    for (const Entry& entry : node.entries) look_into(entry.key, entry.value);
  }
};

}  // namespace

void warn_of_plain_slips(const Node& root, const std::string& text, Report& report) {
  const Search search{lines_in(text), report};
  search.look_into("", root);
}

}  // namespace postern::settings
