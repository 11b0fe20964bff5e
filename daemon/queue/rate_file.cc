#include "queue/rate_file.h"

#include "base/durable_file.h"
#include "base/log.h"

#include <mutex>
#include <optional>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::size_t kLongestRateFile = std::size_t{16} << 20U;

}  // namespace

struct RateFile::State {
  explicit State(std::string file) : path(std::move(file)) {}
  const std::string path;
  std::mutex mutex;                 // over what follows: the job runs on another thread
  std::optional<std::string> next;  // what is to be on disk, and not yet taken up by the job
  bool busy = false;                // the job is under way or posted
  bool failing = false;             // the last time, and that was told

  std::optional<std::string> take() {
    const std::scoped_lock lock(mutex);
    std::optional<std::string> text = std::exchange(next, std::nullopt);
    busy = text.has_value();
    return text;
  }

  void run() {
    while (const std::optional<std::string> text = take()) {
      const Result<void> written = replace_file(path, *text);
      if (!written && !failing) {
        log(Level::warning, "what smarthosts were given cannot be noted; after a restart they may get more than `rate`",
            {{"why", written.error().text}});
      }
      failing = !written;
    }
  }
};

RateFile::RateFile(spool::DiskPool& pool, const std::string& spool)
    : pool_(pool), state_(std::make_shared<State>(spool + "/rates")) {}

std::string RateFile::read() {
  auto text = read_file(state_->path, kLongestRateFile);
  if (text) return std::move(*text);
  if (text.error().failure != Failure::not_found) {
    log(Level::warning, "what was noted of the rates of smarthosts cannot be read", {{"why", text.error().text}});
  }
  return {};
}

void RateFile::keep(std::string text) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->next = std::move(text);
    if (std::exchange(state_->busy, true)) return;
  }
  pool_.post(spool::Priority::background, [state = state_] { state->run(); });
}

}  // namespace postern::queue
