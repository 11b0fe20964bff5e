// A queue command: what a selection means is shown first, and a person agrees to more than one message.
#pragma once

#include "console/requests.h"
#include "console/session.h"

namespace postern::console {

/// Returns the exit code; everything was told.
int handle(const Session& session, const HandlingRequest& request);

}  // namespace postern::console
