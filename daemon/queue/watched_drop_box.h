// The drop directory of the spool, read by the threads of the disk and watched by inotify(7). Where inotify cannot be
// had, the looks at intervals remain.
#pragma once

#include "base/task.h"
#include "queue/drop_box.h"
#include "spool/disk_pool.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

/// The lines of an envelope at the beginning of a dropped file: up to DATA, or up to the first line that is none of
/// its. What stands behind is the message, which is its owner's alone to read. Pure.
[[nodiscard]] std::string_view envelope_lines(std::string_view frame);

class WatchedDropBox final : public DropBox {
 public:
  /// `spool` is the spool's directory. The pool outlives this. `party` is called by the threads of the disk.
  WatchedDropBox(Executor loop, spool::DiskPool& pool, const std::string& spool, PartyOf party);
  ~WatchedDropBox() override;

  Task<Result<Look>> list(Turn turn) override;
  Task<Result<std::shared_ptr<File>>> open(std::string name, std::uint64_t limit) override;
  Task<Result<void>> remove(std::string name) override;
  Task<Result<Aside>> set_aside(std::string name) override;
  Task<Result<std::vector<Gone>>> forget_refused(WallTime then) override;
  Task<void> wait(Seconds at_most) override;
  void stop() override;

  static constexpr std::size_t kFilesOfALook = 1000;

 private:
  struct Directories;
  bool watch();
  void listen();

  spool::DiskPool& pool_;
  std::shared_ptr<Directories> directories_;  ///< of the jobs, of which there is one at a time
  boost::asio::posix::stream_descriptor events_;
  boost::asio::steady_timer timer_;
  std::array<char, 4096> buffer_{};
  int watched_ = -1;  ///< inotify's number of the directory; another one is another directory
  bool listening_ = false;
  bool came_ = false;  ///< something, since the last wait()
  bool stopped_ = false;
};

}  // namespace postern::queue
