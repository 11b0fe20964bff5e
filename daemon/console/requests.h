// What `postern` asks the daemon: one object a subcommand. The command line fills it; to_json() is the request line
// (control/server.h). What is not said is left out, and the daemon has its own standard for it.
#pragma once

#include "control/queue_commands.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::console {

/// A request without members besides its command: "status", "reload".
[[nodiscard]] boost::json::object plain_request(std::string_view command);

struct ListRequest {
  boost::json::object filter;  ///< arguments.h
  std::optional<std::uint64_t> limit;
  std::optional<std::string> after;  ///< an id
  std::optional<std::string> order;

  [[nodiscard]] boost::json::object to_json() const;
};

struct ShowRequest {
  std::vector<std::string> ids;
  bool body = false;

  /// One for each id.
  [[nodiscard]] std::vector<boost::json::object> to_json() const;
};

struct HistoryRequest {
  boost::json::object filter;  ///< history_arguments.h
  std::optional<std::uint64_t> limit;

  [[nodiscard]] boost::json::object to_json() const;
};

struct HistoryShowRequest {
  std::vector<std::string> ids;

  /// One for each id.
  [[nodiscard]] std::vector<boost::json::object> to_json() const;
};

/// One of the queue commands, for messages by their ids or for a selection.
struct HandlingRequest {
  const control::QueueCommand* command = nullptr;
  std::vector<std::string> ids;
  boost::json::object filter;  ///< arguments.h
  bool all = false;            ///< everything that it can be done to; "all" in place of ids
  bool yes = false;            ///< without asking, whatever is selected
  std::string target;          ///< smarthost to reroute to
  bool any = false;            ///< reroute to none in particular

  [[nodiscard]] bool selects() const { return all || !filter.empty(); }
  /// A person must agree if more than one message is meant.
  [[nodiscard]] bool asks() const { return selects() && !yes && !(command->harmless && filter.empty()); }
  /// "all" in place of ids is as --all.
  void read_all();
  /// What the command line lacks; empty: nothing.
  [[nodiscard]] std::string lacks() const;
  /// One for each id, or the one for what is selected.
  [[nodiscard]] std::vector<boost::json::object> to_json() const;
};

struct CheckRequest {
  std::string site;  ///< empty: all of them
  bool verbose = false;
  bool accept_weaker = false;

  [[nodiscard]] boost::json::object to_json() const;
};

struct LoginRequest {
  std::string site;  ///< empty: the only one there is
  std::string flow;  ///< a word of control::members::kFlows; empty: the one that is set up

  [[nodiscard]] boost::json::object to_json() const;
};

struct SendTestRequest {
  std::string recipient;
  std::string from;            ///< empty: root, as cron's mail is
  std::uint64_t timeout = 60;  ///< seconds

  [[nodiscard]] boost::json::object to_json() const;
};

struct MetricsRequest {
  std::string format = "openmetrics";

  [[nodiscard]] boost::json::object to_json() const;
};

}  // namespace postern::console
