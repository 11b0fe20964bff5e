// `postern login NAME`: the device authorization grant (RFC 8628) for a smarthost of the settings.
#pragma once

#include "base/task.h"
#include "control/server.h"
#include "credentials/blocking.h"
#include "credentials/credentials_options.h"
#include "settings/settings.h"

#include <string>

namespace postern::app {

/// The client to log in with. Failure: invalid; the text says which setting is missing.
[[nodiscard]] Result<credentials::OAuth2> device_client(const settings::Settings& settings, const std::string& site);

/// Failures: invalid (nothing of the kind is configured) and those of credentials::device_login.
Task<Result<void>> login(Executor loop, Result<credentials::OAuth2> client, credentials::Blocking blocking,
                         control::Prompt prompt);

}  // namespace postern::app
