#include "sasl/mechanisms.h"

namespace postern::sasl {

bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

std::string escape_name(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == ',') {
      escaped += "=2C";
    } else if (c == '=') {
      escaped += "=3D";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::optional<std::string> unescape_name(std::string_view escaped) {
  std::string name;
  while (!escaped.empty()) {
    std::size_t length = 1;
    char c = escaped.front();
    if (c == ',') return std::nullopt;
    if (c == '=') {
      length = 3;
      const std::string_view code = escaped.substr(0, length);
      if (code != "=2C" && code != "=3D") return std::nullopt;
      c = code == "=2C" ? ',' : '=';
    }
    name += c;
    escaped.remove_prefix(length);
  }
  return name;
}

std::optional<std::string> password_of(const ServerSide& server, std::string_view user) {
  return server.password_of ? server.password_of(user) : std::nullopt;
}

}  // namespace postern::sasl
