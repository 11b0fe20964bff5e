// The screens of `postern`, a file each: a line of the answer, by its "kind" (control/values.h has the members), as one
// or more lines of text. render.cc has the table. Pure; what is shown goes through fields.h, so that nothing can steer
// a terminal.
#pragma once

#include "console/view.h"
#include "control/queue_commands.h"

#include <boost/json/object.hpp>

#include <map>
#include <string>

namespace postern::console {

// status_screen.cc
[[nodiscard]] std::string status_screen(const boost::json::object& line, const View& view);

// list_screen.cc
[[nodiscard]] std::string list_heading(const View& view);
/// What is told of some message for one that comes later is not told again: the ids by the reasons.
using ReasonsTold = std::map<std::string, std::string>;
[[nodiscard]] std::string list_entry(const boost::json::object& line, const View& view, ReasonsTold& told);
/// Behind a listing that a limit cut.
[[nodiscard]] std::string list_more(const boost::json::object& line, const View& view);
/// Likewise behind the way of the message of this id, of which the oldest records are left out then.
[[nodiscard]] std::string story_more(const std::string& id, const View& view);
/// How many messages are not the caller's to see.
[[nodiscard]] std::string list_others(const boost::json::object& line, const View& view);

// message_screen.cc
[[nodiscard]] std::string message_screen(const boost::json::object& line, const View& view);

// history_screen.cc
[[nodiscard]] std::string history_heading(const View& view);
/// A record of a list.
[[nodiscard]] std::string history_record(const boost::json::object& line, const View& view);
/// What is the same of all records of one message, and its first record tells.
/// What a list cannot have.
[[nodiscard]] std::string list_kept(const boost::json::object& line, const View& view);
[[nodiscard]] std::string story_heading(const boost::json::object& line, const View& view);
/// One record of them.
[[nodiscard]] std::string story_record(const boost::json::object& line, const View& view);

// handling_screen.cc
/// What became of one message or of a selection.
[[nodiscard]] std::string handled(const boost::json::object& line, const control::QueueCommand& command);
[[nodiscard]] std::string problem(const boost::json::object& line, const View& view);

// check_screen.cc
/// What was found out about one smarthost, in the order it happened.
[[nodiscard]] std::string check_screen(const boost::json::object& line, const View& view);

// explain_screen.cc
/// What would be tried at one smarthost, and as whom a message would go there.
[[nodiscard]] std::string explain_screen(const boost::json::object& line, const View& view);
/// What is done to the text of a message that was asked about.
[[nodiscard]] std::string explain_text(const boost::json::object& line, const View& view);
/// By which smarthosts a recipient's mail goes, and which row of the settings says so.
[[nodiscard]] std::string explain_route(const boost::json::object& line, const View& view);
/// Whether mail is gathered when much that is alike comes, and which row of the settings says so.
[[nodiscard]] std::string explain_storm(const boost::json::object& line, const View& view);
/// Who gets mail for an address, where there is no smarthost to explain.
[[nodiscard]] std::string explain_recipients(const boost::json::object& line, const View& view);

// progress_screen.cc
/// Of a test message.
[[nodiscard]] std::string event(const boost::json::object& line, const View& view);
/// Where a person agrees to a login.
[[nodiscard]] std::string device(const boost::json::object& line, const View& view);
[[nodiscard]] std::string browser(const boost::json::object& line, const View& view);
[[nodiscard]] std::string notice(const boost::json::object& line, const View& view);
[[nodiscard]] std::string metrics_page(const boost::json::object& line, const View& view);

}  // namespace postern::console
