#include "settings/plain_slips.h"

#include "base/text.h"
#include "settings/lines.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace postern::settings {
namespace {

/// "${NAME}" or "$NAME", of which the shell and some programs make what the environment has.
bool is_variable(std::string_view text) {
  if (!text.starts_with('$') || text.size() < 2) return false;
  std::string_view name = text.substr(1);
  if (name.starts_with('{')) {
    if (!name.ends_with('}')) return false;
    name = name.substr(1, name.size() - 2);
  }
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

struct Search {
  std::vector<std::string_view> lines;
  Report& report;

  /// A password with a " #" in it ends there, and nobody sees that; comments have a blank behind the mark. In other
  /// values it is a comment, written so or so. The value is not shown: it may be a password.
  void look_at(const std::string& key, const Node& value) const {
    if (value.kind != Node::Kind::scalar || value.quoted) return;
    if (is_variable(value.text)) {
      report.warning(value.mark,
                     "'" + key + "' is taken as it stands: variables of the environment are not put into it");
    }
    if (key != "password" || value.mark.line == 0 || value.mark.line > lines.size()) return;
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
