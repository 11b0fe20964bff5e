#include "queue/storm_digest.h"

#include "base/text.h"
#include "queue/decide.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern::queue {
namespace {

/// Nobody got it yet, and nobody was told of it.
bool is_untouched(const spool::Stored& stored) { return stored.log.empty() && stored.rerouted_to.empty(); }

mail::Envelope envelope_of(const mail::Envelope& first, const StormDigest& digest) {
  mail::Envelope envelope = first;
  envelope.id = digest.id;
  envelope.accepted = digest.now;
  // What a digest cannot return is nowhere else.
  envelope.ret = mail::Return::unspecified;
  return envelope;
}

std::vector<QueueId> ids_of(const std::vector<StoredStorm::Original>& originals) {
  std::vector<QueueId> ids;
  ids.reserve(originals.size());
  for (const StoredStorm::Original& one : originals) ids.push_back(one.envelope.id);
  return ids;
}

}  // namespace

Result<StoredStorm> store_storm(spool::Spool& spool, const std::vector<QueueId>& ids, const StormDigest& digest) {
  StoredStorm made;
  StormText text(digest);
  for (const QueueId& id : ids) {
    auto stored = spool.read(id);
    if (!stored || stored->large || !is_untouched(*stored)) continue;
    made.originals.push_back({std::move(stored->envelope), title_of(stored->small_text)});
    text.add(id, std::move(stored->small_text));
  }
  if (made.originals.size() < 2) return StoredStorm();
  const std::optional<std::string> whole = text.write();
  if (!whole) {
    StoredStorm none;
    none.too_large = true;
    return none;
  }
  made.title = title_of(*whole);
  auto draft = std::make_shared<spool::Draft>(spool, envelope_of(made.originals.front().envelope, digest));
  if (auto announced = spool.announce_gathering(digest.id, ids_of(made.originals)); !announced) {
    return announced.error();
  }
  draft->add(*whole);
  const std::uint64_t wire_size = whole->size() + static_cast<std::uint64_t>(std::ranges::count(*whole, '\n'));
  const auto body = is_ascii(*whole) ? mail::BodyType::seven_bit : mail::BodyType::eight_bit;
  const Result<void> done = draft->commit(wire_size, body);
  if (!done) {
    spool.forget_gathering(digest.id);
    return done.error();
  }
  if (draft->envelope().id != digest.id) {
    // The name was taken, which nobody lives to see: what was announced is not what was stored.
    spool.forget_gathering(digest.id);
    (void)spool.remove(draft->envelope().id, spool::Area::queue, spool::Durability::synced);
    return Error{Failure::exists, "the id of the digest was taken"};
  }
  made.digest = std::move(draft);
  return made;
}

Result<spool::Changed> remove_originals(spool::Spool& spool, const StoredStorm& stored) {
  return spool.end_gathering(stored.digest->envelope().id, ids_of(stored.originals));
}

}  // namespace postern::queue
