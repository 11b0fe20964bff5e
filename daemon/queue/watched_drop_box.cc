#include "queue/watched_drop_box.h"

#include "queue/drop_turns.h"
#include "queue/refused_shares.h"
#include "spool/drop_directory.h"
#include "spool/refused_directory.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/inotify.h>

#include <utility>

namespace postern::queue {
namespace {

constexpr auto kWaiting = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr std::size_t kDropPiece = 256U << 10U;
constexpr std::size_t kShownOfRefused = 300;  // the envelope of an ordinary message
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

/// What the jobs work on.
struct WatchedDropBox::Directories {
  Directories(const std::string& spool, const PartyOf& party_of)
      : drop(spool), refused(spool), party(party_of), shares(party_of) {}

  Result<Look> list(Turn turn);
  Result<Aside> set_aside(const std::string& name);
  Result<std::size_t> forget_refused(WallTime then);

  spool::DropDirectory drop;
  spool::RefusedDirectory refused;
  PartyOf party;
  RefusedShares shares;
  bool shares_known = false;  ///< in this look: whoever looks after the machine removes some

 private:
  Result<void> know_shares();
};

Result<DropBox::Look> WatchedDropBox::Directories::list(Turn turn) {
  shares_known = false;
  DropTurns turns(std::move(turn), kFilesOfALook);
  const auto visited = drop.visit([&](spool::DropDirectory::Entry entry) {
    turns.add({{entry.changed, std::move(entry.name)}, entry.uid, party(entry.uid)});
  });
  if (!visited) return visited.error();
  return turns.take();
}

Result<void> WatchedDropBox::Directories::know_shares() {
  if (shares_known) return {};
  shares.clear();
  auto read = refused.visit([this](spool::RefusedFile file) { shares.add(std::move(file)); });
  shares_known = read.has_value();
  return read;
}

Result<DropBox::Aside> WatchedDropBox::Directories::set_aside(const std::string& name) {
  if (auto known = know_shares(); !known) return known.error();
  auto set = drop.set_aside(name, refused);
  if (!set) return set.error();
  Aside aside;
  aside.uid = set->uid;
  if (!set->kept) return aside;
  const std::string own = set->kept->name;
  aside.kept = refused.path_of(*set->kept);
  shares.add(std::move(*set->kept));
  while (const auto file = shares.displaced()) {
    std::string begins = refused.beginning(file->name, kShownOfRefused);
    // Whoever removed it meanwhile has seen it. What cannot be removed is counted again at the next look.
    if (!refused.remove(file->name)) continue;
    if (file->name == own) aside.kept.clear();
    aside.displaced.push_back({file->uid, refused.path_of(*file), file->since, std::move(begins)});
  }
  return aside;
}

Result<std::size_t> WatchedDropBox::Directories::forget_refused(WallTime then) {
  shares_known = false;
  std::size_t count = 0;
  const auto visited = refused.visit([&](const spool::RefusedFile& file) {
    if (file.since < then && refused.remove(file.name)) ++count;
  });
  if (!visited) return visited.error();
  return count;
}

WatchedDropBox::WatchedDropBox(Executor loop, spool::DiskPool& pool, const std::string& spool, PartyOf party)
    : pool_(pool), directories_(std::make_shared<Directories>(spool, party)), events_(loop), timer_(loop) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor >= 0) events_.assign(descriptor);
}

WatchedDropBox::~WatchedDropBox() = default;

Task<Result<DropBox::Look>> WatchedDropBox::list(Turn turn) {
  auto job = [directories = directories_, turn = std::move(turn)]() mutable {
    return directories->list(std::move(turn));
  };
  co_return co_await pool_.run(spool::Priority::normal, std::move(job));
}

Task<Result<std::shared_ptr<DropBox::File>>> WatchedDropBox::open(std::string name, std::uint64_t limit) {
  auto job = [directories = directories_, name = std::move(name), limit] {
    return directories->drop.open(name, limit);
  };
  auto opened = co_await pool_.run(spool::Priority::normal, std::move(job));
  if (!opened) co_return opened.error();
  std::shared_ptr<DropBox::File> file = std::make_shared<PooledFile>(pool_, std::move(*opened));
  co_return file;
}

Task<Result<void>> WatchedDropBox::remove(std::string name) {
  auto job = [directories = directories_, name = std::move(name)] { return directories->drop.remove(name); };
  co_return co_await pool_.run(spool::Priority::normal, std::move(job));
}

Task<Result<DropBox::Aside>> WatchedDropBox::set_aside(std::string name) {
  auto job = [directories = directories_, name = std::move(name)] { return directories->set_aside(name); };
  co_return co_await pool_.run(spool::Priority::normal, std::move(job));
}

Task<Result<std::size_t>> WatchedDropBox::forget_refused(WallTime then) {
  auto job = [directories = directories_, then] { return directories->forget_refused(then); };
  co_return co_await pool_.run(spool::Priority::background, std::move(job));
}

/// True: the directory is watched only from now on, and may hold what nobody told of.
bool WatchedDropBox::watch() {
  if (!events_.is_open()) return false;
  const int before = std::exchange(
      watched_, ::inotify_add_watch(events_.native_handle(), directories_->drop.path().c_str(), kNewNames));
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
