// `postern queue list`.
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

constexpr std::int64_t kShownRecipients = 3;
constexpr std::size_t kUnderTheState = 18;
constexpr std::size_t kMostTold = 1000;  // bounds the memory of a long list
/// So wide that sender and recipients have room in the line of the message, as a rule.
constexpr std::size_t kWide = 120;

bool beside(const View& view) { return view.width == 0 || view.width >= kWide; }

}  // namespace

std::string list_heading(const View& view) {
  const std::string_view rest = beside(view) ? "       SENDER -> RECIPIENTS, REASON" : "";
  return fmt::format("ID                STATE        AGE    SIZE  NEXT{}\n", rest);
}

std::string list_entry(const boost::json::object& line, const View& view, ReasonsTold& told) {
  const std::optional<WallTime> accepted = time_in(line, "accepted");
  const std::optional<WallTime> next = time_in(line, "next");
  std::string recipients;
  std::int64_t count = 0;
  for (const boost::json::value& one : array_in(line, "recipients")) {
    if (!one.is_object() || ++count > kShownRecipients) continue;
    recipients += (recipients.empty() ? "" : ", ") + text_in(one.get_object(), "address");
  }
  count = std::max(count, number_in(line, "recipient_count"));
  if (count > kShownRecipients) recipients += fmt::format(" and {} more", count - kShownRecipients);
  const std::string reason = text_in(line, "reason");
  const std::string age =
      accepted ? to_words(std::max(Seconds(0), std::chrono::floor<Seconds>(view.now - *accepted))) : "";
  const std::string id = text_in(line, "id");
  const std::string size = line.contains("size") ? short_size(number_in(line, "size")) : "?";
  const std::string way = sender_in(line) + " -> " + (recipients.empty() ? "?" : recipients);
  std::string text = fmt::format("{:<16}  {:<7}  {:>7}  {:>6}  {:<9}", id, text_in(line, "state"), age, size,
                                 next ? relative(*next, view.now) : "-");
  const bool fits = view.width == 0 || columns(text) + 2 + columns(way) <= view.width;
  if (beside(view) && fits) {
    text += "  " + way + "\n";
  } else {
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n" + folded("  " + way, view.width, "    ");
  }
  if (reason.empty()) return text;
  const std::string indent(beside(view) ? kUnderTheState : 2, ' ');
  // In a file or a pipe each message has its reason: they are searched.
  const auto before = view.terminal ? told.find(reason) : told.end();
  if (before != told.end()) return text + indent + "as for " + before->second + "\n";
  if (told.size() < kMostTold) told.emplace(reason, id);
  return text + folded(indent + mail::cut(reason, mail::kListedWords), view.width, indent + "  ");
}

std::string list_more(const boost::json::object& line, const View& view) {
  const std::string after = text_in(line, "after");
  if (const auto reached = time_in(line, "reached")) {
    return folded(fmt::format("There may be more before {}: a larger --limit looks for them.", local_time(*reached)),
                  view.width, "  ");
  }
  if (after.empty()) return folded("There are more: a larger --limit shows them.", view.width, "  ");
  return folded(fmt::format("There are more: the same command with --after {} shows them.", after), view.width, "  ");
}

std::string story_more(const std::string& id, const View& view) {
  return folded(fmt::format("There are records before these: postern history --id {} --state all --limit 10000 shows "
                            "them.",
                            id),
                view.width, "  ");
}

std::string list_others(const boost::json::object& line, const View& view) {
  const auto number = [&line](std::string_view key) {
    return static_cast<std::size_t>(std::max<std::int64_t>(0, number_in(line, key)));
  };
  const std::size_t own = number("own");
  return folded(mail::all_and_own(own + number("count"), own) + ".", view.width, "  ");
}

}  // namespace postern::console
