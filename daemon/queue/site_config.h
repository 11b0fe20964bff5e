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

/// How urgent the next probe of a site in trouble is. Nobody but an administrator may force a login that was refused:
/// the provider would lock the account.
enum class Probe {
  hint,    ///< new mail, or a network that comes: may help where no server answered, and there alone
  polite,  ///< an ordinary user asks, or the machine wakes from sleep: at once, unless the server refused the login
  forced,  ///< an administrator asks
};

/// Forced probes ("postern queue retry" in a loop) come no closer than this.
inline constexpr Seconds kForcedProbeGap{1};
/// Probes upon a hint come no closer than this: mail may come many times a second.
inline constexpr Seconds kHintedProbeGap{10};

}  // namespace postern::queue
