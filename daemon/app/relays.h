// A relay from a smarthost's settings: its credentials, the memory of what was learnt, the trace.
#pragma once

#include "app/app.h"
#include "app/our_names.h"
#include "base/clock.h"
#include "base/task.h"
#include "credentials/blocking.h"
#include "relay/relay.h"
#include "relay/site_memory.h"
#include "settings/settings.h"
#include "spool/disk_pool.h"

#include <memory>
#include <string>

namespace postern::app {

/// What all relays share.
struct RelayParts {
  Executor loop;
  Clock& clock;
  credentials::Blocking blocking;  ///< secrets, and keys derived from them
  credentials::Blocking texts;     ///< large texts on their way out
  std::shared_ptr<relay::MemoryStore> memory;
  Trace trace = Trace::no;
};

/// No connection is made, no secret read.
[[nodiscard]] std::unique_ptr<relay::Relay> make_relay(const RelayParts& parts, const settings::Smarthost& smarthost,
                                                       const OurNames& names);

/// By the threads of the spool. The pool must outlive what is made with it.
[[nodiscard]] credentials::Blocking blocking_on(spool::DiskPool& pool, spool::Priority priority);

}  // namespace postern::app
