// What the settings say of how to log in: values alone. Where a secret is named it is read later, at each login.
#pragma once

#include "base/secret.h"

#include <string>
#include <vector>

namespace postern::credentials {

/// An OAuth 2.0 client (RFC 6749) that gets access tokens itself: by the refresh token in a file (section 6), or,
/// without such a file, by client credentials (4.4).
struct OAuth2 {
  std::string token_url;   ///< https, or http on loopback only
  std::string device_url;  ///< RFC 8628 3.1, for `postern login`; empty: found by discovery or not possible
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
