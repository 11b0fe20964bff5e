#include "queue/described.h"

#include "spool/format.h"

#include <string_view>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::size_t kTitleWithin = std::size_t{16} << 10U;
/// Of a damaged file so much is looked at: it may not say where its text begins.
constexpr std::size_t kFront = 4 * kTitleWithin;

void put_owner(const std::optional<Whose>& known, mail::Source& source) {
  if (!known || known->kind != Whose::Kind::users || known->owner() == mail::owner_of(source)) return;
  source.uid.reset();
  source.pid.reset();
  if (known->owner() == mail::kNoUid) return;
  source.kind = mail::Source::Kind::local;
  source.uid = known->owner();
}

void salvage(spool::Spool& spool, const QueueId& id, spool::Area area, Described& into) {
  const Result<std::string> front = spool.read_raw(id, area, kFront);
  if (!front) return;
  into.envelope = spool::salvage_envelope(*front, id);
  if (into.envelope.id != id) return;  // it may be another message's by now, or of no message
  const std::size_t end = spool::find_envelope_end(*front);
  if (end > 0) into.title = title_of(std::string_view(*front).substr(end));
}

}  // namespace

Described described(spool::Spool& spool, const QueueId& id, spool::Area area, const std::optional<Whose>& known) {
  Result<spool::Stored> stored = spool.read_summary(id, area);
  // Another's message lies under this name: nothing of it is told to whose this one was.
  if (stored && stored->envelope.id != id) return described(known);
  Described of;
  if (stored) {
    of.states = fold(stored->envelope, stored->log);
    const Result<std::string> raw = spool.read_raw(id, area, stored->text_at + kTitleWithin);
    if (raw && raw->size() > stored->text_at) of.title = title_of(std::string_view(*raw).substr(stored->text_at));
    of.envelope = std::move(stored->envelope);
  } else {
    salvage(spool, id, area, of);
  }
  put_owner(known, of.envelope.source);
  return of;
}

Described described(const std::optional<Whose>& known) {
  Described of;
  put_owner(known, of.envelope.source);
  return of;
}

}  // namespace postern::queue
