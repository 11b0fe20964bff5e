// The daemon's metrics: what the queue tells is counted, and shown to the command, to scrapers and to browsers.
#pragma once

#include "app/bounded_question.h"
#include "app/browser_views.h"
#include "app/door.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/parties.h"
#include "metrics/kept.h"
#include "metrics/meters.h"
#include "metrics/scrapers.h"
#include "metrics/views.h"
#include "net/listen_options.h"
#include "net/listener.h"
#include "queue/queue.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace postern::app {

class Metrics {
 public:
  /// So long a disk may take to say how much space it has; then that is left out.
  static constexpr Seconds kSpacePatience{2};

  Metrics(Executor loop, spool::DiskPool& pool, WallTime started, SteadyTime::duration patience = kSpacePatience)
      : loop_(std::move(loop)), pool_(pool), started_(started), space_(loop_, "metrics: space", patience) {}

  /// Whom a user's connections count for, from now on; before that each for itself.
  void use_parties(mail::Parties parties) { parties_ = std::move(parties); }

  /// Counts what the queue does: for queue::Config.
  [[nodiscard]] queue::Observer* observer() { return &meters_; }
  /// What it shows; both outlive it. Before that nobody may ask.
  void show(queue::Queue& queue, spool::Spool& spool);
  /// What browsers are told, and where failures of before are known; empty: nowhere.
  void show_browsers(std::shared_ptr<control::Context> context, AskHistory history);

  /// For the command: as of now. Failure: invalid.
  Task<Result<std::string>> page(std::string format);

  /// Listens there from now on, on an empty address nowhere. What cannot be had is tried again: mail goes on without
  /// it.
  /// `hosts` are asked for beside the machine's own names and addresses.
  void listen(const net::ListenOptions& options, std::vector<std::string> hosts);
  void close();
  /// Why no scraper can connect; empty: one can, or nobody shall.
  [[nodiscard]] std::string trouble() const;

 private:
  Task<Result<spool::Space>> space();
  Task<std::string> text(metrics::Format format);
  Task<std::shared_ptr<const std::string>> kept_text(metrics::Format format);
  Task<metrics::Views> views();
  [[nodiscard]] std::vector<std::string> own_hosts() const;

  Executor loop_;
  spool::DiskPool& pool_;
  WallTime started_;
  SteadyTime begun_ = system_clock().steady();
  metrics::Meters meters_;
  queue::Queue* queue_ = nullptr;
  spool::Spool* spool_ = nullptr;
  mail::Parties parties_;
  std::unique_ptr<Door> door_;
  std::vector<std::string> hosts_;
  std::unique_ptr<BrowserViews> browsers_;
  net::PageOfMetrics shown_ = net::PageOfMetrics::counts;
  BoundedQuestion<Result<spool::Space>> space_;
  metrics::Kept<std::string> open_{loop_, system_clock(), "metrics",
                                   [this] { return text(metrics::Format::openmetrics); }};
  metrics::Kept<std::string> older_{loop_, system_clock(), "metrics",
                                    [this] { return text(metrics::Format::prometheus); }};
  metrics::KeptViews views_{loop_, system_clock(), "page", [this] { return views(); }};
  metrics::Scrapers scrapers_{loop_,
                              system_clock(),
                              {.metrics = [this](metrics::Format format) { return kept_text(format); },
                               .views = [this] { return views_.now(); }},
                              [this] { return own_hosts(); }};
};

}  // namespace postern::app
