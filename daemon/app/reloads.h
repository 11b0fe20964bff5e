// Reading the settings again while the daemon runs. A broken file keeps the settings in force; of a good one all is put
// in force at once but for what needs a restart.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "control/server.h"
#include "settings/load.h"
#include "settings/settings.h"
#include "spool/disk_pool.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postern::app {

class Reloads {
 public:
  /// What the program around it does, on the event loop.
  struct Hooks {
    /// Puts good settings in force. Sentences on what of them needs a restart.
    std::function<std::vector<std::string>(settings::Settings)> apply;
    std::function<std::string()> status;  ///< the line for the service manager when a reload has ended
    /// Reads what else is read anew, whatever the file is worth; blocks. What it returns puts that in force before
    /// `apply`, on the event loop.
    std::function<std::function<void()>()> read;
    /// A copy of the settings in force.
    std::function<settings::Settings()> in_force;
  };

  /// `spool` is in use until a restart, whatever the file says. The pool outlives this.
  Reloads(Executor loop, spool::DiskPool& pool, std::string file, std::string spool, Hooks hooks);
  Reloads(const Reloads&) = delete;
  Reloads& operator=(const Reloads&) = delete;

  /// The file was wrong at the start, and mail is held until a good one is read; `problems` are not empty.
  void hold(const std::vector<settings::Problem>& problems);
  [[nodiscard]] bool holding() const { return holding_; }
  /// The daemon runs: what was asked for before is done now.
  void start();
  /// In the background: at once, or when start() comes or the reload before has ended. Several that wait are one.
  void ask();
  /// ask(), and waits for its end. Failures: invalid (the old settings stay in force; the text says why), cancelled
  /// (the daemon stops).
  Task<Result<control::Reloaded>> done();
  /// One that is under way comes to nothing.
  void stop();

  /// What is wrong with the file since a reload failed; empty: it is in force. Its words are for administrators, since
  /// the file need not be everybody's to read.
  [[nodiscard]] std::string complaint(bool administrator) const;

 private:
  Task<void> run();
  void read_anew(settings::Loaded loaded);
  void wake();
  void broken(std::string words);
  void keep_spool(settings::Settings& wanted);
  [[nodiscard]] std::string spool_text() const;

  Executor loop_;
  spool::DiskPool& pool_;
  std::string file_;
  std::string spool_;
  Hooks hooks_;
  bool running_ = false;
  bool wanted_ = false;
  bool busy_ = false;
  bool holding_ = false;
  std::string broken_;
  WallTime broken_since_;
  bool starts_ = false;      ///< what is wrong is the TLS of smarthosts alone, which a start does not judge
  std::string other_spool_;  ///< that of the file, if it needs a restart
  control::Reloaded told_;   ///< of the file in force
  std::vector<std::weak_ptr<boost::asio::steady_timer>> waiting_;  ///< cancelled when a reload has ended
};

}  // namespace postern::app
