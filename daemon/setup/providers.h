// The mail providers that set-up knows: the rows of config/providers.yaml, which is built into the program.
#pragma once

#include "settings/load.h"
#include "settings/settings.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

/// What a provider takes for a login.
enum class LoginKind {
  password,
  app_password,  ///< one made for this machine; the account's own is refused
  oauth2,        ///< a person agrees in a browser, once
};

struct Provider {
  std::string name;                  ///< a word, for --provider
  std::string title;                 ///< for people
  std::vector<std::string> domains;  ///< of mail addresses, in small letters
  std::vector<std::string> mx;       ///< ends of the names of mail servers, in small letters
  LoginKind login = LoginKind::password;
  std::string user;               ///< the login where that is a word of the provider's; empty: the mail address
  bool asks_user = false;         ///< the login is neither that nor the mail address
  std::string get;                ///< a sentence or two: how to get the password, or the client id
  std::string link;               ///< where
  settings::Smarthost smarthost;  ///< without what is the account's own
};

struct Providers {
  std::vector<Provider> rows;
  std::vector<settings::Problem> problems;  ///< if there are any, there are no rows
};

/// Rows from text, strictly: an unknown key, a wrong type, a row without what it needs or a name or domain that stands
/// twice is a problem with its place. `file` is the name for messages.
[[nodiscard]] Providers parse_providers(const std::string& text, const std::string& file);

/// Those that are built in. They have no problems (a test holds them to that).
[[nodiscard]] const std::vector<Provider>& providers();

/// Null: there is none.
[[nodiscard]] const Provider* provider_named(std::string_view name);
/// The one whose own the domain of a mail address is.
[[nodiscard]] const Provider* provider_of_domain(std::string_view domain);
/// The one at whose servers a domain gets its mail, by the name of the first of them. The longest end wins.
[[nodiscard]] const Provider* provider_of_mx(std::string_view mail_server);

}  // namespace postern::setup
