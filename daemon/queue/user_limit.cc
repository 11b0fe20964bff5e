#include "queue/user_limit.h"

#include "mail/parties.h"

#include <fmt/format.h>

namespace postern::queue {

namespace {

/// Exact enough to be compared.
std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kMiB = 1U << 20U;
  if (bytes >= 10 * kMiB) return fmt::format("{} MiB", bytes / kMiB);
  return bytes >= 10 * 1024U ? fmt::format("{} KiB", bytes / 1024) : fmt::format("{} bytes", bytes);
}

}  // namespace

Result<void> within_limit(const UserLimit& limit, const Usage& usage, std::uint32_t party, std::uint64_t size) {
  if (party == 0) return {};
  if (usage.messages >= limit.messages) {
    return Error{Failure::limit,
                 fmt::format("{} has {} messages in the queue and may have {} (limits.per_user.messages): wait until "
                             "some are delivered, or delete some",
                             mail::party_text(party), usage.messages, limit.messages)};
  }
  if (limit.size > 0 && (usage.bytes >= limit.size || limit.size - usage.bytes < size)) {
    const std::string more =
        size > 1 ? fmt::format(", which leaves no room for {} more", size_text(size)) : std::string();
    return Error{Failure::limit,
                 fmt::format("{} has {} in the queue and may have {} (limits.per_user.size){}: wait until some mail is "
                             "delivered, or delete some",
                             mail::party_text(party), size_text(usage.bytes), size_text(limit.size), more)};
  }
  return {};
}

bool has_room_again(const UserLimit& limit, const Usage& usage) {
  const auto below = [](std::uint64_t has, std::uint64_t most) { return has < most - most / 10; };
  return below(usage.messages, limit.messages) && (limit.size == 0 || below(usage.bytes, limit.size));
}

}  // namespace postern::queue
