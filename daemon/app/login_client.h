// As which client of OAuth 2.0 a person logs in at a smarthost (`postern login NAME`).
#pragma once

#include "base/result.h"
#include "credentials/credentials_options.h"
#include "settings/settings.h"

namespace postern::app {

/// Failure: invalid; the text says which setting is missing.
[[nodiscard]] Result<credentials::OAuth2> login_client(const settings::Smarthost& smarthost);

}  // namespace postern::app
