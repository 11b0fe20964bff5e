#include "credentials/url.h"

#include "base/host_name.h"
#include "base/network.h"
#include "base/text.h"

#include <algorithm>
#include <string_view>

namespace postern::credentials {
namespace {

/// host[:port]; the reason if it is not.
const char* take_authority(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) return "it must not hold a user or password";
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return "a bracket is missing";
    url.host = to_lower(authority.substr(1, end - 1));
    if (url.host.find(':') == std::string::npos || !parse_ip(url.host))
      return "what is in the brackets is no IPv6 address";
    port = authority.substr(end + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = to_lower(authority.substr(0, colon));
    if (!is_host_name(url.host)) return "it has no valid host name";
    port = authority.substr(colon);
  }
  if (port.empty()) return nullptr;
  const auto number = port.front() == ':' ? parse_number(port.substr(1)) : std::nullopt;
  if (!number || *number == 0 || *number > 65535) return "its port is no number from 1 to 65535";
  url.port = static_cast<std::uint16_t>(*number);
  return nullptr;
}

const char* take_url(std::string_view rest, Url& url) {
  if (rest.size() > 2048) return "it is longer than 2048 bytes";
  if (!std::ranges::all_of(rest, [](char c) { return c > ' ' && c < '\x7F'; }))
    return "it must be ASCII without blanks";
  if (rest.find('#') != std::string_view::npos) return "it must not have a fragment (#)";
  if (istarts_with(rest, "https://")) {
    rest.remove_prefix(8);
  } else if (istarts_with(rest, "http://")) {
    rest.remove_prefix(7);
    url.tls = false;
    url.port = 80;
  } else {
    return "it must begin with https://";
  }
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  if (const char* reason = take_authority(rest.substr(0, end), url)) return reason;
  if (!url.tls && !stays_on_this_machine(url.host)) return "http:// is for loopback only; use https://";
  const std::string_view target = rest.substr(end);
  url.target = (target.starts_with('/') ? "" : "/") + std::string(target);
  return nullptr;
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

std::string Url::origin() const { return (tls ? "https://" : "http://") + authority(); }

std::string Url::text() const { return origin() + target.substr(0, target.find('?')); }

Result<Url> parse_url(const std::string& text) {
  Url url;
  if (const char* reason = take_url(text, url)) {
    return Error{Failure::invalid, "the URL " + printable(text.substr(0, 200)) + " cannot be used: " + reason};
  }
  return url;
}

Result<std::string> parse_page(std::string_view text) {
  Url url;
  std::string_view fragment = text.substr(std::min(text.find('#'), text.size()));
  if (!std::ranges::all_of(fragment, [](char c) { return c > ' ' && c < '\x7F'; }) || text.size() > 2048) {
    fragment = {};  // with it, the whole is judged as too long, or as no ASCII
  }
  if (const char* reason = take_url(text.substr(0, text.size() - fragment.size()), url)) {
    return Error{Failure::invalid, reason};
  }
  return std::string(text);
}

}  // namespace postern::credentials
