// What becomes of messages, noted for those who ask later. Records are gathered on the event loop and written in
// batches by a thread of the disk: no message waits for them. What the disk does not take is lost, and told once; it
// costs no mail.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "history/history_options.h"
#include "history/query.h"
#include "history/record.h"
#include "history/search.h"
#include "history/shares.h"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace postern::history {

class History {
 public:
  /// Records wait so long for others; a crash costs them.
  static constexpr Seconds kGathered{1};
  /// So much is written at once without waiting for the time.
  static constexpr std::size_t kBatch = 256 * std::size_t{1024};
  /// While the disk does not answer so much waits, and what comes then is lost.
  static constexpr std::size_t kMost = 4 * std::size_t{1024} * 1024;

  /// Runs what it is given on a thread of the disk, once. May outlive everything else.
  using Post = std::function<void(std::function<void()>)>;

  /// The directory is made with the first record. The clock outlives it.
  History(const Executor& loop, Post post, Clock& clock, std::string directory, HistoryOptions options);
  /// What is gathered is written by the disk's threads, if these still run.
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// What these do not keep is removed at once.
  void configure(HistoryOptions options);
  /// To be called at the start and once a day: what is too old is removed, also where nothing is noted.
  void tidy();
  [[nodiscard]] const HistoryOptions& options() const { return options_; }
  /// What is older is not shown; nothing: all is.
  [[nodiscard]] std::optional<WallTime> oldest() const;
  [[nodiscard]] const Clock& clock() const { return clock_; }

  /// Field::at is set to now. `party`: whose share it is of (shares.h); nothing: of nobody's. On the event loop.
  void note(Record record, std::optional<std::uint32_t> party = std::nullopt);
  /// What is gathered goes to the disk now.
  void flush();
  /// Finds what was noted until its first step, as far as the disk took it, and nothing that is too old to be kept.
  /// What was left out it tells also where no mark stands yet. May outlive the history.
  [[nodiscard]] std::shared_ptr<Search> search(Query query) const;

 private:
  struct State;
  void post_job();
  [[nodiscard]] bool is_in_share(const Record& record, std::size_t size, std::uint32_t party);
  void tell_left_out(std::uint32_t party, const Shares::Untold& left);
  void tell_untold();
  void give_back();

  Post post_;
  Clock& clock_;
  std::string directory_;
  HistoryOptions options_;
  Shares shares_;
  SteadyTime told_{};  ///< when it was last looked what is left out and was not told
  WallTime tidied_;    ///< the last time, or when this began, by both clocks
  SteadyTime tidied_steady_;
  std::shared_ptr<State> state_;  ///< shared with a job under way
  boost::asio::steady_timer timer_;
  bool armed_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace postern::history
