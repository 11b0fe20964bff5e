#include "queue/kept_text.h"

#include "base/durable_file.h"
#include "base/log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <mutex>
#include <utility>

namespace postern::queue {
namespace {

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

/// What is to be on disk.
struct Wanted {
  std::string text;
  std::optional<WallTime> changed_at;
};

}  // namespace

struct KeptText::State {
  explicit State(About what) : about(std::move(what)) {}
  const About about;
  std::mutex mutex;            // over next and busy: the job runs on another thread
  std::optional<Wanted> next;  // not yet taken up by the job
  bool busy = false;           // the job is under way or posted
  // The job's alone; before the first one read() sets it.
  bool failing = false;  // the last time, and that was told
  std::optional<std::string> on_disk;

  std::optional<Wanted> take() {
    const std::scoped_lock lock(mutex);
    std::optional<Wanted> wanted = std::exchange(next, std::nullopt);
    busy = wanted.has_value();
    return wanted;
  }

  Result<void> write(Wanted wanted) {
    if (wanted.changed_at && on_disk == wanted.text) {
      auto set = set_changed_at(about.path, *wanted.changed_at);
      if (set || set.error().failure != Failure::not_found) return set;
    }
    on_disk.reset();
    if (auto replaced = replace_file(about.path, wanted.text); !replaced) return replaced;
    if (!wanted.changed_at) return {};
    on_disk = std::move(wanted.text);
    return set_changed_at(about.path, *wanted.changed_at);
  }

  void run() {
    while (std::optional<Wanted> wanted = take()) {
      const Result<void> written = write(std::move(*wanted));
      if (!written && !failing) log(Level::warning, about.unwritten, {{"why", written.error().text}});
      failing = !written;
    }
  }
};

KeptText::KeptText(spool::DiskPool& pool, About about)
    : pool_(pool), state_(std::make_shared<State>(std::move(about))) {}

std::optional<std::string> KeptText::read() {
  auto text = read_file(state_->about.path, state_->about.longest);
  if (text) {
    state_->on_disk = *text;
    return std::move(*text);
  }
  if (text.error().failure != Failure::not_found) {
    log(Level::warning, state_->about.unread, {{"why", text.error().text}});
  }
  return std::nullopt;
}

std::optional<WallTime> KeptText::changed_at() const {
  struct stat status{};
  if (::lstat(state_->about.path.c_str(), &status) != 0) return std::nullopt;
  const auto time = std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return WallTime(std::chrono::floor<Milliseconds>(time));
}

void KeptText::keep(std::string text, std::optional<WallTime> changed_at) {
  Wanted wanted{std::move(text), changed_at};
  {
    const std::scoped_lock lock(state_->mutex);
    state_->next = std::move(wanted);
    if (std::exchange(state_->busy, true)) return;
  }
  pool_.post(spool::Priority::background, [state = state_] { state->run(); });
}

}  // namespace postern::queue
