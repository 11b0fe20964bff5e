// A login by a person for `postern login NAME`, by whichever grant the client is set up for or its server offers.
#pragma once

#include "base/login_talk.h"
#include "credentials/blocking.h"
#include "credentials/credentials_options.h"

namespace postern::credentials {

/// By the grant that is wanted; else by the one of which the settings name the endpoint, a device before a browser;
/// else by what the server's metadata offers, likewise. Failures: those of device_login and code_login.
Task<Result<void>> login(Executor loop, OAuth2 client, Blocking blocking, LoginFlow wanted, LoginTalk talk);

}  // namespace postern::credentials
