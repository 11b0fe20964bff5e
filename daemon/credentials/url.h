// Private to credentials/: the URLs of authorization servers (RFC 3986), as strict as they can be.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::credentials {

struct Url {
  bool tls = true;
  std::string host;  ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 443;
  std::string target = "/";  ///< path and query

  /// "https://login.example.com" or "https://[::1]:8443".
  [[nodiscard]] std::string origin() const;
  /// The value of the Host field: without the scheme, the port only if it is not the scheme's own.
  [[nodiscard]] std::string authority() const;
  /// For people: without the query.
  [[nodiscard]] std::string text() const;
};

/// https; http only where the host is loopback (localhost, 127.0.0.0/8, [::1]). No user, no fragment, ASCII without
/// blanks. Failure: invalid; the text shows the URL.
Result<Url> parse_url(const std::string& text);

/// A page that a person is sent to: likewise, with or without a fragment. A name in other letters must be written in
/// A-labels (xn--), so that it cannot be taken for another. The text as it may be shown. Failure: invalid, with the
/// reason alone.
Result<std::string> parse_page(std::string_view text);

}  // namespace postern::credentials
