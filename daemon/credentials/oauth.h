// Private to credentials/: access tokens by RFC 6749, got when they are needed and kept until shortly before they
// expire.
#pragma once

#include "base/clock.h"
#include "base/redactor.h"
#include "credentials/blocking.h"
#include "credentials/credentials_options.h"
#include "credentials/http.h"
#include "credentials/secret_origin.h"

#include <memory>

namespace postern::credentials {

/// By the refresh token in a file (section 6), or, if no file is configured, by client credentials (section 4.4).
/// Callers that ask while a request is under way get its result. A rotated refresh token is on the disk before the
/// access token that came with it is used. `redactor` learns every secret. Failures: those of read_secret and
/// AuthorizationServer::post; denied: the server refuses for good, the text says what to do.
[[nodiscard]] std::shared_ptr<SecretOrigin> make_oauth_origin(Executor loop, Clock& clock, OAuth2 client,
                                                              Blocking blocking, HttpOptions http,
                                                              std::shared_ptr<Redactor> redactor);

}  // namespace postern::credentials
