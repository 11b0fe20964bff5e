// The spool directory: one file per message in queue/, written in tmp/, set aside in hold/, failed/ or corrupt/. All
// calls block and belong on the disk pool; each may be called from any thread. Only the queue uses this.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "spool/directory_sync.h"
#include "spool/disk.h"
#include "spool/format.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace postern::spool {

/// gather/ has no messages, but says which of them one takes the place of, see gathering.cc.
enum class Area { tmp, queue, hold, failed, corrupt, gather };
inline constexpr std::array kAreas = {Area::tmp, Area::queue, Area::hold, Area::failed, Area::corrupt, Area::gather};
[[nodiscard]] std::string_view name(Area area);

/// Messages up to this size are read and written in one piece, larger ones in pieces of this size.
inline constexpr std::size_t kPiece = 256U << 10U;

enum class Durability { lazy, synced };

/// A change of names that was made, and that everybody sees from now on.
struct Changed {
  Changed() = default;            // no aggregate: a Result would take an Error for one
  std::optional<Error> unsynced;  ///< why a power failure may still undo it; nothing: it is on stable storage
};

/// A file of an area as a listing shows it, unopened.
struct Found {
  QueueId id;
  std::uint64_t size = 0;
  WallTime modified;  ///< in queue/: the next attempt
};

/// A message as read and checked against its checksum.
struct Stored {
  mail::Envelope envelope;
  std::vector<LogLine> log;
  std::string rerouted_to;  ///< the smarthost it was rerouted to; empty: none
  std::optional<StormWait> storm{};
  std::optional<WallTime> storm_over{};  ///< since when it waits for others no more
  std::uint64_t text_at = 0;             ///< where the message begins in the file
  std::uint64_t log_end = 0;             ///< end of the last whole line: where the log continues
  std::uint64_t file_size = 0;           ///< more than log_end if an append was torn
  std::string small_text;                ///< the whole message, if it is at most kPiece
  File large;                            ///< open for read_piece, if it is larger
};

/// Of a message that takes the place of others, what was found at a start.
struct Gathering {
  struct Known {
    mail::Envelope envelope;
    std::string head;  ///< the first kHead bytes of the message
  };
  static constexpr std::size_t kHead = std::size_t{16} << 10U;

  Known digest;
  bool tried = false;            ///< it was let go before the program ended
  std::vector<Known> originals;  ///< that were there, and are removed; those that could be read
};

class Spool {
 public:
  /// Makes the last component of `path` and its directories where they are missing (mode 0700), and takes the lock.
  /// Failures: busy (another daemon; the text names its pid), not_found, denied, io, no_space.
  static Result<std::unique_ptr<Spool>> open(Disk& disk, const std::string& path);
  ~Spool();

  [[nodiscard]] const std::string& path() const { return places_->path; }

  /// Reads and verifies. Failures: not_found, corrupt, newer, io.
  Result<Stored> read(const QueueId& id, Area area = Area::queue);
  /// Whether there is such a message that will be delivered, or was kept: not one that a power failure tore, though its
  /// name is there.
  bool has_whole(const QueueId& id);
  /// Envelope and log alone, the message neither read nor verified: for listings. Failures as read().
  Result<Stored> read_summary(const QueueId& id, Area area);
  /// Up to kPiece bytes of a large message from `offset` of its text; empty at the end. Failure: io.
  Result<std::string> read_piece(const Stored& stored, std::uint64_t offset);
  /// The file's first bytes as they are. Failures: not_found, io.
  Result<std::string> read_raw(const QueueId& id, Area area, std::size_t limit);

