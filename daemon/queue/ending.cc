#include "queue/ending.h"

#include "queue/bounce.h"
#include "queue/decide.h"
#include "queue/notice.h"

#include <algorithm>

namespace postern::queue {
namespace {

/// Somebody's failure may not be told: the message is from a program that wants no reports.
Result<bool> fails_silently(spool::Spool& spool, const spool::Stored& stored, const std::vector<std::size_t>& failed) {
  if (failed.empty()) return false;
  const auto text = first_text(spool, stored);
  if (!text) return text.error();
  const Author author = author_of(*text);
  const mail::Envelope& envelope = stored.envelope;
  return std::ranges::any_of(failed, [&](std::size_t index) {
    const mail::Recipient one = recipient_of(envelope, index);
    const Notice notice = notice_for(envelope, one, mail::Verdict::failed, Upstream::with_dsn);
    return permitted(notice, author, one) == Notice::none;
  });
}

Result<void> write(spool::Spool& spool, spool::Stored& stored, const std::vector<spool::LogLine>& lines) {
  if (lines.empty()) return {};
  return spool.append_log(stored.envelope.id, stored, lines, spool::Durability::synced);
}

}  // namespace

Ending end_message(spool::Spool& spool, spool::Stored& stored, const std::vector<spool::LogLine>& lines,
                   const std::vector<std::size_t>& failed) {
  const QueueId& id = stored.envelope.id;
  const auto set_aside = fails_silently(spool, stored, failed);
  if (!set_aside) return Ending{set_aside.error()};
  if (!*set_aside) {
    const auto removed = spool.remove(id, spool::Area::queue, spool::Durability::lazy);
    if (removed || removed.error().failure == Failure::not_found) return Ending{spool::Area::queue};
    // What cannot be removed must at least not be sent again after a restart.
    return Ending{removed.error(), write(spool, stored, lines).has_value()};
  }
  if (auto done = write(spool, stored, lines); !done) return Ending{done.error()};
  auto moved = spool.move(id, spool::Area::queue, spool::Area::failed);
  // Somebody may have copied it back from there by hand; then it is kept already.
  if (!moved && moved.error().failure == Failure::exists) {
    moved = spool.remove(id, spool::Area::queue, spool::Durability::lazy);
  }
  if (!moved) return Ending{moved.error(), true};
  // Should a power failure undo the move, the verdicts in its file say where it belongs.
  return Ending{spool::Area::failed, true};
}

}  // namespace postern::queue
