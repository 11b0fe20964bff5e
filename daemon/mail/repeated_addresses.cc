#include "mail/repeated_addresses.h"

#include "base/text.h"

#include <algorithm>
#include <cstddef>

namespace postern::mail {
namespace {

constexpr std::string_view kWordEnds = " \t\r\n<>()[],;\"";

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

bool holds_at(std::string_view word) {
  return word.find('@') != std::string_view::npos || word.find("%40") != std::string_view::npos;
}

/// Behind an address without brackets that begins here, a quoted one too; 0 if none does.
std::size_t behind_word(std::string_view text, std::size_t begin) {
  if (text[begin] != '"') {
    const std::size_t end = std::min(text.find_first_of(kWordEnds, begin), text.size());
    return holds_at(text.substr(begin, end - begin)) ? end : 0;
  }
  const std::size_t at = behind_quoted(text, begin);
  if (at >= text.size() || text[at] != '@') return 0;
  return std::min(text.find_first_of(kWordEnds, at), text.size());
}

bool is_of(std::string_view path, const Envelope& envelope) {
  if (path.size() > 2 && path.front() == '<') path = path.substr(1, path.size() - 2);
  while (!path.empty() && std::string_view(".:").find(path.back()) != std::string_view::npos) path.remove_suffix(1);
  return iequals(path, envelope.sender) ||
         std::ranges::any_of(envelope.recipients, [&](const Recipient& one) { return iequals(path, one.address); });
}

}  // namespace

std::string replace_addresses(std::string_view text,
                              const std::function<std::string(std::string_view address)>& instead) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t path = text[i] == '<' ? behind_path(text, i) : std::string_view::npos;
    if (path != std::string_view::npos) {
      out += instead(text.substr(i, path - i));
      i = path;
      continue;
    }
    const bool begins = i == 0 || kWordEnds.find(text[i - 1]) != std::string_view::npos;
    const std::size_t end = begins ? behind_word(text, i) : 0;
    if (end > i) {
      out += instead(text.substr(i, end - i));
      i = end;
      continue;
    }
    out += text[i++];
  }
  return out;
}

std::string without_addresses_of_others(std::string_view text, const Envelope& envelope) {
  return replace_addresses(text, [&envelope](std::string_view address) {
    if (address == "<>" || is_of(address, envelope)) return std::string(address);
    return std::string(address.front() == '<' ? "<...>" : "...");
  });
}

}  // namespace postern::mail
