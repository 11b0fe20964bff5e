// What senders are told of their messages: bounces, delay warnings, digests of what is over the hourly number, and what
// is still owed. A report is on disk before anything of its message is settled; a digest is on disk before any log says
// that somebody was told. So a crash tells twice and never not at all.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "queue/bounce.h"
#include "queue/decide.h"
#include "queue/digest.h"
#include "queue/ground.h"
#include "queue/messages.h"
#include "queue/open_work.h"
#include "queue/stored_message.h"
#include "queue/timekeeper.h"
#include "queue/under_way.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {

class Reports {
 public:
  /// The others outlive it.
  Reports(const Ground& ground, const Config& config, Timekeeper& time, Messages& messages, OpenWork& work);

  /// Stores what the sender is to be told, and notes in the findings what came of it. `host` gave them.
  Task<void> report(const StoredMessage& message, Actions& actions, const std::string& host);
  /// Notes that a report is owed for the message since then; when the message may look whether it was told.
  [[nodiscard]] WallTime owe(const mail::Envelope& envelope, WallTime since);
  /// When the first digest is due; nothing: none is owed.
  [[nodiscard]] std::optional<WallTime> due() const { return owed_.due(); }
  /// Begins the digest that is due, if one is; there is one at a time.
  void start_digest();
  /// The wall clock was set back.
  void clock_set(WallTime now) { owed_.clock_set(now); }

  /// For any mail of our own to this address.
  [[nodiscard]] ReportContext context(const std::string& address);
  /// What `make` stores, which blocks, is a message of the queue from then on. `why` is for the log: "report", "alarm".
  /// Failures: as Draft::commit().
  using Stored = Result<std::shared_ptr<spool::Draft>>;
  Task<Stored> store(std::string_view why, std::function<Stored()> make);

 private:
  Task<void> digest(OwedReports::Batch batch, UnderWay);
  /// The digest is stored: its message ends, or waits on for those who are still pending.
  Task<void> was_told(QueueId id);

  Ground ground_;
  const Config& config_;
  Timekeeper& time_;
  Messages& messages_;
  OpenWork& work_;
  ReportLimit sent_;
  ReportLimit digests_;
  OwedReports owed_;
  std::shared_ptr<bool> digesting_ = std::make_shared<bool>(false);
};

}  // namespace postern::queue
