// `postern history`: what became of messages, one record a line, and the whole way of one.
#include "console/screens.h"

#include "base/text.h"
#include "console/fields.h"
#include "mail/list_text.h"
#include "mail/wrap.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::console {
namespace {

using boost::json::object;

constexpr std::int64_t kNamedOfRecord = 3;
constexpr std::size_t kUnderTheTime = 18;
/// So wide that sender and recipients have room in the line of the record, as a rule.
constexpr std::size_t kWideHistory = 130;

bool has_room_beside(const View& view) { return view.width == 0 || view.width >= kWideHistory; }

/// "admin@example.com (root@web1), ops@example.com and 3 more"
std::string recipients_of_record(const object& line) {
  std::string text;
  std::int64_t named = 0;
  std::int64_t there = 0;
  for (const boost::json::value& one : array_in(line, "recipients")) {
    if (!one.is_object() || ++there > kNamedOfRecord) continue;
    const std::string original = text_in(one.get_object(), "original");
    text += (text.empty() ? "" : ", ") + text_in(one.get_object(), "address");
    if (!original.empty()) text += " (" + original + ")";
    ++named;
  }
  const std::int64_t count = std::max(there, number_in(line, "recipient_count"));
  if (count > named && named > 0) text += fmt::format(" and {} more", count - named);
  return text;
}

std::string way_of(const object& line) {
  const std::string to = recipients_of_record(line);
  const std::string from = line.contains("sender") ? bracketed(text_in(line, "sender")) : "";
  if (to.empty()) return from;
  return (from.empty() ? "?" : from) + " -> " + to;
}

/// Since the acceptance, where that says anything.
std::string waited_of(const object& line) {
  const auto time = time_in(line, "time");
  const auto accepted = time_in(line, "accepted");
  if (!time || !accepted || text_in(line, "state") == "accepted") return {};
  const Seconds waited = std::chrono::floor<Seconds>(*time - *accepted);
  return waited > Seconds(0) ? "after " + to_words(waited) : std::string();
}

/// "main after 2s, attempt 3: 250 2.0.0 Ok: queued as 4XYZ", "in storm digest 0p6c9x2m7k4hq100 after 9m"
std::string answer_of(const object& line, std::string_view where) {
  std::string text = text_in(line, where);
  const auto add = [&text](const std::string& more, std::string_view between) {
    if (!more.empty()) text += (text.empty() ? "" : std::string(between)) + more;
  };
  if (const std::string digest = text_in(line, "digest"); !digest.empty()) add("in storm digest " + digest, " ");
  add(waited_of(line), " ");
  if (const std::int64_t attempts = number_in(line, "attempts"); attempts > 1) {
    add(fmt::format("attempt {}", attempts), ", ");
  }
  if (const std::string client = text_in(line, "client"); !client.empty()) add("by " + client, ", ");
  add(text_in(line, "reply"), ": ");
  return text;
}

std::string time_of_record(const object& line) {
  const auto time = time_in(line, "time");
  return time ? local_time(*time) : "-";
}

/// "between 2026-11-28 02:10:00 and 2026-11-28 05:10:00"
std::string times_of(const object& left_out) {
  const auto first = time_in(left_out, "first");
  const auto last = time_in(left_out, "last");
  if (!first || !last) return "at some time";
  if (first == last) return "about " + local_time(*first);
  return fmt::format("between {} and {}", local_time(*first), local_time(*last));
}

}  // namespace

std::string history_heading(const View& view) {
  const std::string_view rest = has_room_beside(view) ? "  SENDER -> RECIPIENTS, SUBJECT, ANSWER" : "";
  return fmt::format("ID                STATE      TIME                   SIZE{}\n", rest);
}

std::string history_record(const object& line, const View& view) {
  const std::string id = text_in(line, "id");
  const std::string size = line.contains("size") ? short_size(number_in(line, "size")) : "-";
  std::string text = fmt::format("{:<16}  {:<9}  {:<19}  {:>6}", id.empty() ? "-" : id, text_in(line, "state"),
                                 time_of_record(line), size);
  const std::string way = way_of(line);
  const bool fits = view.width == 0 || columns(text) + 2 + columns(way) <= view.width;
  if (has_room_beside(view) && fits) {
    text += (way.empty() ? "" : "  " + way) + "\n";
  } else {
    text += "\n" + (way.empty() ? std::string() : folded("  " + way, view.width, "    "));
  }
  const std::string indent(has_room_beside(view) ? kUnderTheTime : 2, ' ');
  const std::string subject = text_in(line, "subject");
  if (!subject.empty()) text += folded(indent + "\"" + subject + "\"", view.width, indent + "  ");
  const std::string answer = answer_of(line, "site");
  if (answer.empty()) return text;
  return text + folded(indent + mail::cut(answer, mail::kListedWords), view.width, indent + "  ");
}

std::string list_kept(const object& line, const View& view) {
  std::string text;
  for (const boost::json::value& each : array_in(line, "left_out")) {
    if (!each.is_object()) continue;
    const object& one = each.get_object();
    const std::int64_t number = number_in(one, "number");
    const std::string of = one.contains("user") ? fmt::format("uid {}", number_in(one, "user")) : "unknown users";
    text +=
        folded(fmt::format("At least {} {} of {} {} not here, left out {}: one user may have a quarter of the history "
                           "in a day (history.size); the log has them.",
                           number, number == 1 ? "record" : "records", of, number == 1 ? "is" : "are", times_of(one)),
               view.width, "  ");
  }
  if (const auto begins = time_in(line, "begins")) {
    text += folded(fmt::format("The history begins at {}; what was before is not kept.", local_time(*begins)),
                   view.width, "  ");
  }
  return text;
}

std::string story_heading(const object& line, const View& view) {
  const auto accepted = time_in(line, "accepted");
  std::string text = row("id", text_in(line, "id"));
  if (accepted) text += row("accepted", fmt::format("{} ({})", local_time(*accepted), relative(*accepted, view.now)));
  if (line.contains("sender")) text += row("from", bracketed(text_in(line, "sender")), view.width);
  text += row("subject", text_in(line, "subject"), view.width);
  text += row("message-id", text_in(line, "message_id"), view.width);
  if (line.contains("size")) text += row("size", fmt::format("{} bytes", number_in(line, "size")));
  if (line.contains("uid")) text += row("user", fmt::format("uid {}", number_in(line, "uid")));
  return text;
}

std::string story_record(const object& line, const View& view) {
  const std::string to = recipients_of_record(line);
  const std::string answer = answer_of(line, "site");
  const std::string text = fmt::format("{}  {:<9}  {}{}{}", time_of_record(line), text_in(line, "state"), to,
                                       to.empty() || answer.empty() ? "" : "  ", answer);
  const std::string host = text_in(line, "host");
  const std::string indent(4, ' ');
  std::string shown = folded(text, view.width, indent);
  if (!host.empty()) shown += folded(indent + "at " + host, view.width, indent + "  ");
  const std::string remote = text_in(line, "remote_id");
  if (!remote.empty()) shown += folded(indent + "known there as " + remote, view.width, indent + "  ");
  return shown;
}

}  // namespace postern::console
