// How much one party may have in the queue. Pure.
#pragma once

#include "base/result.h"
#include "queue/queue_options.h"
#include "queue/usage.h"

#include <cstdint>
#include <string>

namespace postern::queue {

/// Whether a party that has so much may hand in a message of so many bytes. Root may. Failure: limit; the text is for
/// whom it stops, and names the key.
[[nodiscard]] Result<void> within_limit(const UserLimit& limit, const Usage& usage, std::uint32_t party,
                                        std::uint64_t size);
/// It has less than nine tenths of what it may have.
[[nodiscard]] bool has_room_again(const UserLimit& limit, const Usage& usage);

}  // namespace postern::queue
