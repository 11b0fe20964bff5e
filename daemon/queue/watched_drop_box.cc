#include "queue/watched_drop_box.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/inotify.h>

#include <utility>

namespace postern::queue {
namespace {

constexpr auto kWaiting = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr std::size_t kNamesOfALook = 100'000;
constexpr std::size_t kDropPiece = 256U << 10U;
// A helper makes a name by linkat or rename.
constexpr std::uint32_t kNewNames = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW;

class PooledFile final : public DropBox::File {
 public:
  PooledFile(spool::DiskPool& pool, std::shared_ptr<spool::DroppedFile> file) : pool_(pool), file_(std::move(file)) {}
  [[nodiscard]] std::uint32_t uid() const override { return file_->uid(); }
  [[nodiscard]] std::uint64_t size() const override { return file_->size(); }
  Task<Result<std::string>> read() override {
    auto job = [file = file_] { return file->read(kDropPiece); };
    co_return co_await pool_.run(spool::Priority::normal, std::move(job));
  }

 private:
  spool::DiskPool& pool_;
  std::shared_ptr<spool::DroppedFile> file_;
};

}  // namespace

WatchedDropBox::WatchedDropBox(Executor loop, spool::DiskPool& pool, const std::string& spool)
    : pool_(pool), directory_(std::make_shared<spool::DropDirectory>(spool)), events_(loop), timer_(loop) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor >= 0) events_.assign(descriptor);
}

Task<Result<std::vector<std::string>>> WatchedDropBox::list() {
  auto job = [directory = directory_] { return directory->list(kNamesOfALook); };
  co_return co_await pool_.run(spool::Priority::normal, std::move(job));
}

Task<Result<std::shared_ptr<DropBox::File>>> WatchedDropBox::open(std::string name, std::uint64_t limit) {
  auto job = [directory = directory_, name = std::move(name), limit] { return directory->open(name, limit); };
  auto opened = co_await pool_.run(spool::Priority::normal, std::move(job));
  if (!opened) co_return opened.error();
  std::shared_ptr<DropBox::File> file = std::make_shared<PooledFile>(pool_, std::move(*opened));
  co_return file;
}

Task<Result<void>> WatchedDropBox::remove(std::string name) {
  auto job = [directory = directory_, name = std::move(name)] { return directory->remove(name); };
  co_return co_await pool_.run(spool::Priority::normal, std::move(job));
}

Task<Result<DropBox::Aside>> WatchedDropBox::set_aside(std::string name) {
  auto job = [directory = directory_, name = std::move(name)] { return directory->set_aside(name); };
  auto done = co_await pool_.run(spool::Priority::normal, std::move(job));
  if (!done) co_return done.error();
  Aside aside;
  aside.uid = done->uid;
  aside.kept = std::move(done->kept);
  co_return aside;
}

/// True: the directory is watched only from now on, and may hold what nobody told of.
bool WatchedDropBox::watch() {
  if (!events_.is_open()) return false;
  const int before =
      std::exchange(watched_, ::inotify_add_watch(events_.native_handle(), directory_->path().c_str(), kNewNames));
  return watched_ >= 0 && watched_ != before;
}

void WatchedDropBox::listen() {
  if (listening_ || !events_.is_open()) return;
  listening_ = true;
  // What the events say does not matter: each look finds everything.
  events_.async_read_some(boost::asio::buffer(buffer_), [this](const boost::system::error_code& error, std::size_t) {
    if (error) return;  // closed; or inotify failed, and the looks at intervals remain
    listening_ = false;
    came_ = true;
    timer_.cancel();
  });
}

Task<void> WatchedDropBox::wait(Seconds at_most) {
  listen();
  if (watch() || std::exchange(came_, false) || stopped_) co_return;
  timer_.expires_after(at_most);
  static_cast<void>(co_await timer_.async_wait(kWaiting));
  came_ = false;
}

void WatchedDropBox::stop() {
  stopped_ = true;
  timer_.cancel();
  events_.close();
}

}  // namespace postern::queue
