// A site as it is handed to the queue, and how an operator may hurry it.
#pragma once

#include "queue/queue_options.h"

#include <cstdint>
#include <string>

namespace postern::queue {

/// A smarthost as the queue sees it. The queue keeps health and back-off by name and generation.
struct SiteConfig {
  std::string name;
  SiteOptions options{};
  std::uint64_t generation = 0;  ///< another one: its settings changed, what was learnt of it counts no more
};

/// How a retry treats a site in trouble. Nobody but an administrator may force a login that was refused: the provider
/// would lock the account.
enum class Probe { polite, forced };

/// Forced probes ("postern queue retry" in a loop) come no closer than this.
inline constexpr Seconds kForcedProbeGap{1};

}  // namespace postern::queue
