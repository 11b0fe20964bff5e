#include "smtp/other_protocols.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace postern::smtp {
namespace {

// RFC 9110 9.3, RFC 5789, and the preface of HTTP/2 (RFC 9113 3.4). Case matters: a line of text may begin with "Get".
constexpr std::array<std::string_view, 10> kMethods{"GET",    "POST",    "PUT",   "HEAD",  "OPTIONS",
                                                    "DELETE", "CONNECT", "TRACE", "PATCH", "PRI"};
constexpr std::size_t kWords = 3;  // of a request line

}  // namespace

bool is_http_request(std::string_view line) {
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  if (std::ranges::find(kMethods, word) != kMethods.end()) return true;
  if (line.rfind("HTTP/") == std::string_view::npos) return false;
  const auto words = split_words(line);
  return words.size() == kWords && words.back().starts_with("HTTP/");
}

bool is_tls_hello(std::string_view bytes) { return bytes.starts_with("\x16\x03"); }

}  // namespace postern::smtp
