#include "settings/host_value.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace postern::settings {
namespace {

/// Schemes of URLs, and what says the same here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSchemes = {{
    {"smtps", "'tls: implicit'"},
    {"submissions", "'tls: implicit'"},
    {"submission", "'tls: starttls'"},
    {"smtp", "'tls: starttls' or 'tls: none'"},
    {"smtp+starttls", "'tls: starttls'"},
}};

struct Parts {
  std::string host;
  std::string advice;  ///< "; write 'port: 587' and 'tls: starttls'"

  void beside(const std::string& what) { advice += (advice.empty() ? "; write " : " and ") + what; }
};

/// What "[smtp.example.com]:587" (Postfix), "smtps://user@smtp.example.com:465" (mutt) and their kin are made of.
std::optional<Parts> taken_apart(std::string text) {
  Parts parts;
  bool user = false;
  if (const std::size_t end = text.find("://"); end != std::string::npos) {
    const std::string scheme = to_lower(text.substr(0, end));
    for (const auto& [name, tls] : kSchemes) {
      if (scheme == name) parts.beside(std::string(tls));
    }
    text.erase(0, end + 3);
    text.erase(std::min(text.find('/'), text.size()));
  }
  if (const std::size_t at = text.rfind('@'); at != std::string::npos) {
    user = true;
    text.erase(0, at + 1);
  }
  std::string port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string::npos) return {};
    const std::string rest = text.substr(end + 1);
    if (rest.starts_with(':')) port = rest.substr(1);
    if (!rest.empty() && port.empty()) return {};
    text = text.substr(1, end - 1);
  } else if (const std::size_t colon = text.find_first_of(":,"); colon != std::string::npos && !parse_ip(text)) {
    port = text.substr(colon + 1);
    while (port.starts_with(':')) port.erase(0, 1);  // Exim's "host::587"
    text.erase(colon);
  }
  if (!is_host_name(text) && !parse_ip(text)) return {};
  if (const auto number = parse_decimal(port); !port.empty()) {
    if (!number || *number == 0 || *number > 65535) return {};
    parts.beside("'port: " + port + "'");
  }
  if (user) parts.beside("the account under 'user'");
  parts.host = std::move(text);
  return parts;
}

}  // namespace

std::optional<std::string> host_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "a host name");
  if (text == nullptr) return std::nullopt;
  if (parse_ip(*text)) return *text;
  if (!is_host_name(*text)) {
    if (const auto parts = taken_apart(*text)) {
      // What stands before an "@" may be a password.
      const std::string not_this = text->find('@') == std::string::npos ? ", not '" + *text + "'" : std::string();
      scope.error(node, "must be the host alone: '" + parts->host + "'" + not_this + parts->advice);
      return std::nullopt;
    }
  }
  return host_name_value(node, scope);
}

}  // namespace postern::settings
