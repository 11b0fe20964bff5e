#include "base/json_log.h"

#include "base/text.h"
#include "base/zone.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace postern {
namespace {

constexpr std::size_t kLongestText = std::size_t{8} << 10U;

/// Printable text is valid UTF-8 without controls, so that a quote is all that is left; its backslashes begin escapes.
void append_quoted(std::string& line, std::string_view text) {
  const std::string safe = printable(text);
  line += '"';
  for (const char c : cut_printable(safe, kLongestText)) {
    if (c == '"' || c == '\\') line += '\\';
    line += c;
  }
  line += '"';
}

/// As many as have room together.
void append_list(std::string& line, const std::vector<std::string>& texts) {
  std::size_t room = kLongestText;
  char separator = '[';
  for (const std::string& text : texts) {
    if (text.size() > room) break;
    room -= text.size();
    line += separator;
    append_quoted(line, text);
    separator = ',';
  }
  line += separator == '[' ? "[]" : "]";
}

void append_member(std::string& line, std::string_view name) {
  line += line.empty() ? '{' : ',';
  append_quoted(line, name);
  line += ':';
}

}  // namespace

std::string json_line(const LogRecord& record, WallTime time) {
  std::string line;
  const auto add = [&line](std::string_view member, std::string_view text) {
    append_member(line, member);
    append_quoted(line, text);
  };
  add("time", to_local_rfc3339(time));
  add("level", name(record.level));
  add("event", record.event);
  for (const LogField& field : record.fields) {
    if (field.number.empty()) {
      add(field.key, field.value);
    } else {
      append_member(line, field.key);
      line += field.number;
    }
    if (field.each.empty()) continue;
    append_member(line, std::string(field.key) + "_list");
    append_list(line, field.each);
  }
  return line + '}';
}

}  // namespace postern
