// `postern setup` on the command line.
#pragma once

#include "setup/setup.h"

#include <functional>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace postern::setup {

/// What `postern` does at the control socket; a part of World.
struct AtDaemon {
  std::function<Reloaded()> reload;
  std::function<int(const std::string& site)> login;
  std::function<int(const std::string& recipient)> send_test;
};

/// Adds the subcommand. When the arguments ask for it, `chosen` becomes what does it and returns the exit code. `json`
/// is looked at then.
void add_setup(CLI::App& app, const bool& json, AtDaemon daemon, std::function<int()>& chosen);

}  // namespace postern::setup
