#include "spool/spool.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace postern::spool {
namespace {

// O_NONBLOCK: should a FIFO have taken the place of a message, opening it must not hang.
constexpr int kReadFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

constexpr std::size_t kFirstRead = 4096;
constexpr std::uint64_t kMaxLog = 64U << 20U;

Error at(const Error& error, const std::string& place) {
  return Error{error.failure, place + ": " + error.text, error.code};
}

/// An envelope and the bytes it was read from.
struct Head {
  std::string bytes;
  ParsedEnvelope parsed;
};

/// Reads the first bytes of a file of `size` until its envelope is whole. Failures: io, corrupt, newer.
Result<void> read_head(const File& file, std::uint64_t size, Head& head) {
  std::size_t end = 0;
  for (std::size_t want = std::min<std::uint64_t>(size, kFirstRead);; want = std::min<std::uint64_t>(size, 16 * want)) {
    want = std::min(want, kMaxEnvelope);
    head.bytes.resize(want);
    const auto length = file.pread_full(head.bytes, 0);
    if (!length) return length.error();
    head.bytes.resize(*length);
    end = find_envelope_end(head.bytes);
    if (end != 0 || *length < want || want == size || want == kMaxEnvelope) break;
  }
  if (end == 0) {
    if (auto whole = parse_file(head.bytes); !whole) return whole.error();
    return Error{Failure::corrupt, "the envelope has no end"};
  }
  auto parsed = parse_envelope(std::string_view(head.bytes).substr(0, end));
  if (!parsed) return parsed.error();
  if (size < end || size - end < parsed->envelope.size) {
    return Error{Failure::corrupt, "the file is shorter than its message"};
  }
  head.parsed = std::move(*parsed);
  return {};
}

/// What follows the message. Failures: io, corrupt.
Result<std::string> read_log(const File& file, std::uint64_t size, const Head& head) {
  const std::uint64_t text_end = head.parsed.length + head.parsed.envelope.size;
  if (size - text_end > kMaxLog) return Error{Failure::corrupt, "far more after the message than a log can be"};
  if (head.bytes.size() == size) return head.bytes.substr(text_end);
  std::string tail(size - text_end, '\0');
  const auto length = file.pread_full(tail, text_end);
  if (!length) return length.error();
  tail.resize(*length);
  return tail;
}

/// The log, and all together but the text. Failures: io, corrupt.
Result<Stored> read_tail(const File& file, std::uint64_t size, Head head) {
  const auto tail = read_log(file, size, head);
  if (!tail) return tail.error();
  auto log = parse_log(*tail);
  if (!log) return log.error();
  const std::uint64_t text_end = head.parsed.length + head.parsed.envelope.size;
  Stored stored;
  stored.envelope = std::move(head.parsed.envelope);
  stored.log = std::move(log->lines);
  stored.rerouted_to = std::move(log->rerouted_to);
  stored.storm = std::move(log->storm);
  stored.storm_over = log->storm_over;
  stored.text_at = head.parsed.length;
  stored.log_end = text_end + log->length;
  stored.file_size = size;
  return stored;
}

}  // namespace

std::string_view name(Area area) {
  switch (area) {
    case Area::tmp: return "tmp";
    case Area::queue: return "queue";
    case Area::hold: return "hold";
    case Area::failed: return "failed";
    case Area::corrupt: return "corrupt";
    case Area::gather: return "gather";
  }
  return "unknown";
}

Spool::Spool(Disk& disk, std::string path)
    : places_(std::make_shared<Places>(Places{.disk = disk, .path = std::move(path)})), disk_(disk) {}

Spool::~Spool() = default;

Result<std::unique_ptr<Spool>> Spool::open(Disk& disk, const std::string& path) {
  std::unique_ptr<Spool> spool(new Spool(disk, path));
  if (auto made = spool->make_directories(); !made) return at(made.error(), "spool " + path);
  if (auto locked = spool->take_lock(); !locked) return at(locked.error(), "spool " + path);
  return spool;
}

Result<void> Spool::make_directories() {
  auto root = File::open(disk_, kNoDirectory, path(), O_RDONLY | O_DIRECTORY);
  if (!root && root.error().failure == Failure::not_found) {
    if (auto made = disk_.mkdir(kNoDirectory, path(), 0700); !made) return made.error();
    root = File::open(disk_, kNoDirectory, path(), O_RDONLY | O_DIRECTORY);
  }
  if (!root) return root.error();
  root_ = std::move(*root);
  for (const Area area : kAreas) {
    const auto index = static_cast<std::size_t>(area);
    const std::string directory(name(area));
    auto opened = File::open(disk_, root_.get(), directory, O_RDONLY | O_DIRECTORY);
    if (!opened && opened.error().failure == Failure::not_found) {
      if (auto made = disk_.mkdir(root_.get(), directory, 0700); !made) return made.error();
      opened = File::open(disk_, root_.get(), directory, O_RDONLY | O_DIRECTORY);
    }
    if (!opened) return opened.error();
    places_->areas.at(index) = std::move(*opened);
    places_->syncs.at(index) = std::make_unique<DirectorySync>(disk_, fd(area));
  }
  return disk_.fsync(root_.get());
}

