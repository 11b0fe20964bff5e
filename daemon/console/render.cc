#include "console/render.h"

#include "console/fields.h"
#include "console/screens.h"
#include "control/queue_commands.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace postern::console {
namespace {

struct Kind {
  std::string_view name;
  std::string (*render)(const boost::json::object& line, const View& view);
};

std::string nothing(const boost::json::object&, const View&) { return {}; }

constexpr std::array kKinds{
    Kind{"status", status_screen},   Kind{"message", message_screen},
    Kind{"more", list_more},         Kind{"problem", problem},
    Kind{"checking", nothing},       Kind{"waiting", nothing},
    Kind{"check", check_screen},     Kind{"event", event},
    Kind{"notice", notice},          Kind{"device", device},
    Kind{"explain", explain_screen}, Kind{"metrics", metrics_page},
    Kind{"text", explain_text},      Kind{"recipients", explain_recipients},
    Kind{"others", list_others},     Kind{"route", explain_route},
    Kind{"browser", browser},        Kind{"searching", nothing},
    Kind{"storm", explain_storm},    Kind{"kept", list_kept},
};

}  // namespace

std::string Renderer::line(const boost::json::object& object) {
  const std::string kind = text_in(object, "kind");
  if (kind == "checking") waiting_for_ = text_in(object, "site");
  if (kind == "device") waiting_for_ = "you to agree";
  if (kind == "others") others_told_ = true;
  if (kind == "event") waiting_for_ = object.contains("host") ? text_in(object, "host") : "the smarthost";
  const auto* const command = std::ranges::find(control::kQueueCommands, kind, &control::QueueCommand::kind);
  if (command != control::kQueueCommands.end()) return handled(object, *command);
  if (kind == "entry") {
    const std::string heading = std::exchange(heading_shown_, true) ? std::string() : list_heading(view_);
    return heading + list_entry(object, view_, reasons_);
  }
  if (kind == "record") {
    const bool story = command_ != "history";
    id_ = text_in(object, "id");
    std::string text = story ? story_record(object, view_) : history_record(object, view_);
    if (std::exchange(heading_shown_, true)) return text;
    return (story ? story_heading(object, view_) : history_heading(view_)) + text;
  }
  if (kind == "more" && command_.ends_with(" show")) return story_more(id_, view_);
  const auto* const found = std::ranges::find(kKinds, kind, &Kind::name);
  return found == kKinds.end() ? std::string() : found->render(object, view_);
}

std::string Renderer::end() const {
  if (command_ == "history" && !heading_shown_) {
    return narrowed_ ? "Nothing in the history is meant by that.\n" : "The history is empty.\n";
  }
  if (command_ != "queue list" || heading_shown_ || others_told_) return {};
  return narrowed_ ? "No message is meant by that.\n" : "The queue is empty.\n";
}

}  // namespace postern::console
