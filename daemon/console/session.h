// A request to posternd and its answer on standard output, with a line on the terminal for those who wait.
#pragma once

#include "base/clock.h"
#include "console/client.h"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace postern::console {

/// What `postern` knows without a posternd that answers: the lines of an answer, and how it ended. Nothing: this
/// request it cannot answer, and has handed out no line.
using WithoutDaemon = std::function<std::optional<Ending>(
    const boost::json::object& request, const std::function<void(const boost::json::object& line)>& on_line)>;

/// Where posternd is, and how its answers are shown. The command line fills it.
struct Session {
  std::string socket = "/run/postern/control.sock";
  bool json = false;  ///< the lines of the answer as they are
  WithoutDaemon without_daemon{};
  std::optional<Seconds> patience{};  ///< as of Exchange; nothing: that
};

/// Returns the exit code; what goes wrong is told on standard error. `also` gets what is shown.
int ask(const Session& session, const boost::json::object& request,
        const std::function<void(const boost::json::object& line)>& also = nullptr);
/// All of them, one after the other; returns the worst exit code.
int ask_each(const Session& session, const std::vector<boost::json::object>& requests);
/// A line of an answer that is known without posternd.
void show(const Session& session, const boost::json::object& line);

}  // namespace postern::console
