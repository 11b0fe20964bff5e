// What the settings say of how to log in: values alone. Where a secret is named it is read later, at each login.
#pragma once

#include "base/secret.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::credentials {

/// The parameters that a login by a browser begins with (RFC 6749 4.1.1, RFC 7636 4.3). They are set at each login, so
/// auth_url has none of them: of two a server takes which it likes.
inline constexpr std::array<std::string_view, 7> kLoginParameters{
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"};

/// The first of them in the query of a URL; empty: none.
[[nodiscard]] constexpr std::string_view login_parameter_in(std::string_view url) {
  std::size_t at = url.find('?');
  while (at != std::string_view::npos) {
    const std::string_view rest = url.substr(at + 1);
    const std::string_view name = rest.substr(0, rest.find_first_of("=&"));
    for (const std::string_view ours : kLoginParameters) {
      if (name == ours) return ours;
    }
    at = url.find('&', at + 1);
  }
  return {};
}

/// An OAuth 2.0 client (RFC 6749) that gets access tokens itself: by the refresh token in a file (section 6), or,
/// without such a file, by client credentials (4.4).
struct OAuth2 {
  std::string token_url;   ///< https, or http on loopback only
  std::string device_url;  ///< RFC 8628 3.1, for `postern login`; empty: found by discovery or not possible
  std::string auth_url;    ///< RFC 6749 3.1, with its query, for `postern login` by a browser; likewise
  std::string client_id;
  std::string client_secret_file;  ///< empty: a public client
  std::string refresh_token_file;  ///< rewritten durably, mode 0600, when the server rotates the token
  std::string scope;
  std::string ca_file;  ///< empty: the system's store

  friend bool operator==(const OAuth2&, const OAuth2&) = default;
};

/// At most one of the password's and one of the token's origins is given; none: no such credential.
struct CredentialsOptions {
  std::string user;
  Secret password;  ///< written in the settings, in a file that others cannot read
  std::string password_file;
  std::string password_credential;            ///< a name under $CREDENTIALS_DIRECTORY (systemd.exec(5))
  std::vector<std::string> password_command;  ///< argv; its first line of output
  std::string token_file;
  std::vector<std::string> token_command;
  OAuth2 oauth2;  ///< used if token_url is not empty

  friend bool operator==(const CredentialsOptions&, const CredentialsOptions&) = default;
};

}  // namespace postern::credentials
