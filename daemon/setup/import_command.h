// `postern import`: the settings of another program become those of Postern.
#pragma once

#include <functional>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace postern::setup {

/// Adds the subcommand. When the arguments ask for it, `chosen` becomes what does it and returns the exit code: it
/// needs no daemon.
void add_import(CLI::App& app, std::function<int()>& chosen);

}  // namespace postern::setup
