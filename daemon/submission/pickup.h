// Mail that was dropped while the daemon could not be reached: each file is copied into the queue by the same Acceptor
// that serves the sockets, and removed when the copy is on stable storage. Its owner is the sender's uid. The
// submission id shows a message that came by the socket as well.
//
// The owners are served by turns, one file of each at a time, and the trouble of one keeps no other waiting.
//
// What is no whole frame, or what the submit socket would refuse for good, is set aside with one line in the log and
// stops nothing else. limits.message_size does not apply: whoever dropped the message cannot be
// told of them any more, and the helper has limits of its own (smtp/drop_frame.h). The limits of what may be queued do:
// what is over them stays where it is until it fits, or is all that its owner has.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/refusal_log.h"
#include "base/result.h"
#include "base/task.h"
#include "queue/drop_box.h"
#include "queue/queue.h"
#include "submission/acceptor.h"
#include "submission/sessions.h"
#include "submission/submission_memory.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace postern::submission {

/// The transaction in the commands of a frame. Failure: invalid, with the reply that the submit socket would give.
Result<Transaction> dropped_transaction(const std::vector<std::string>& commands, const Config& config,
                                        std::uint32_t uid);

class Pickup {
 public:
  using CurrentConfig = std::function<std::shared_ptr<const Config>()>;

  /// All references outlive the pick-up.
  Pickup(queue::DropBox& box, queue::Queue& queue, const Clock& clock, SubmissionMemory& memory, CurrentConfig config);

  /// What lies there, then what comes; until stop(). inotify tells of new files; a look every kRescan finds what it
  /// missed.
  Task<void> run();
  void stop();
  /// run() in a task of its own, and its end: the file being copied is finished when shutdown() returns.
  void start(const Executor& loop);
  Task<void> shutdown();

  static constexpr Seconds kRescan{60};
  static constexpr Seconds kRetry{10};  ///< while something could not be taken for now
  /// So many files of a party that cannot be taken end its turns in a look; the next look begins with those behind
  /// them. A disk that takes nothing is not asked for each of thousands of files.
  static constexpr unsigned kTroubles = 3;
  /// After this a look ends, and the next one sees what came meanwhile.
  static constexpr Seconds kLook{1};
  /// Lines in the log on the trouble of a party until it is over.
  static constexpr std::size_t kTold = 4;
  /// How often the age of what was refused is looked at: by the wall clock, which must have run evenly for as long.
  static constexpr Seconds kTidy{3600};
  static constexpr Seconds kUneven{60};

 private:
  Task<bool> look();
  Task<void> take(queue::DropBox::Waiting waiting);
  Task<Result<Acceptor::Outcome>> copy(std::shared_ptr<queue::DropBox::File> file);
  Task<void> discard(queue::DropBox::Waiting file);
  Task<void> refuse(queue::DropBox::Waiting file, std::string reason);
  Task<void> tidy();
  void tell_displaced(const queue::DropBox::Gone& gone);
  void tell_more_displaced();
  void trouble(const queue::DropBox::Waiting& file, const std::string& text, Level level = Level::error);
  void settle(const queue::DropBox::Look& look);

  queue::DropBox& box_;
  queue::Queue& queue_;
  const Clock& clock_;
  SubmissionMemory& memory_;
  CurrentConfig config_;
  std::set<std::string> stored_;                         ///< in the queue, but could not be removed
  std::string no_list_;                                  ///< why there was none, told last
  std::map<std::uint32_t, std::set<std::string>> told_;  ///< of a party's trouble, since it began
  std::map<std::uint32_t, unsigned> troubles_;           ///< of a party, in this look
  queue::DropBox::Turn turn_;
  struct Displaced {
    std::size_t files = 0;
    WallTime oldest;
    WallTime newest;
  };
  std::map<std::uint32_t, Displaced> displaced_;  ///< of a uid, in this look
  struct Reading {
    SteadyTime steady;
    WallTime wall;
  };
  std::optional<Reading> even_since_;  ///< both clocks, since when they agree and nothing was tidied
  bool stopping_ = false;
  std::optional<boost::asio::steady_timer> ended_;  ///< while run() of start() is under way: cancelled at its end
  RefusalLog refusals_;
  queue::AtDoor known_;  ///< of the file that is taken, if it is refused
};

}  // namespace postern::submission
