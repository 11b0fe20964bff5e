#include "console/fields.h"

#include "base/text.h"
#include "base/zone.h"
#include "console/view.h"
#include "mail/status.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>

namespace postern::console {
namespace {

using boost::json::object;
using boost::json::value;

}  // namespace

std::string text_in(const object& from, std::string_view key) { return printable(raw_text_in(from, key)); }

std::string lines_in(const object& from, std::string_view key) {
  std::string text = raw_text_in(from, key);
  std::replace(text.begin(), text.end(), '\t', ' ');
  std::string result;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    result += printable(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

std::string joined_in(const object& from, std::string_view key, std::string_view separator) {
  std::string result;
  for (const value& one : array_in(from, key)) {
    if (!one.is_string()) continue;
    if (!result.empty()) result += separator;
    result += printable(std::string_view(one.get_string()));
  }
  return result;
}

std::string local_time(WallTime time) { return local_text(time, "%Y-%m-%d %H:%M:%S"); }

std::string sender_in(const boost::json::object& line) {
  return line.contains("sender") ? bracketed(text_in(line, "sender")) : "?";
}

std::string padded(const std::string& text, std::size_t width) {
  std::string result(front_columns(text, width));
  result.append(width - columns(result), ' ');
  return result;
}

std::string row(std::string_view label, const std::string& text, std::size_t width) {
  return text.empty() ? std::string() : hanging(fmt::format("{:<{}}{}\n", label, kLabel, text), kLabel, width);
}

std::string status_text(const object& status) {
  const std::string verdict = text_in(status, "verdict");
  if (verdict.empty()) return "not tried yet";
  mail::Status said;
  said.code = static_cast<int>(number_in(status, "code"));
  said.enhanced = text_in(status, "enhanced");
  said.text = text_in(status, "text");
  const std::string words = mail::to_text(said);
  return words.empty() ? verdict : verdict + ": " + words;
}

}  // namespace postern::console
