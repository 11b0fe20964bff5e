// The daemon put together: builds the rooms' objects, starts them in order, reloads, stops them in order. The only
// room that knows all others.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "settings/load.h"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace postern::app {

/// Whether the log shows what is said to and by the smarthosts.
enum class Trace { no, yes };

class App {
 public:
  /// `config_file` is read again at each reload. With problems in it mail is taken by the settings that could be
  /// salvaged, and held until a reload finds it mended; the log and `status` say so.
  App(boost::asio::io_context& loop, std::string config_file, settings::Loaded loaded, Trace trace);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// Lock and recover the spool, bind the sockets, start taking and delivering mail. Failures: busy (another
  /// daemon has the spool), denied, invalid, io, cancelled (stop() was called meanwhile); nothing is left running then.
  Task<Result<void>> start();
  /// Reads the file again, in the background: at once, or when start() or the reload before has ended. A broken file
  /// keeps the settings in force; the log and `status` say why until a good one is read.
  void reload();
  /// Takes no new work, lets sessions in DATA, deliveries and changes of refresh tokens under way end in a bounded
  /// time, ends the rest. At any moment of a start() as well, which goes no further then.
  Task<void> stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace postern::app
