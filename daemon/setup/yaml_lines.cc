#include "setup/yaml_lines.h"

#include "base/text.h"

#include <algorithm>

namespace postern::setup {
namespace {

using settings::Entry;
using settings::Node;

std::size_t indentation_of(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

bool is_blank_or_comment(std::string_view line) {
  const std::string_view words = trim(line);
  return words.empty() || words.front() == '#';
}

/// The length of what begins with a bracket or a quote and ends in the same line; 0: it does not end there.
std::size_t closed_length(std::string_view text) {
  std::string open;  // brackets and quotes that are to be closed, the innermost last
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!open.empty() && (open.back() == '"' || open.back() == '\'')) {
      if (c == '\\' && open.back() == '"') {
        ++i;
      } else if (c == open.back()) {
        open.pop_back();
      }
    } else if (c == '[' || c == '{') {
      open += c == '[' ? ']' : '}';
    } else if (c == '"' || c == '\'') {
      open += c;
    } else if (!open.empty() && c == open.back()) {
      open.pop_back();
    }
    if (open.empty()) return i + 1;
  }
  return 0;
}

/// The length of a value that stands in one line.
std::size_t length_in_line(const Node& value, std::string_view text) {
  if (text.empty()) return 0;
  const bool bracket = text.front() == '[' || text.front() == '{';
  if (value.kind == Node::Kind::list || value.kind == Node::Kind::map) return bracket ? closed_length(text) : 0;
  if (value.kind != Node::Kind::scalar) return 0;
  if (value.quoted) return text.front() == '"' || text.front() == '\'' ? closed_length(text) : 0;
  return text.starts_with(value.text) ? value.text.size() : 0;
}

}  // namespace

YamlLines::YamlLines(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t length = end == std::string_view::npos ? text.size() : end + 1;
    lines_.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  if (!lines_.empty() && lines_.front().ends_with("\r\n")) end_ = "\r\n";
}

std::string YamlLines::text() const {
  std::string whole;
  for (const std::string& line : lines_) whole += line;
  return whole;
}

std::string_view YamlLines::at(settings::Mark mark) const {
  if (mark.line == 0 || mark.line > lines_.size() || mark.column == 0) return {};
  const std::string_view line = lines_[mark.line - 1];
  return mark.column > line.size() ? std::string_view() : line.substr(mark.column - 1);
}

bool YamlLines::is_flow(const Node& node) const {
  const std::string_view text = at(node.mark);
  return !text.empty() && (text.front() == '[' || text.front() == '{');
}

std::size_t YamlLines::last_line(const Entry& entry) const {
  const std::size_t indent = entry.mark.column - 1;
  // The items of a list may stand as far to the left as its key.
  const bool list = entry.value.kind == Node::Kind::list && !is_flow(entry.value);
  std::size_t last = std::max(entry.mark.line, entry.value.mark.line);
  for (std::size_t next = entry.mark.line + 1; next <= lines_.size(); ++next) {
    const std::string& line = lines_[next - 1];
    if (is_blank_or_comment(line)) continue;
    const std::size_t here = indentation_of(line);
    if (next > last && here < indent + 1 && !(list && here == indent && line[here] == '-')) break;
    last = std::max(last, next);
  }
  return last;
}

void YamlLines::insert(std::size_t number, std::string_view text) {
  if (number > lines_.size() && !lines_.empty() && !lines_.back().ends_with('\n')) lines_.back() += end_;
  std::vector<std::string> fresh;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    fresh.push_back(std::string(text.substr(0, end)).append(end_));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto where = lines_.begin() + static_cast<std::ptrdiff_t>(std::min(number - 1, lines_.size()));
  lines_.insert(where, fresh.begin(), fresh.end());
}

void YamlLines::remove(std::size_t first, std::size_t last) {
  lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(first - 1),
               lines_.begin() + static_cast<std::ptrdiff_t>(last));
}

bool YamlLines::replace_value(const Entry& entry, std::string_view value) {
  const std::string_view old = at(entry.value.mark);
  const std::size_t length = length_in_line(entry.value, old);
  if (length > 0) {
    lines_[entry.value.mark.line - 1].replace(entry.value.mark.column - 1, length, value);
    return true;
  }
  const std::size_t last = last_line(entry);
  const std::string& line = lines_[entry.mark.line - 1];
  const std::size_t colon = line.find(':', entry.mark.column - 1 + entry.key.size());
  if (colon == std::string::npos) return false;
  const std::string changed = line.substr(0, colon + 1) + " " + std::string(value);
  remove(entry.mark.line, last);
  insert(entry.mark.line, changed);
  return true;
}

bool YamlLines::insert_in_flow(const Node& map, std::string_view word) {
  if (!at(map.mark).starts_with('{')) return false;
  const std::string more = map.entries.empty() ? std::string() : ",";
  lines_[map.mark.line - 1].insert(map.mark.column, " " + std::string(word) + more);
  return true;
}

std::optional<std::size_t> YamlLines::find(std::string_view front) const {
  const auto found = std::ranges::find_if(lines_, [&](const std::string& line) { return line.starts_with(front); });
  if (found == lines_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - lines_.begin()) + 1;
}

}  // namespace postern::setup
