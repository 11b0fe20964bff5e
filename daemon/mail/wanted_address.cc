#include "mail/wanted_address.h"

#include "base/ascii.h"
#include "base/letters.h"
#include "base/text.h"
#include "mail/idn.h"

#include <fmt/format.h>
#include <idn2.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace postern::mail {
namespace {

constexpr std::size_t kShownOfWanted = 64;

bool is_label_octet(char c) { return is_alnum(c) || c == '-'; }

struct FreeLabel {
  void operator()(char* label) const { std::free(label); }
};

/// As it is where it is no A-label, or only the front of one, which may be read as other letters.
std::string label_in_letters(std::string_view label) {
  if (!iequals(label.substr(0, 4), "xn--")) return std::string(label);
  const std::string small = to_lower(label);
  char* found = nullptr;
  const int code = idn2_to_unicode_8z8z(small.c_str(), &found, 0);
  const std::unique_ptr<char, FreeLabel> owner(found);
  if (code != IDN2_OK || found == nullptr) return std::string(label);
  const auto again = ascii_domain(found);
  return again && *again == small ? std::string(found) : std::string(label);
}

/// Each A-label in its own letters.
std::string in_letters(std::string_view text) {
  std::string made;
  while (!text.empty()) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, is_label_octet) - text.begin());
    made += label_in_letters(text.substr(0, end));
    made += text.substr(end, 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return made;
}

/// What is between the last brackets, whatever stands before them. One of the two may not have been copied.
std::string_view inside_brackets(std::string_view text) {
  const std::size_t open = text.rfind('<');
  const bool closed = text.ends_with('>');
  if (closed) text.remove_suffix(1);
  const bool name = closed || text.find('"') == std::string_view::npos;  // else it may be in a quoted local part
  if (open != std::string_view::npos && name) text.remove_prefix(open + 1);
  return trim(text);
}

}  // namespace

Result<std::string> address_to_find(std::string_view text) {
  std::string_view wanted = trim(text);
  while (wanted.ends_with(',') || wanted.ends_with(';')) wanted = trim(wanted.substr(0, wanted.size() - 1));
  if (wanted.ends_with("<>")) return std::string("<>");
  wanted = inside_brackets(wanted);
  while (wanted.starts_with('*')) wanted.remove_prefix(1);
  while (wanted.ends_with('*')) wanted.remove_suffix(1);
  const std::string shown = printable(text.substr(0, kShownOfWanted));
  if (wanted.empty() || wanted == "@") {
    return Error{Failure::invalid, fmt::format("\"{}\" would mean every address; leave it out for all", shown)};
  }
  if (wanted.find('*') != std::string_view::npos) {
    return Error{
        Failure::invalid,
        fmt::format("\"{}\": a * inside of an address stands for nothing; write a part of the address, such as "
                    "bob@ or @example.com",
                    shown)};
  }
  return in_letters(wanted);
}

bool has_address(std::string_view text, std::string_view wanted) {
  if (has_part(text, wanted)) return true;
  return text.find("--") != std::string_view::npos && has_part(in_letters(text), wanted);
}

}  // namespace postern::mail
