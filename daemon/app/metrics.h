// The daemon's metrics: what the queue tells is counted, and shown to the command and to scrapers.
#pragma once

#include "app/door.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "metrics/meters.h"
#include "metrics/scrapers.h"
#include "net/listener.h"
#include "queue/queue.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"

#include <memory>
#include <string>
#include <vector>

namespace postern::app {

class Metrics {
 public:
  Metrics(Executor loop, spool::DiskPool& pool, WallTime started)
      : loop_(std::move(loop)), pool_(pool), started_(started) {}

  /// Counts what the queue does: for queue::Config.
  [[nodiscard]] queue::Observer* observer() { return &meters_; }
  /// What it shows; both outlive it. Before that nobody may ask.
  void show(queue::Queue& queue, spool::Spool& spool);

  /// Failure: invalid.
  Task<Result<std::string>> page(std::string format);

  /// Listens there from now on, on an empty address nowhere. What cannot be had is tried again: mail goes on without
  /// it.
  /// `hosts` are asked for beside the machine's own names and addresses.
  void listen(const std::string& address, std::vector<std::string> hosts);
  void close();
  /// Why no scraper can connect; empty: one can, or nobody shall.
  [[nodiscard]] std::string trouble() const;

 private:
  Task<std::string> text(metrics::Format format);
  [[nodiscard]] std::vector<std::string> own_hosts() const;

  Executor loop_;
  spool::DiskPool& pool_;
  WallTime started_;
  metrics::Meters meters_;
  queue::Queue* queue_ = nullptr;
  spool::Spool* spool_ = nullptr;
  std::unique_ptr<Door> door_;
  std::vector<std::string> hosts_;
  metrics::Scrapers scrapers_{loop_, [this](metrics::Format format) { return text(format); },
                              [this] { return own_hosts(); }};
};

}  // namespace postern::app
