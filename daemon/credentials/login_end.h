// Private to credentials/: how a login by a person begins and ends, whichever grant it is by.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"
#include "credentials/authorization_server.h"
#include "credentials/blocking.h"

#include <optional>
#include <string>

namespace postern::credentials {

/// Of the client, from its file; nothing for a public client. Failures: invalid (a login would have nowhere to be
/// stored), those of read_secret.
Task<Result<std::optional<Secret>>> begin_login(const OAuth2& client, Blocking blocking);

/// The server does not want this client, or not so.
[[nodiscard]] Error refused_client(const std::string& url, const AuthorizationServer::Answer& answer,
                                   std::string_view grant);

/// What the login is kept by. Failure: protocol (there is none).
[[nodiscard]] Result<Secret> refresh_token_of(const OAuth2& client, const AuthorizationServer::Answer& answer);

/// Durably, with a line in the log. Failures: those of store_secret.
Task<Result<void>> end_login(const OAuth2& client, Blocking blocking, Secret refresh);

}  // namespace postern::credentials
