#include "base/letters.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cwchar>
#include <cwctype>

namespace postern {
namespace {

/// A C library without this locale knows the letters of ASCII.
locale_t utf8_locale() {
  static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return made;
}

}  // namespace

Utf8Characters::Utf8Characters() : before_(::uselocale(utf8_locale())) {}
Utf8Characters::~Utf8Characters() { ::uselocale(before_); }

std::string lowered(std::string_view text) {
  if (is_ascii(text)) return to_lower(text);
  const Utf8Characters characters;
  std::string lower;
  while (!text.empty()) {
    std::mbstate_t state{};
    wchar_t wide = 0;
    const std::size_t bytes = std::mbrtowc(&wide, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) {
      lower += text.front();
      text.remove_prefix(1);
      continue;
    }
    // Of a letter that has two small forms, as the Greek sigma, the large one is the same.
    const auto small = static_cast<wchar_t>(std::towlower(std::towupper(static_cast<std::wint_t>(wide))));
    std::array<char, MB_LEN_MAX> written{};
    lower.append(written.data(), std::wcrtomb(written.data(), small, &state));
    text.remove_prefix(bytes);
  }
  return lower;
}

bool has_part(std::string_view whole, std::string_view part) {
  if (!is_ascii(part)) return lowered(whole).find(part) != std::string::npos;
  const auto is_same = [](char a, char b) { return to_lower(a) == b; };
  return std::search(whole.begin(), whole.end(), part.begin(), part.end(), is_same) != whole.end();
}

}  // namespace postern
