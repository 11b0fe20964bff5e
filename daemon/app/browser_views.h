// What browsers on this machine are shown of the daemon, gathered from the rooms that know it.
#pragma once

#include "app/bounded_question.h"
#include "base/result.h"
#include "base/task.h"
#include "control/server.h"
#include "metrics/activity.h"
#include "metrics/views.h"
#include "net/listen_options.h"

#include <boost/json/array.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::app {

/// Which of the last records of the history, at most so many.
struct HistoryQuestion {
  bool failures = false;            ///< of recipients given up alone; else of every end of a message
  std::optional<WallTime> since{};  ///< not before this; nothing: as far back as it takes
  std::size_t most = 0;
};
struct HistoryRecords {
  boost::json::array records;  ///< the newest first, each as `postern history --json` has it
  std::string unread{};        ///< which files could not be read, one sentence; empty: all were
};
/// Failures: not_found (none is kept), io.
using AskHistory = std::function<Task<Result<HistoryRecords>>(HistoryQuestion question)>;

/// So many records are at /api/history.
inline constexpr std::size_t kHistoryRecords = 100;

class BrowserViews {
 public:
  /// So long a disk may take for what is read of it; it is less than a browser waits (metrics/views.h) also where
  /// status waits for its part of it.
  static constexpr Seconds kPatience{3};

  /// `history`: empty where none is kept.
  BrowserViews(const Executor& loop, std::shared_ptr<control::Context> context, AskHistory history,
               SteadyTime::duration patience = kPatience);

  /// Without names no message's file is read, and no history. `begun`: when the quarters of the day began to be
  /// counted.
  Task<metrics::Views> make(std::vector<metrics::Activity::Period> day, WallTime begun, net::PageOfMetrics shown);

 private:
  using Records = Result<HistoryRecords>;
  void ask(WallTime now);

  std::shared_ptr<control::Context> context_;
  AskHistory history_;
  BoundedQuestion<boost::json::array> waiting_;
  BoundedQuestion<Records> failures_;
  BoundedQuestion<Records> records_;
};

}  // namespace postern::app
