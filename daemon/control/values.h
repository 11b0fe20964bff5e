// What the daemon knows, as JSON for the control socket. Times are RFC 3339 in UTC, durations seconds, sizes
// bytes; what is not known is left out. Names of members are an interface for scripts: postern(8).
#pragma once

#include "control/summary.h"
#include "mail/check.h"
#include "queue/drop_state.h"
#include "queue/entry.h"
#include "queue/event.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace postern::control {

[[nodiscard]] boost::json::object to_json(const queue::Entry& entry);
/// With the server's words, the oldest first.
[[nodiscard]] boost::json::array attempts_json(const queue::Entry& entry);
[[nodiscard]] boost::json::object to_json(const queue::SiteStatus& site);
[[nodiscard]] boost::json::array to_json(const std::vector<queue::RouteStatus>& routes);
[[nodiscard]] boost::json::object to_json(const queue::Totals& totals);
[[nodiscard]] boost::json::object to_json(const queue::Event& event);
/// Its level, the verdict, and the findings in order.
void put_summary(boost::json::object& into, const Summary& summary);
/// Of `spool`/drop and `spool`/refused.
[[nodiscard]] boost::json::object to_json(const queue::DropState& state, const std::string& spool);
[[nodiscard]] boost::json::object to_json(const mail::CheckReport& report);

}  // namespace postern::control
