// The device authorization grant (RFC 8628) for `postern login NAME`.
#pragma once

#include "base/device_prompt.h"
#include "base/result.h"
#include "base/task.h"
#include "credentials/blocking.h"
#include "credentials/credentials_options.h"

#include <functional>

namespace postern::credentials {

/// Asks for a code, hands it to `prompt`, polls until the person has agreed (slow_down respected) and stores the
/// refresh token durably. `prompt` is called anew before each poll, with the time that is left: its failure, because
/// nobody is there any more, ends the login. Failures: that of `prompt`, denied (access_denied), timeout
/// (expired_token), protocol, tls, refused, io, cancelled.
Task<Result<void>> device_login(Executor loop, OAuth2 client, Blocking blocking,
                                std::function<Task<Result<void>>(DevicePrompt)> prompt);

}  // namespace postern::credentials
