// What the daemon knows, as JSON for the control socket. Times are RFC 3339 in UTC, durations seconds, sizes
// bytes; what is not known is left out. Names of members are an interface for scripts: postern(8).
#pragma once

#include "mail/check.h"
#include "queue/drop_state.h"
#include "queue/entry.h"
#include "queue/event.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace postern::control {

/// The value on one line, ASCII only (other characters as \uXXXX), with the final LF: nothing in it can steer
/// a terminal.
[[nodiscard]] std::string to_line(const boost::json::value& value);

/// Bytes as a JSON string, which is UTF-8 by definition: valid UTF-8 stays, anything else is escaped by
/// printable(), line by line.
[[nodiscard]] boost::json::string json_text(std::string_view bytes);
[[nodiscard]] boost::json::array json_texts(const std::vector<std::string>& texts);

[[nodiscard]] boost::json::object to_json(const queue::Entry& entry);
/// With the server's words, the oldest first.
[[nodiscard]] boost::json::array attempts_json(const queue::Entry& entry);
[[nodiscard]] boost::json::object to_json(const queue::SiteStatus& site);
[[nodiscard]] boost::json::object to_json(const queue::Totals& totals);
[[nodiscard]] boost::json::object to_json(const queue::Event& event);
/// Of `spool`/drop and `spool`/refused.
[[nodiscard]] boost::json::object to_json(const queue::DropState& state, const std::string& spool);
[[nodiscard]] boost::json::object to_json(const mail::CheckReport& report);

}  // namespace postern::control
