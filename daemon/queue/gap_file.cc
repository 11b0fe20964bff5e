#include "queue/gap_file.h"

#include "base/durable_file.h"
#include "base/log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <mutex>
#include <optional>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::size_t kLongestGapFile = std::size_t{1} << 20U;

std::optional<WallTime> changed_at(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  const auto time = std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return WallTime(std::chrono::floor<Milliseconds>(time));
}

Result<void> set_changed_at(const std::string& path, WallTime time) {
  const auto seconds = std::chrono::floor<Seconds>(time.time_since_epoch());
  const std::chrono::nanoseconds rest = time.time_since_epoch() - seconds;
  timespec times[2] = {};
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = seconds.count();
  times[1].tv_nsec = rest.count();
  if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0) return {};
  return system_error(errno, path);
}

}  // namespace

struct GapFile::State {
  explicit State(std::string file) : path(std::move(file)) {}
  const std::string path;
  std::mutex mutex;  // over what follows: the job runs on another thread
  std::string gaps;  // what is to be on disk
  WallTime alive;
  bool asked = false;    // and not yet taken up by the job
  bool busy = false;     // the job is under way or posted
  bool failing = false;  // the last time, and that was told
  std::optional<std::string> on_disk;

  Result<void> write(const std::string& text, WallTime time) {
    if (on_disk == text) {
      if (auto set = set_changed_at(path, time); set || set.error().failure != Failure::not_found) return set;
    }
    on_disk.reset();
    if (auto replaced = replace_file(path, text); !replaced) return replaced;
    on_disk = text;
    return set_changed_at(path, time);
  }

  void run() {
    for (;;) {
      std::string text;
      WallTime time;
      {
        const std::scoped_lock lock(mutex);
        busy = std::exchange(asked, false);
        if (!busy) return;
        text = gaps;
        time = alive;
      }
      const Result<void> written = write(text, time);
      if (!written && !failing) {
        log(Level::warning, "the time when this program runs cannot be noted; mail may seem older after a pause",
            {{"why", written.error().text}});
      }
      failing = !written;
    }
  }
};

GapFile::GapFile(spool::DiskPool& pool, const std::string& spool)
    : pool_(pool), state_(std::make_shared<State>(spool + "/gaps")) {}

GapKeeper::Kept GapFile::read() {
  Kept kept;
  auto text = read_file(state_->path, kLongestGapFile);
  if (text) {
    kept.gaps = *text;
    kept.alive = changed_at(state_->path);
    state_->on_disk = std::move(*text);
  } else if (text.error().failure != Failure::not_found) {
    log(Level::warning, "what was noted of times when this program did not run cannot be read",
        {{"why", text.error().text}});
  }
  return kept;
}

void GapFile::keep(std::string gaps, WallTime alive) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->gaps = std::move(gaps);
    state_->alive = alive;
    state_->asked = true;
    if (std::exchange(state_->busy, true)) return;
  }
  pool_.post(spool::Priority::background, [state = state_] { state->run(); });
}

}  // namespace postern::queue
