// What is told of a message that leaves the queue without an attempt's doing: removed, or set aside.
#pragma once

#include "base/ids.h"
#include "mail/envelope.h"
#include "queue/decide.h"
#include "queue/index.h"
#include "queue/title.h"
#include "spool/spool.h"

#include <optional>
#include <vector>

namespace postern::queue {

/// What is not known of it is empty.
struct Described {
  mail::Envelope envelope;
  std::vector<RecipientState> states;
  Title title;
};

/// From its file; of a damaged one as far as that can be read. What is `known` of whose it is counts more. Blocks: for
/// a thread of the disk.
[[nodiscard]] Described described(spool::Spool& spool, const QueueId& id, spool::Area area,
                                  const std::optional<Whose>& known);
/// Where there is no file.
[[nodiscard]] Described described(const std::optional<Whose>& known);

}  // namespace postern::queue
