// Private to credentials/: the authorization code grant (RFC 6749 4.1) with PKCE (RFC 7636) for `postern login NAME`:
// the person's browser is sent back to a port of this machine (RFC 8252 7.3), or the person pastes the address that it
// ended at.
#pragma once

#include "base/login_talk.h"
#include "credentials/blocking.h"
#include "credentials/credentials_options.h"
#include "credentials/metadata.h"

#include <optional>

namespace postern::credentials {

/// Shows the page, waits ten minutes at most for what comes back, exchanges the code and stores the refresh token
/// durably. What is not of this login is refused, and the wait goes on. Failures: that of the talk, denied (the person
/// or the server refuses), timeout, protocol, not_found (no such endpoint), tls, refused, io, cancelled.
/// `known` is what the server's metadata said, if it was asked already.
Task<Result<void>> code_login(Executor loop, OAuth2 client, Blocking blocking, LoginTalk talk,
                              std::optional<Metadata> known);

}  // namespace postern::credentials
