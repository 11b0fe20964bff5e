// Reports to the sender of what could not be delivered, as messages for our own queue.
#pragma once

#include "mail/envelope.h"
#include "queue/decide.h"
#include "queue/queue.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

struct BounceMail {
  mail::Envelope envelope;  ///< null sender, to `to`; id and accepted are set
  std::string text;
  std::uint64_t wire_size = 0;
};

/// `original` is the message's text or its first part, `host` who refused, `to` where mail for the sender goes. At
/// least one verdict and one address.
[[nodiscard]] BounceMail make_bounce(const Config& config, const QueueId& id, const mail::Envelope& envelope,
                                     std::string_view original, const std::vector<Verdict>& verdicts,
                                     const std::string& host, const std::vector<std::string>& to, WallTime now);

/// The message says that a program made it (RFC 3834 section 5: any value but "no"): reporting to it makes loops.
[[nodiscard]] bool auto_submitted(std::string_view message);

}  // namespace postern::queue
