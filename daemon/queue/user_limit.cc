#include "queue/user_limit.h"

#include "mail/envelope.h"

#include <fmt/format.h>

namespace postern::queue {

std::string party_text(std::uint32_t party) {
  return party == mail::kNoUid ? std::string("whoever is not known by uid") : fmt::format("uid {}", party);
}

Result<void> within_limit(const UserLimit& limit, const Usage& usage, std::uint32_t party, std::uint64_t size) {
  if (party == 0) return {};
  if (usage.messages >= limit.messages) {
    return Error{Failure::limit,
                 fmt::format("{} has {} messages in the queue and may have {} (limits.per_user.messages): wait until "
                             "some are delivered, or delete some",
                             party_text(party), usage.messages, limit.messages)};
  }
  if (limit.size > 0 && (usage.bytes >= limit.size || limit.size - usage.bytes < size)) {
    return Error{Failure::limit,
                 fmt::format("{} has {} MiB in the queue and may have {} (limits.per_user.size): wait until some mail "
                             "is delivered, or delete some",
                             party_text(party), usage.bytes >> 20U, limit.size >> 20U)};
  }
  return {};
}

}  // namespace postern::queue
