#include "mail/repeated_addresses.h"

#include "base/text.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace postern::mail {
namespace {

constexpr std::string_view kWordEnds = " \t\r\n<>()[],;\"";

/// Where what begins at a byte ends: of all bytes at once, since otherwise a server that repeats "<" and quotes without
/// an end has the rest of its answer looked through for each of them.
class Ends {
 public:
  explicit Ends(std::string_view text) : quoted_(text.size() + 2, kNone), path_(text.size() + 1, kNone) {
    for (std::size_t i = text.size(); i-- > 0;) {
      // Within a quoted string (RFC 5321 4.1.2), and within a path outside of any.
      quoted_[i] = text[i] == '"' ? i + 1 : quoted_[text[i] == '\\' ? i + 2 : i + 1];
      const std::size_t string_end = text[i] == '"' ? quoted_[i + 1] : kNone;
      path_[i] = text[i] == '>' ? i + 1 : path_[string_end == kNone ? i + 1 : string_end];
    }
  }

  static constexpr std::size_t kNone = std::string_view::npos;

  /// Behind the second quote of the string that begins with this one.
  [[nodiscard]] std::size_t behind_quoted(std::size_t begin) const { return quoted_[begin + 1]; }
  /// Behind the ">" of the path that begins with this "<".
  [[nodiscard]] std::size_t behind_path(std::size_t begin) const { return path_[begin + 1]; }

 private:
  std::vector<std::size_t> quoted_;
  std::vector<std::size_t> path_;
};

bool holds_at(std::string_view word) {
  return word.find('@') != std::string_view::npos || word.find("%40") != std::string_view::npos;
}

/// Behind an address without brackets that begins here, a quoted one too; 0 if none does.
std::size_t behind_word(std::string_view text, const Ends& ends, std::size_t begin) {
  if (text[begin] != '"') {
    const std::size_t end = std::min(text.find_first_of(kWordEnds, begin), text.size());
    return holds_at(text.substr(begin, end - begin)) ? end : 0;
  }
  const std::size_t at = ends.behind_quoted(begin);
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
  const Ends ends(text);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t path = text[i] == '<' ? ends.behind_path(i) : Ends::kNone;
    if (path != Ends::kNone) {
      out += instead(text.substr(i, path - i));
      i = path;
      continue;
    }
    const bool begins = i == 0 || kWordEnds.find(text[i - 1]) != std::string_view::npos;
    const std::size_t end = begins ? behind_word(text, ends, i) : 0;
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
