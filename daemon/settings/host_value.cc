#include "settings/host_value.h"

#include "base/ascii.h"
#include "base/nearest.h"
#include "base/service_name.h"
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

/// Ports by their names in /etc/services.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kPorts = {
    {{"submission", "587"}, {"submissions", "465"}, {"smtps", "465"}, {"ssmtp", "465"}, {"smtp", "25"}}};

/// Services of the DNS that take no mail, though they belong to it, or are known to everybody.
constexpr std::string_view kOtherServices =
    "_imap _imaps _pop3 _pop3s _sieve _jmap _http _https _ldap _ldaps _autodiscover _caldav _caldavs _carddav "
    "_carddavs";

struct Parts {
  std::string host;
  std::string advice;   ///< "; write 'port: 587' and 'tls: starttls'"
  bool hidden = false;  ///< a password may be in what stands beside these

  void beside(const std::string& what) { advice += (advice.empty() ? "; write " : " and ") + what; }
};

/// "300.1.1.1", "1.2.3" or "2130706433": no domain at the top is a number.
bool is_broken_address(std::string_view text) {
  const std::string_view last = text.substr(text.rfind('.') + 1);
  return !last.empty() && !parse_ip(text) && std::ranges::all_of(last, is_digit);
}

/// What is to be written in place of a service that lacks a part, or takes no mail; empty: nothing is known.
std::string advice_on_service(std::string_view text) {
  std::string rest = to_lower(text.substr(std::string_view("srv:").size()));
  const std::string first = rest.substr(0, rest.find('.'));
  const bool tls_first = first == "submissions" || first == "_submissions";
  if (has_word(kOtherServices, first)) {
    return "must name a service that takes mail, such as srv:_submissions._tcp.example.com: '" + first + "' is another";
  }
  if (!tls_first && first != "submission" && first != "_submission") return {};
  rest.erase(0, std::min(first.size() + 1, rest.size()));
  for (const std::string_view protocol : {"_tcp", "tcp"}) {
    if (rest == protocol) rest.clear();
    if (rest.starts_with(std::string(protocol) + ".")) rest.erase(0, protocol.size() + 1);
  }
  // What is left has a form that the DNS' reader judges.
  const std::string service = tls_first ? "srv:_submissions._tcp." : "srv:_submission._tcp.";
  if (rest.empty()) return "must name a service with its domain: write '" + service + "example.com'";
  if (first.starts_with('_') || !is_host_name(rest)) return {};
  return "must name a service as the DNS does, each part with its _: write '" + service + rest + "'";
}

/// What "[smtp.example.com]:587" (Postfix), "smtps://user@smtp.example.com:465" (mutt) and their kin are made of.
std::optional<Parts> taken_apart(std::string text) {
  Parts parts;
  bool user = false;
  bool url = false;
  if (const std::size_t end = text.find("://"); end != std::string::npos) {
    const std::string scheme = to_lower(text.substr(0, end));
    for (const auto& [name, tls] : kSchemes) {
      if (scheme == name) parts.beside(std::string(tls));
    }
    text.erase(0, end + 3);
    url = true;
  }
  // A password may have a "/" in it, too.
  // "smtp:[smtp.example.com]:587", a transport of Postfix and its next hop.
  for (const std::string_view transport : {"smtp:", "smtps:", "relay:", "esmtp:"}) {
    if (url || !istarts_with(text, transport)) continue;
    if (text.find_first_of(".[") != std::string::npos) text.erase(0, transport.size());
    break;
  }
  if (const std::size_t at = text.rfind('@'); at != std::string::npos) {
    user = true;
    text.erase(0, at + 1);
  }
  if (const std::size_t path = text.find('/'); url && path != std::string::npos) {
    parts.hidden = path + 1 < text.size();
    text.erase(path);
  }
  std::string port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string::npos) return {};
    const std::string rest = text.substr(end + 1);
    if (rest.starts_with(':')) port = rest.substr(1);
    if (!rest.empty() && port.empty()) return {};
    text = text.substr(1, end - 1);
  } else if (const std::size_t colon = text.find_first_of(":,; "); colon != std::string::npos && !parse_ip(text)) {
    port = text.substr(colon + 1);
    port.erase(0, std::min(port.find_first_not_of(": "), port.size()));  // Exim's "host::587"
    text.erase(colon);
  }
  if (!parse_ip(text) && (!is_host_name(text) || is_broken_address(text))) return {};
  const auto* const named =
      std::ranges::find(kPorts, to_lower(port), &std::pair<std::string_view, std::string_view>::first);
  if (named != kPorts.end()) port = named->second;
  // A word alone behind an "@" may be the end of a password.
  if (user && text.find_first_of(".:") == std::string::npos) return {};
  if (const auto number = parse_decimal(port); !port.empty()) {
    if (!number || *number == 0 || *number > 65535) return {};
    parts.beside("'port: " + port + "'");
  }
  if (user) parts.beside("the account under 'user'");
  parts.hidden = parts.hidden || user;
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
      const std::string not_this = parts->hidden ? std::string() : ", not '" + *text + "'";
      scope.error(node, "must be the host alone: '" + parts->host + "'" + not_this + parts->advice);
      return std::nullopt;
    }
    if (text->find('@') != std::string::npos) {
      scope.error(node,
                  "must be the host alone, such as smtp.example.com; its port belongs under 'port', the account under "
                  "'user' and the password under 'password'");
      return std::nullopt;
    }
  }
  if (is_broken_address(*text)) {
    scope.error(node, "must be a host name or a whole address such as 192.0.2.1, not '" + shown_host(*text) + "'");
    return std::nullopt;
  }
  return host_name_value(node, scope);
}

std::optional<std::string> server_value(const Node& node, Scope& scope) {
  if (node.kind != Node::Kind::scalar) return host_value(node, scope);
  if (ServiceName::meant(node.text) && node.text.find('@') == std::string::npos) {
    if (const std::string advice = advice_on_service(node.text); !advice.empty()) {
      scope.error(node, advice);
      return std::nullopt;
    }
    if (const auto service = ServiceName::parse(node.text)) return service->str();
    constexpr std::size_t kScheme = std::string_view("srv:").size();
    const std::string shown = node.text.substr(0, kScheme) + shown_start(node.text.substr(kScheme), ":,;|");
    scope.error(node, "must " + ServiceName::parse(shown).error().text);
    return std::nullopt;
  }
  // No host has such a name; records of services do.
  if (const auto service = ServiceName::parse("srv:" + node.text)) {
    scope.error(node,
                "must be a host, and '" + node.text + "' is the name of a service: write '" + service->str() + "'");
    return std::nullopt;
  }
  return host_value(node, scope);
}

}  // namespace postern::settings
