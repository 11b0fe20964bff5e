#include "relay/folded_words.h"

#include "base/text.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace postern::relay {
namespace {

constexpr std::size_t kLongest = 4096;  // of a reply, so many bytes are looked at

/// The end of a quoted string (RFC 5321 4.1.2), behind the second quote; npos if there is none.
std::size_t behind_quoted(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

/// Behind the ">" of a path that begins here; npos if it has none.
std::size_t behind_path(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '>') return i + 1;
    if (text[i] != '"') continue;
    const std::size_t quoted = behind_quoted(text, i);
    if (quoted == std::string_view::npos) continue;
    i = quoted - 1;
  }
  return std::string_view::npos;
}

constexpr std::string_view kBetween = " \t\r\n<>()[],;\"";

/// Behind an address without brackets that begins here, a quoted one too; nothing if none does.
std::size_t behind_address(std::string_view text, std::size_t begin) {
  std::size_t at = text.find_first_of(kBetween, begin);
  if (text[begin] == '"') at = behind_quoted(text, begin);
  at = std::min(at, text.size());
  const bool is_quoted = text[begin] == '"' && at < text.size() && text[at] == '@';
  if (is_quoted) return std::min(text.find_first_of(kBetween, at), text.size());
  return text.substr(begin, at - begin).find('@') != std::string_view::npos && text[begin] != '"' ? at : 0;
}

std::string without_addresses(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t path = text[i] == '<' ? behind_path(text, i) : std::string_view::npos;
    if (path != std::string_view::npos) {
      out += "<>";
      i = path;
      continue;
    }
    const bool begins = i == 0 || kBetween.find(text[i - 1]) != std::string_view::npos;
    const std::size_t address = begins ? behind_address(text, i) : 0;
    if (address > i) {
      i = address;
      continue;
    }
    out += text[i++];
  }
  return out;
}

}  // namespace

std::string folded_words(const smtp::Reply& reply) {
  std::string said;
  const std::string enhanced = reply.enhanced();
  for (const std::string& line : reply.lines) {
    std::string_view text = line;
    if (!enhanced.empty() && text.starts_with(enhanced)) text.remove_prefix(enhanced.size());
    said.append(" ").append(text.substr(0, kLongest - std::min(kLongest, said.size())));
    if (said.size() >= kLongest) break;
  }
  std::string folded = " ";
  for (const char c : without_addresses(said)) {
    const bool blank = c == ' ' || c == '\t' || c == '-' || c == '_';
    if (!blank) folded += to_lower(c);
    if (blank && folded.back() != ' ') folded += ' ';
  }
  if (folded.back() != ' ') folded += ' ';
  // "E-mail" and "email" are one word.
  for (std::size_t at = 0; (at = folded.find(" e mail", at)) != std::string::npos;) folded.erase(at + 2, 1);
  return folded;
}

}  // namespace postern::relay
