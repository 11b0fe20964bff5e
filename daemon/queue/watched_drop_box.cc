#include "queue/watched_drop_box.h"

#include "queue/drop_turns.h"
#include "queue/refused_shares.h"
#include "spool/drop_directory.h"
#include "spool/refused_directory.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/inotify.h>

#include <algorithm>
#include <optional>
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

std::string_view envelope_lines(std::string_view frame) {
  constexpr std::array<std::string_view, 4> kBegins = {"postern-drop ", "MAIL FROM:", "RCPT TO:", "DATA\n"};
  std::size_t end = 0;
  while (end < frame.size()) {
    const std::string_view rest = frame.substr(end);
    const auto is_begin = [rest](std::string_view begin) { return rest.starts_with(begin); };
    if (std::ranges::none_of(kBegins, is_begin)) break;
    end += std::min(rest.find('\n'), rest.size() - 1) + 1;
    if (is_begin(kBegins.back())) break;
  }
  return frame.substr(0, end);
}

/// What the jobs work on.
struct WatchedDropBox::Directories {
  Directories(const std::string& spool, const PartyOf& party_of)
      : drop(spool), refused(spool), party(party_of), shares(party_of) {}

  Result<Look> list(Turn turn);
  Result<Aside> set_aside(const std::string& name);
  Result<std::vector<Gone>> forget_refused(WallTime then);

  spool::DropDirectory drop;
  spool::RefusedDirectory refused;
  PartyOf party;
  RefusedShares shares;
  bool shares_known = false;  ///< in this look: whoever looks after the machine removes some

 private:
  Result<void> know_shares();
  /// Whoever removed it meanwhile has seen it.
  std::optional<Gone> remove_refused(const spool::RefusedFile& file) const;
};

std::optional<DropBox::Gone> WatchedDropBox::Directories::remove_refused(const spool::RefusedFile& file) const {
  const std::string bytes = refused.beginning(file.name, kShownOfRefused);
  if (!refused.remove(file.name)) return std::nullopt;
  return Gone{file.uid, refused.path_of(file), file.since, std::string(envelope_lines(bytes))};
}

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
  const auto space = refused.space();
  shares.use(space ? refused_room(*space) : RefusedRoom());
  while (const auto file = shares.displaced()) {
    std::optional<Gone> gone = remove_refused(*file);
    if (!gone) continue;  // what cannot be removed is counted again at the next look
    if (file->name == own) aside.kept.clear();
    aside.displaced.push_back(std::move(*gone));
  }
  return aside;
}

Result<std::vector<DropBox::Gone>> WatchedDropBox::Directories::forget_refused(WallTime then) {
  shares_known = false;
  std::vector<Gone> forgotten;
  const auto visited = refused.visit([&](const spool::RefusedFile& file) {
    if (file.since >= then) return;
    if (std::optional<Gone> gone = remove_refused(file)) forgotten.push_back(std::move(*gone));
  });
  // What went before a failure is told all the same; what is left has its turn the next time.
  if (!visited && forgotten.empty()) return visited.error();
  return forgotten;
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

Task<Result<std::vector<DropBox::Gone>>> WatchedDropBox::forget_refused(WallTime then) {
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