Result<void> Spool::take_lock() {
  auto lock = File::open(disk_, root_.get(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!lock) return lock.error();
  auto held = disk_.lock(lock->get());
  // The directory too: were the file deleted, the next daemon would lock a new one. NFS has no locks for directories.
  if (held) {
    held = disk_.lock(root_.get());
    if (!held && held.error().failure != Failure::busy) held = Result<void>();
  }
  if (!held) {
    if (held.error().failure != Failure::busy) return held.error();
    std::array<char, 32> pid{};
    const auto length = lock->pread_full(pid, 0);
    const std::string_view holder = length ? trim(std::string_view(pid.data(), *length)) : std::string_view();
    std::string text = "in use by another daemon";
    if (!holder.empty()) text += ", pid " + printable(holder);
    return Error{Failure::busy, text + "; stop it first or give this one a spool of its own", held.error().code};
  }
  if (auto cut = disk_.truncate(lock->get(), 0); !cut) return cut.error();
  if (auto told = lock->pwrite_all(std::to_string(::getpid()) + "\n", 0); !told) return told.error();
  lock_ = std::move(*lock);
  return {};
}

Result<Stored> Spool::read(const QueueId& id, Area area) {
  auto file = File::open(disk_, fd(area), id.str(), kReadFlags);
  if (!file) return file.error();
  const auto info = disk_.info(file->get());
  if (!info) return info.error();
  if (!info->regular) return Error{Failure::corrupt, "not a regular file"};
  auto stored = info->size <= 2 * kPiece ? read_small(*file, info->size) : read_large(std::move(*file), info->size);
  if (stored && stored->envelope.id != id) return Error{Failure::corrupt, "the file holds another message's id"};
  return stored;
}

Result<Stored> Spool::read_small(const File& file, std::uint64_t size) const {
  std::string bytes(size, '\0');
  const auto length = file.pread_full(bytes, 0);
  if (!length) return length.error();
  bytes.resize(*length);
  auto parsed = parse_file(bytes);
  if (!parsed) return parsed.error();
  Stored stored;
  stored.envelope = std::move(parsed->head.envelope);
  stored.log = std::move(parsed->log.lines);
  stored.rerouted_to = std::move(parsed->log.rerouted_to);
  stored.storm = std::move(parsed->log.storm);
  stored.storm_over = parsed->log.storm_over;
  stored.text_at = parsed->head.length;
  stored.log_end = stored.text_at + stored.envelope.size + parsed->log.length;
  stored.file_size = bytes.size();
  bytes.resize(stored.text_at + stored.envelope.size);
  bytes.erase(0, stored.text_at);
  stored.small_text = std::move(bytes);
  return stored;
}

bool Spool::has_whole(const QueueId& id) {
  return std::ranges::any_of(std::array{Area::queue, Area::hold, Area::failed}, [&](Area area) {
    const auto stored = read(id, area);
    return stored || stored.error().failure == Failure::newer;
  });
}

Result<Stored> Spool::read_summary(const QueueId& id, Area area) {
  const auto file = File::open(disk_, fd(area), id.str(), kReadFlags);
  if (!file) return file.error();
  const auto info = disk_.info(file->get());
  if (!info) return info.error();
  if (!info->regular) return Error{Failure::corrupt, "not a regular file"};
  Head head;
  if (auto read = read_head(*file, info->size, head); !read) return read.error();
  return read_tail(*file, info->size, std::move(head));
}

// Every byte is read once before the first is sent: the checksum must be known to be right before a recipient sees
// anything. The second reading comes from the page cache.
Result<Stored> Spool::read_large(File file, std::uint64_t size) const {
  Head head;
  if (auto read = read_head(file, size, head); !read) return read.error();
  Sha256 sha;
  std::string piece(kPiece, '\0');
  const std::uint64_t text_end = head.parsed.length + head.parsed.envelope.size;
  for (std::uint64_t offset = head.parsed.length; offset < text_end;) {
    const std::size_t want = std::min<std::uint64_t>(piece.size(), text_end - offset);
    const auto length = file.pread_full(std::span(piece.data(), want), offset);
    if (!length) return length.error();
    if (*length != want) return Error{Failure::corrupt, "the file shrinks while it is read"};
    sha.update(std::string_view(piece.data(), want));
    offset += want;
  }
  sha.update(std::string_view(head.bytes).substr(0, head.parsed.covered));
  if (hex(sha.finish()) != head.parsed.checksum) return Error{Failure::corrupt, "the checksum is wrong"};

  auto stored = read_tail(file, size, std::move(head));
  if (!stored) return stored;
  if (stored->envelope.size > kPiece) {
    stored->large = std::move(file);
    return stored;
  }
  stored->small_text.resize(stored->envelope.size);
  const auto again = file.pread_full(stored->small_text, stored->text_at);
  if (!again) return again.error();
  return stored;
}

Result<std::string> Spool::read_piece(const Stored& stored, std::uint64_t offset) {
  std::string piece(std::min<std::uint64_t>(kPiece, stored.envelope.size - offset), '\0');
  const auto length = stored.large.pread_full(piece, stored.text_at + offset);
  if (!length) return length.error();
  if (*length != piece.size()) return Error{Failure::corrupt, "the file shrinks while it is read"};
  return piece;
}

Result<std::string> Spool::read_raw(const QueueId& id, Area area, std::size_t limit) {
  const auto file = File::open(disk_, fd(area), id.str(), kReadFlags);
  if (!file) return file.error();
  const auto info = disk_.info(file->get());
  if (!info) return info.error();
  if (!info->regular) return Error{Failure::corrupt, "not a regular file"};
  std::string bytes(std::min<std::uint64_t>(info->size, limit), '\0');
  const auto length = file->pread_full(bytes, 0);
  if (!length) return length.error();
  bytes.resize(*length);
  return bytes;
}

Result<void> Spool::append_log(const QueueId& id, Stored& stored, const std::vector<LogLine>& lines,
                               Durability durability) {
  std::string text;
  for (const LogLine& line : lines) {
    const auto one = log_text(line);
    if (!one) return one.error();
    text += *one;
  }
  return append(Area::queue, id, stored, text, durability);
}

Result<void> Spool::append_route(const QueueId& id, Area area, WallTime time, const std::string& smarthost) {
  auto stored = read_summary(id, area);
  if (!stored) return stored.error();
  if (stored->rerouted_to == smarthost) return {};
  const auto text = route_text(time, smarthost);
  if (!text) return text.error();
  return append(area, id, *stored, *text, Durability::synced);
}

Result<void> Spool::append_storm(const QueueId& id, WallTime time, const std::optional<StormWait>& wait) {
  auto stored = read_summary(id, Area::queue);
  if (!stored) return stored.error();
  if (stored->storm == wait) return {};
  const auto text = storm_text(time, wait);
  if (!text) return text.error();
  return append(Area::queue, id, *stored, *text, Durability::lazy);
}

Result<void> Spool::append(Area area, const QueueId& id, Stored& stored, const std::string& text,
                           Durability durability) {
  auto file = File::open(disk_, fd(area), id.str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return file.error();
  if (stored.file_size != stored.log_end) {
    if (auto cut = disk_.truncate(file->get(), stored.log_end); !cut) return cut.error();
    stored.file_size = stored.log_end;
  }
  Result<void> done = file->write_all(text);
  if (done && durability == Durability::synced) done = disk_.fdatasync(file->get());
  if (!done) {
    // Whole lines of it must not count: what they say is known to nobody else. Where it cannot be cut off, the next
    // append does that.
    if (!disk_.truncate(file->get(), stored.log_end)) stored.file_size = stored.log_end + text.size();
    return done;
  }
  stored.log_end += text.size();
  stored.file_size = stored.log_end;
  // Closing can only tell of what was not synced, and of that nothing was promised.
  (void)file->close();
  return {};
}

Result<void> Spool::set_next(const QueueId& id, WallTime time) {
  return disk_.set_modified(fd(Area::queue), id.str(), time);
}

Result<Changed> Spool::remove(const QueueId& id, Area area, Durability durability) {
  if (auto gone = disk_.unlink(fd(area), id.str()); !gone) return gone.error();
  Changed changed;
  if (durability == Durability::lazy) return changed;
  if (auto synced = places_->sync(area); !synced) changed.unsynced = synced.error();
  return changed;
}

bool Spool::has_both_names(const QueueId& id, Area one, Area other) {
  const auto here = disk_.info(fd(one), id.str());
  const auto there = disk_.info(fd(other), id.str());
  return here && there && here->inode == there->inode;
}

Result<Changed> Spool::move(const QueueId& id, Area from, Area to) {
  auto moved = disk_.rename(fd(from), id.str(), fd(to), id.str());
  if (!moved && moved.error().failure == Failure::exists && has_both_names(id, from, to)) {
    // A power failure in an earlier move left both, and the new one must be there for good before the old one goes.
    moved = places_->sync(to);
    if (moved) moved = disk_.unlink(fd(from), id.str());
  }
  if (!moved) return moved.error();
  // The new name first: should power fail between the two, the message has two names rather than none.
  Changed changed;
  auto synced = places_->sync(to);
  if (synced) synced = places_->sync(from);
  if (!synced) changed.unsynced = synced.error();
  return changed;
}

Result<Space> Spool::space() { return disk_.space(root_.get()); }

}  // namespace postern::spool
