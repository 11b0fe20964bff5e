// Private to credentials/: code_login() with the world outside given, and what of it is pure, for its tests.
#pragma once

#include "base/redactor.h"
#include "credentials/code_login.h"
#include "credentials/http.h"
#include "credentials/redirect.h"

#include <optional>
#include <string>
#include <string_view>

namespace postern::credentials {

struct CodeWorld {
  HttpOptions http;
  Milliseconds patience = std::chrono::minutes(10);  ///< until somebody has agreed
  Milliseconds look{5'000};                          ///< so often it is seen whether somebody is still there
  Milliseconds request{10'000};                      ///< a browser's request has so long to arrive
  std::optional<Metadata> known;                     ///< of the server; nothing: it is asked
};

Task<Result<void>> code_login_in(CodeWorld world, Executor loop, OAuth2 client, Blocking blocking, LoginTalk talk);

/// RFC 7636 4.2: S256 of a verifier.
[[nodiscard]] std::string code_challenge(std::string_view verifier);

/// Whether a person's browser can begin there: a page without a fragment (RFC 6749 3.1), whose query has no parameter
/// of ours, since a server takes which of two it likes. Failure: invalid, with the reason alone.
[[nodiscard]] Result<void> check_page(std::string_view auth_url);

/// The page to open (RFC 6749 4.1.1, RFC 7636 4.3). The query that auth_url has is kept (RFC 6749 3.1).
[[nodiscard]] std::string authorization_request(const OAuth2& client, const SentAlong& sent,
                                                std::string_view challenge);

/// What the server said in place of a code, for people.
[[nodiscard]] Error refused_redirect(const Redirect& redirect, const SentAlong& sent, const Redactor& redactor);

}  // namespace postern::credentials
