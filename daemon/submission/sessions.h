// The sessions of clients that hand in mail, over the unix socket and over TCP. Each is a Pump between a Stream and
// smtp::Dialogue, whose Acceptor turns a transaction into a queued message (Received, aliases, completion of addresses
// and headers, loop and size checks).
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "mail/local_names.h"
#include "mail/parties.h"
#include "net/connection.h"
#include "net/stream.h"
#include "queue/queue.h"
#include "submission/policy.h"
#include "submission/submission_memory.h"
#include "submission/submission_options.h"
#include "submission/users.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace postern::queue {
class Recorder;
}

namespace postern::submission {

/// What the sessions hold: the settings of the moment when they began.
struct Config : SubmissionOptions, mail::LocalNames {
  /// Who a uid is, asked only where `senders` has rows; without it all are users without a name.
  std::function<Task<Result<User>>(std::uint32_t uid)> user;
  mail::Parties parties{};
  queue::Recorder* recorder = nullptr;  ///< hears of what is refused; outlives the sessions; may be null
};

/// All sessions of the daemon: who has a place (policy.h), the time-outs that are announced by 421, the submission ids
/// that were stored lately, and the orderly end. The queue and the clock outlive it.
class Sessions {
 public:
  explicit Sessions(Executor executor);
  ~Sessions();
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  /// Serves the client in a task of its own, for which an idle session may have to end, or tells it to come back later.
  void start(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<const Config> config,
             queue::Queue& queue, Clock& clock);
  /// Clients between messages hear 421 at once; those that are sending one, or wait for it to be stored, have
  /// `grace`, then they are cut off. Whatever was not answered by 250 may have been stored, but never in part.
  Task<void> shutdown(Seconds grace);
  [[nodiscard]] std::size_t count() const;
  /// Shared by every way in: a message may come by the socket and, its answer lost, by the drop directory too.
  [[nodiscard]] SubmissionMemory& memory();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace postern::submission
