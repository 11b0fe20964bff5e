// The daemon's history put together: who writes it, and who answers from it.
#pragma once

#include "app/one_thread.h"
#include "base/clock.h"
#include "base/task.h"
#include "history/answers.h"
#include "history/history.h"
#include "history/history_options.h"
#include "history/scribe.h"
#include "mail/parties.h"
#include "queue/recorder.h"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace postern::app {

/// Where it is kept: in the state directory that systemd has made for the service, else in the spool.
[[nodiscard]] std::string history_directory(const std::string& spool);

/// What holds while the settings file is wrong: it may keep more than was read of it, and no subjects.
[[nodiscard]] history::HistoryOptions cautious(history::HistoryOptions salvaged);

/// Whoever asks waits so long for a disk that does not answer.
inline constexpr Milliseconds kPatience = Seconds(30);
/// Steps of one user that wait at once.
inline constexpr std::size_t kMostOfUser = 32;
/// Answers by such a thread: `party`'s, when it has its turn, or before all parties. Failures: io, the disk has not
/// answered for `patience`; busy, it was others' turn all that time, or more than kMostOfUser wait.
[[nodiscard]] history::Steps steps_on(const Executor& loop, OneThread thread,
                                      std::optional<std::uint32_t> party = std::nullopt,
                                      Milliseconds patience = kPatience);

class HistoryDesk {
 public:
  /// `thread` has the disk's jobs of the history, and nothing else. The clock outlives it.
  HistoryDesk(const Executor& loop, const OneThread& thread, Clock& clock, std::string directory,
              history::HistoryOptions options);

  /// Removes what is too old, now and once a day, until the stop.
  void start();
  void stop();
  /// For the queue and for the doors.
  [[nodiscard]] queue::Recorder& recorder() { return scribe_; }
  [[nodiscard]] const history::Answers& answers() const { return answers_; }
  void configure(history::HistoryOptions options) { history_.configure(options); }
  void use_parties(const mail::Parties& parties);

 private:
  std::shared_ptr<mail::Parties> parties_ = std::make_shared<mail::Parties>();
  history::History history_;
  history::Scribe scribe_;
  history::Answers answers_;
  boost::asio::steady_timer daily_;
  std::shared_ptr<int> alive_;  ///< until the stop
};

}  // namespace postern::app
