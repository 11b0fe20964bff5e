// The line of the log about a message that is in the queue from now on, whichever door it came by.
#pragma once

#include "mail/envelope.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace postern::mail {

/// So many recipients are named, the first of them in the text.
inline constexpr std::size_t kRecipientsNamed = 100;

/// "uid 1000 pid 4242" or "127.0.0.1:51122".
[[nodiscard]] std::string client_text(const Source& source);

struct Accepted {
  QueueId id;
  std::size_t recipients = 0;  ///< all of them; the envelope has the first kRecipientsNamed at least
  std::uint64_t size = 0;      ///< on the wire
  std::string message_id{};    ///< empty: there is none
  std::string client{};        ///< client_text(), or what more is known
};
void log_accepted(const Envelope& envelope, const Accepted& accepted);

}  // namespace postern::mail
