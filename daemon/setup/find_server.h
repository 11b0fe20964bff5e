// Private to setup/: the smarthost of an account, without what it takes to log in there.
#pragma once

#include "base/result.h"
#include "setup/providers.h"
#include "setup/setup.h"

namespace postern::setup {

struct FoundServer {
  const Provider* provider = nullptr;  ///< null: no known one
  settings::Smarthost smarthost;       ///< host, port and TLS; of a provider all that its row says
  bool answered = false;               ///< somebody has spoken SMTP there just now
};

/// By the options, else by the domain of `address`: a provider's row, SRV records, the usual names; the first server
/// that speaks SMTP with good TLS. A person may be asked. Failures: invalid (the options, or nobody to ask), not_found
/// (no server answers; the text says what was tried), cancelled (the person said no).
Result<FoundServer> find_server(const Options& options, const std::string& address, Terminal& terminal,
                                const World& world);

}  // namespace postern::setup
