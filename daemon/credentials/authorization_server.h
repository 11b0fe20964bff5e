// Private to credentials/: requests to the endpoints of an authorization server (RFC 6749, RFC 8628) as one client.
#pragma once

#include "credentials/credentials_options.h"
#include "credentials/http.h"
#include "credentials/members.h"

#include <memory>
#include <optional>
#include <string>

namespace postern::credentials {

class AuthorizationServer {
 public:
  struct Answer {
    std::string error;  ///< RFC 6749 5.2, RFC 8628 3.5: "invalid_grant"; empty: success. As it came: not to be shown
    std::string words;  ///< for people: "invalid_grant (Token has been revoked)", without secrets
    Members members;
  };

  /// `redactor` learns the secrets that go to the server and come from it.
  AuthorizationServer(Executor loop, OAuth2 client, HttpOptions http, std::shared_ptr<Redactor> redactor);

  /// The client's secret goes into the Authorization field, or, where the server does not know that, into the body
  /// (RFC 6749 2.3.1); a client without one gives its id in the body. Must live until the task has ended. Failures:
  /// those of http_exchange; invalid (the URL); busy (the server is in trouble: 5xx, 429); protocol (no such answer).
  Task<Result<Answer>> post(std::string url, Form form, std::optional<Secret> secret);

  /// A document of metadata (RFC 8414), within `time` and the time of the options. Failures: likewise; not_found (404).
  Task<Result<Members>> get(std::string url, Milliseconds time);

 private:
  enum class SecretIn { header, body };
  [[nodiscard]] HttpRequest make_request(const Url& url, const Form& form, const std::optional<Secret>& secret) const;

  Executor loop_;
  OAuth2 client_;
  HttpOptions http_;
  std::shared_ptr<Redactor> redactor_;
  SecretIn secret_in_ = SecretIn::header;
};

/// What the server calls a token may be one: printable ASCII without blanks (RFC 6749 appendix A.12 and A.17).
[[nodiscard]] bool is_token(std::string_view text);

}  // namespace postern::credentials