  /// Appends whole lines at `stored.log_end`, after cutting off a torn tail. On failure none of them is there for the
  /// next reader, and `stored` is as before but for the torn tail: only a disk that can neither sync nor cut off again
  /// leaves some. After a power failure they may be there all the same. Failures: no_space, io, not_found.
  Result<void> append_log(const QueueId& id, Stored& stored, const std::vector<LogLine>& lines, Durability durability);
  /// Appends the smarthost that the message is to go by, synced; empty: any. Failures: as append_log, and those of
  /// read.
  Result<void> append_route(const QueueId& id, Area area, WallTime time, const std::string& smarthost);
  /// Appends that the message waits for others like it; nothing: no more. Not synced: after a crash it may go by
  /// itself. Failures: as append_log, and those of read.
  Result<void> append_storm(const QueueId& id, WallTime time, const std::optional<StormWait>& wait);
  /// When the message is tried next; not synced, lost in a crash it is due at once. On failure it is as before.
  Result<void> set_next(const QueueId& id, WallTime time);
  /// Not synced with Durability::lazy: after a crash the file may be back. On failure it is still there: not_found, io.
  Result<Changed> remove(const QueueId& id, Area area, Durability durability);
  /// Into another area, durably; never over another file. What a power failure in a move left in both is there and
  /// nowhere else afterwards. On failure the message is where it was: not_found, exists, no_space, io.
  Result<Changed> move(const QueueId& id, Area from, Area to);

  // One message takes the place of many, its originals, so that after a crash at any moment either they are there or
  // it is. In this order, while nobody else handles any of them:
  /// On stable storage when this returns well: what is named here is gone as soon as a whole message of this id is in
  /// the queue. Failures: exists, no_space, io; then nothing of it stays.
  Result<void> announce_gathering(const QueueId& id, const std::vector<QueueId>& originals);
  /// The message is on stable storage, and not tried yet: removes its originals. Failure: io (some may still be there;
  /// the same call does the rest).
  Result<Changed> end_gathering(const QueueId& id, const std::vector<QueueId>& originals);
  /// The message could not be stored.
  void forget_gathering(const QueueId& id);
  /// What a crash left of these, before anything is tried; the log tells of each original that goes, before it does.
  /// Failure: io (the directory cannot be read); what cannot be resolved is told in the log.
  Result<std::vector<Gathering>> resolve_gatherings();

  /// Regular files named by an id. Everything else, and what cannot be examined, is left alone, unopened, with one
  /// warning per name. Failure: io (the directory cannot be read).
  Result<std::vector<Found>> list(Area area);
  /// Deletes what crashed receptions left in tmp/: up to kSweptAtOnce before it returns (their number), more in the
  /// background, while this object lives. What cannot be deleted stays, with a warning. Once, before the first Draft.
  Result<std::size_t> clear_tmp();
  static constexpr std::size_t kSweptAtOnce = 10'000;
  Result<Space> space();

 private:
  friend class Draft;
  /// Shared with the drafts, whose files are closed and removed whenever they end: with the event loop, that is, after
  /// everything else.
  struct Places {
    [[nodiscard]] int fd(Area area) const { return areas.at(static_cast<std::size_t>(area)).get(); }
    Result<void> sync(Area area) { return syncs.at(static_cast<std::size_t>(area))->sync(); }

    Disk& disk;
    std::string path;
    std::array<File, kAreas.size()> areas{};
    std::array<std::unique_ptr<DirectorySync>, kAreas.size()> syncs{};
  };

  Spool(Disk& disk, std::string path);

  Result<std::optional<Gathering>> resolve_gathering(const QueueId& id);
  void tell_unresolved(const QueueId& id, const Error& why) const;
  Result<void> make_stable(const QueueId& id, Area area);
  bool has_both_names(const QueueId& id, Area one, Area other);
  Result<void> append(Area area, const QueueId& id, Stored& stored, const std::string& text, Durability durability);
  Result<void> make_directories();
  Result<void> take_lock();
  [[nodiscard]] int fd(Area area) const { return places_->fd(area); }
  Result<Stored> read_small(const File& file, std::uint64_t size) const;
  Result<Stored> read_large(File file, std::uint64_t size) const;
  /// Nothing if it is foreign or cannot be examined; that is told, unless the file has just gone.
  std::optional<Found> examine(Area area, const std::string& name);
  /// The number of files deleted.
  std::size_t sweep(const std::vector<std::string>& names, const std::stop_token& stop);
  void warn_once(Area area, const std::string& name, std::string_view what, const std::string& why);

  std::shared_ptr<Places> places_;
  Disk& disk_;
  File root_;
  File lock_;
  std::mutex warned_mutex_;
  std::vector<std::string> warned_;  ///< names that were told; bounded
  std::jthread sweeper_;             ///< last: it ends before what it uses
};

}  // namespace postern::spool
