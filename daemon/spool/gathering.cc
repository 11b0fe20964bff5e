// How many messages become one. What says so is a file of its own in gather/, named by the one that takes their place:
// a line for each original, and one that says that these are all. It is on stable storage before that message is, so a
// crash finds either no such message, and all originals stay; or it is there, and they go before it is tried. Whole it
// is only if it can be read as such: what a power failure tore was never stored.
#include "base/log.h"
#include "base/text.h"
#include "spool/spool.h"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace postern::spool {
namespace {

constexpr std::string_view kHead = "postern-gather: 1\n";
constexpr std::string_view kOriginal = "original: ";
constexpr std::string_view kEnd = "end\n";
// Of more than a hundred thousand nobody makes one.
constexpr std::size_t kLongest = std::size_t{4} << 20U;

std::string gathering_text(const std::vector<QueueId>& originals) {
  std::string text(kHead);
  for (const QueueId& id : originals) text.append(kOriginal).append(id.text()).append("\n");
  return text.append(kEnd);
}

/// Nothing: it was not written to its end, or is none of ours.
std::optional<std::vector<QueueId>> parse_gathering(std::string_view text) {
  if (!text.starts_with(kHead) || !text.ends_with(kEnd)) return std::nullopt;
  text.remove_prefix(kHead.size());
  if (text.size() < kEnd.size()) return std::nullopt;
  text.remove_suffix(kEnd.size());
  std::vector<QueueId> originals;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(kOriginal)) return std::nullopt;
    const auto id = QueueId::parse(text.substr(kOriginal.size(), end - kOriginal.size()));
    if (!id) return std::nullopt;
    originals.push_back(*id);
    text.remove_prefix(end + 1);
  }
  return originals;
}

Gathering::Known known_of(Stored stored) {
  stored.small_text.resize(std::min(stored.small_text.size(), Gathering::kHead));
  stored.small_text.shrink_to_fit();
  return {std::move(stored.envelope), std::move(stored.small_text)};
}

}  // namespace

Result<void> Spool::announce_gathering(const QueueId& id, const std::vector<QueueId>& originals) {
  auto file = File::open(disk_, fd(Area::gather), id.str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!file) return file.error();
  Result<void> done = file->write_all(gathering_text(originals));
  if (done) done = disk_.fdatasync(file->get());
  if (auto closed = file->close(); done && !closed) done = closed.error();
  if (done) done = places_->sync(Area::gather);
  if (!done) forget_gathering(id);
  return done;
}

Result<Changed> Spool::end_gathering(const QueueId& id, const std::vector<QueueId>& originals) {
  for (const QueueId& one : originals) {
    const auto gone = disk_.unlink(fd(Area::queue), one.str());
    if (!gone && gone.error().failure != Failure::not_found) return gone.error();
  }
  Changed changed;
  if (auto synced = places_->sync(Area::queue); !synced) changed.unsynced = synced.error();
  // While a power failure may bring them back it must be known that they are to go.
  if (!changed.unsynced) forget_gathering(id);
  return changed;
}

/// One that stays says nothing: there never is another message of this id.
void Spool::forget_gathering(const QueueId& id) { (void)disk_.unlink(fd(Area::gather), id.str()); }

Result<std::vector<Gathering>> Spool::resolve_gatherings() {
  const auto found = list(Area::gather);
  if (!found) return found.error();
  std::vector<Gathering> gathered;
  for (const Found& one : *found) {
    Result<std::optional<Gathering>> done = resolve_gathering(one.id);
    if (!done) {
      tell_unresolved(one.id, done.error());
    } else if (*done) {
      gathered.push_back(std::move(**done));
    }
  }
  return gathered;
}

void Spool::tell_unresolved(const QueueId& id, const Error& why) const {
  log(Level::error, "messages that became one digest cannot be removed, and may arrive twice",
      {{"id", id.text()}, {"why", why.text}, {"file", path() + "/gather/" + id.str()}});
}

/// The program may have ended before it had synced it.
Result<void> Spool::make_stable(const QueueId& id, Area area) {
  const auto file = File::open(disk_, fd(area), id.str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return file.error();
  if (auto synced = disk_.fdatasync(file->get()); !synced) return synced;
  return places_->sync(area);
}

Result<std::optional<Gathering>> Spool::resolve_gathering(const QueueId& id) {
  const std::optional<Gathering> nothing;
  const auto text = read_raw(id, Area::gather, kLongest);
  if (!text) return text.error();
  const auto originals = parse_gathering(*text);
  if (!originals) {
    forget_gathering(id);
    return nothing;
  }
  for (const Area area : {Area::queue, Area::hold, Area::failed}) {
    auto stored = read(id, area);
    if (!stored && (stored.error().failure == Failure::not_found || stored.error().failure == Failure::corrupt)) {
      continue;
    }
    if (!stored) return stored.error();
    // What goes now is nowhere else.
    if (auto stable = make_stable(id, area); !stable) return stable.error();
    Gathering gathering;
    gathering.tried = area != Area::queue || !stored->log.empty();
    gathering.digest = known_of(std::move(*stored));
    for (const QueueId& one : *originals) {
      if (auto original = read(one)) gathering.originals.push_back(known_of(std::move(*original)));
    }
    // Told before they are removed, so that a crash between costs no original its line: the next start would find
    // nothing of it. Where the removal fails the line is true all the same, since the digest has it; that it may come
    // by itself as well is told then. That it is nowhere else is known only afterwards.
    for (const QueueId& one : *originals) {
      log(Level::info, "in a storm digest", {{"id", one.text()}, {"digest", id.text()}});
    }
    const auto ended = end_gathering(id, *originals);
    if (!ended) return ended.error();
    if (ended->unsynced) {
      tell_unresolved(id, *ended->unsynced);
    } else {
      log(Level::notice, "a digest was stored when the program ended: its originals are in it and nowhere else",
          {{"id", id.text()}, {"messages", originals->size()}});
    }
    return std::optional(std::move(gathering));
  }
  forget_gathering(id);
  return nothing;
}

}  // namespace postern::spool
