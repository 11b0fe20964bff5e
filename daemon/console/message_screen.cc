// `postern queue show`.
#include "console/screens.h"

#include "base/text.h"
#include "console/fields.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace postern::console {
namespace {

using boost::json::object;

std::string source_text(const object& line) {
  if (!line.contains("source")) return "?";
  const object& source = object_in(line, "source");
  std::string text = text_in(source, "kind");
  if (source.contains("uid")) text += fmt::format(", uid {}", number_in(source, "uid"));
  if (source.contains("pid")) text += fmt::format(", pid {}", number_in(source, "pid"));
  if (source.contains("peer")) text += ", " + text_in(source, "peer");
  return text;
}

}  // namespace

std::string message_screen(const boost::json::object& line, const View& view) {
  const std::optional<WallTime> accepted = time_in(line, "accepted");
  const std::optional<WallTime> next = time_in(line, "next");
  std::string text = row("id", text_in(line, "id")) + row("state", text_in(line, "state"));
  if (accepted) text += row("accepted", fmt::format("{} ({})", local_time(*accepted), relative(*accepted, view.now)));
  text += row("source", source_text(line));
  text += row("size", line.contains("size") ? fmt::format("{} bytes", number_in(line, "size")) : "?");
  text += row("smarthost", text_in(line, "site"));
  text += row("rerouted to", text_in(line, "route"));
  text += row("routes", joined_in(line, "routes", "; "));
  if (next) text += row("next attempt", fmt::format("{} ({})", local_time(*next), relative(*next, view.now)));
  text += row("reason", text_in(line, "reason")) + row("in doubt", text_in(line, "doubt")) +
          row("what to do", text_in(line, "advice"));
  text += row("from", sender_in(line));
  for (const boost::json::value& one : array_in(line, "recipients")) {
    if (!one.is_object()) continue;
    const boost::json::object& recipient = one.get_object();
    text +=
        row("to", fmt::format("{}  ({})", text_in(recipient, "address"), status_text(object_in(recipient, "last"))));
  }
  for (const boost::json::value& one : array_in(line, "unread")) {
    if (one.is_string()) text += row("not read", printable(std::string_view(one.get_string())));
  }
  for (const boost::json::value& one : array_in(line, "attempts")) {
    if (!one.is_object()) continue;
    const boost::json::object& attempt = one.get_object();
    const std::optional<WallTime> time = time_in(attempt, "time");
    const std::string recipient = text_in(attempt, "recipient");
    text += row("attempt", fmt::format("{}  {}  {}", time ? local_time(*time) : "-",
                                       recipient.empty() ? "what could not be read" : recipient,
                                       status_text(object_in(attempt, "status"))));
  }
  text = hanging(text, kLabel, view.width) + "\n" + lines_in(line, "header");
  if (line.contains("body")) text += "\n" + lines_in(line, "body");
  if (flag_in(line, "truncated")) text += "(the rest is not shown)\n";
  return text;
}

}  // namespace postern::console
