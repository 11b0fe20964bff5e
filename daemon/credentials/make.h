// The one way to a Source: from plain values to the files, commands and OAuth 2.0 tokens behind them.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "credentials/blocking.h"
#include "credentials/credentials_options.h"
#include "credentials/source.h"
#include "credentials/tell.h"

#include <memory>

namespace postern::credentials {

/// What is configured, and what of the TLS channel belongs to it.
struct Origin : CredentialsOptions {
  bool client_certificate = false;  ///< the channel shows one of ours
};

/// `tell`: null: the log.
[[nodiscard]] std::shared_ptr<Source> make_source(Executor loop, Clock& clock, Origin origin, Blocking blocking,
                                                  Tell tell = {});

}  // namespace postern::credentials
