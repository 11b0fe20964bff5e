// `postern status`.
#include "console/screens.h"

#include "base/text.h"
#include "console/fields.h"
#include "mail/list_text.h"
#include "mail/status_words.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace postern::console {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::size_t kShownSenders = 5;
constexpr std::size_t kUnderRoute = 9;

/// Of the table of smarthosts: where it is too wide the least important go, and names stay whole: what stands beside
/// one that leaves no room for it stands below it.
struct Columns {
  static constexpr std::size_t kStateAndWaiting = 24;
  std::size_t name = std::string_view("SMARTHOST").size();
  bool active = true;
  bool delivery = true;

  void widen(std::size_t wide, std::size_t width) {
    if (width == 0 || wide + kStateAndWaiting <= width) name = std::max(name, wide);
  }
  void fit(std::size_t width) {
    constexpr std::size_t kActive = 8;
    constexpr std::size_t kDelivery = 15;
    if (width == 0) return;
    active = name + kStateAndWaiting + kActive + kDelivery <= width;
    delivery = name + kStateAndWaiting + kDelivery <= width;
  }
};

std::string site_line(const Columns& table, const std::string& name, std::string_view state, std::string_view waiting,
                      std::string_view active, std::string_view delivery) {
  const bool beside = columns(name) <= table.name;
  std::string text = beside ? std::string() : name + "\n";
  text += fmt::format("{}  {:<13}  {:>7}", padded(beside ? name : std::string(), table.name), state, waiting);
  if (table.active) text += fmt::format("  {:>6}", active);
  if (table.delivery) text += fmt::format("  {}", delivery);
  return text + "\n";
}

/// A sender whose mail the smarthost does not take.
std::string sender(const object& line, std::string_view told, const View& view) {
  const object& trouble = object_in(line, "trouble");
  const mail::TroubleTimes times{{}, time_in(line, "since"), time_in(line, "next_probe")};
  const std::string words = mail::unless_told(text_in(trouble, "text"), told);
  std::string text =
      folded("  " + mail::sender_words(text_in(line, "sender"), words, times, view.now), view.width, "    ");
  const std::string advice = text_in(trouble, "advice");
  if (told.find(advice) == std::string_view::npos) text += folded("    what to do: " + advice, view.width, "      ");
  return text;
}

std::string senders(const object& site, std::string_view told, const View& view) {
  const boost::json::array& list = array_in(site, "senders");
  std::string text;
  for (std::size_t i = 0; i < std::min(list.size(), kShownSenders); ++i) {
    if (list[i].is_object()) text += sender(list[i].get_object(), told, view);
  }
  if (list.size() > kShownSenders) text += fmt::format("  and of {} more senders\n", list.size() - kShownSenders);
  return text;
}

/// What is in `told` already, words and advice, is not said twice.
std::string smarthost(const object& site, const Columns& table, std::string_view told, const View& view) {
  const object& trouble = object_in(site, "trouble");
  const std::optional<WallTime> delivery = time_in(site, "last_delivery");
  const std::string_view state = mail::state_word({.tried = flag_in(site, "tried"),
                                                   .weaker = site.contains("weaker"),
                                                   .trouble = !trouble.empty(),
                                                   .login_refused = flag_in(trouble, "login_refused")});
  std::string text =
      site_line(table, text_in(site, "name"), state, std::to_string(number_in(site, "waiting")),
                std::to_string(number_in(site, "active")), delivery ? relative(*delivery, view.now) : "none yet");
  const object& limited = object_in(site, "limited");
  if (const auto until = time_in(limited, "until")) {
    text += folded("  " + mail::limit_words(text_in(limited, "text"), text_in(limited, "limit"), *until, view.now),
                   view.width, "    ");
  }
  if (trouble.empty()) return text + senders(site, told, view);
  const std::string what =
      "  " + mail::unless_told(text_in(trouble, "text"), told) +
      mail::behind_trouble({text_in(trouble, "step"), time_in(site, "since"), time_in(site, "next_probe")}, view.now);
  text += folded(what, view.width, "    ");
  const std::string advice = text_in(trouble, "advice");
  if (told.find(advice) == std::string_view::npos) text += folded("  what to do: " + advice, view.width, "    ");
  return text + senders(site, told, view);
}

/// Nothing where nothing lies there.
std::string dropped_rows(const object& dropped, const View& view) {
  std::string text;
  if (const std::string error = text_in(dropped, "error"); !error.empty()) text += row("drop", error, view.width);
  if (const std::int64_t waiting = number_in(dropped, "waiting"); waiting > 0) {
    const std::optional<WallTime> oldest = time_in(dropped, "oldest");
    text += row("drop",
                fmt::format("{} not taken up yet in {}{}", waiting, text_in(dropped, "directory"),
                            oldest ? ", the first came " + relative(*oldest, view.now) : std::string()),
                view.width);
  }
  const object& refused = object_in(dropped, "refused");
  if (refused.empty()) return text;
  std::string owners;
  for (const value& one : array_in(refused, "owners")) {
    if (!one.is_object()) continue;
    owners += fmt::format("{}{} of uid {}", owners.empty() ? "" : ", ", number_in(one.get_object(), "files"),
                          number_in(one.get_object(), "uid"));
  }
  return text + row("refused",
                    fmt::format("{} in {}; remove them when you have looked, or they go after {} days", owners,
                                text_in(refused, "directory"), number_in(refused, "kept_days")),
                    view.width);
}

/// What the daemon found, the worst first, each advice once; of one that tells no findings the verdict.
std::string findings(const object& line, const View& view) {
  std::string text;
  std::set<std::string> advised{""};
  for (const value& one : array_in(line, "findings")) {
    if (!one.is_object()) continue;
    const object& finding = one.get_object();
    const bool first = text.empty();
    const std::string said = folded((first ? "" : "also: ") + text_in(finding, "text"), view.width, "  ");
    text += first ? painted(said, static_cast<int>(number_in(finding, "level")), view) : said;
    const std::string advice = text_in(finding, "advice");
    if (advised.insert(advice).second) text += folded("  what to do: " + advice, view.width, "    ");
  }
  return text.empty() ? folded(text_in(line, "verdict"), view.width, "  ") : text;
}

/// Nothing where the settings have none.
std::string route_table(const object& line, const View& view) {
  const boost::json::array& routes = array_in(line, "routes");
  if (routes.empty()) return {};
  std::string text = "\nWAITING  ROUTE\n";
  for (const value& one : routes) {
    if (!one.is_object()) continue;
    const std::string name = text_in(one.get_object(), "route");
    text += hanging(fmt::format("{:>7}  {}\n", number_in(one.get_object(), "waiting"), name), kUnderRoute, view.width);
  }
  return text;
}

std::string site_table(const object& line, const View& view) {
  const boost::json::array& sites = array_in(line, "smarthosts");
  if (sites.empty()) return {};
  Columns table;
  for (const value& site : sites) {
    if (site.is_object()) table.widen(columns(text_in(site.get_object(), "name")), view.width);
  }
  table.fit(view.width);
  std::string text = "\n" + site_line(table, "SMARTHOST", "STATE", "WAITING", "ACTIVE", "LAST DELIVERY");
  const std::string told = text_in(line, "verdict");
  for (const value& site : sites) {
    if (site.is_object()) text += smarthost(site.get_object(), table, told, view);
  }
  return text;
}

}  // namespace

std::string status_screen(const boost::json::object& line, const View& view) {
  const boost::json::object& totals = object_in(line, "queue");
  const std::optional<WallTime> started = time_in(line, "started");
  const auto add = [&view](std::string_view label, const std::string& what) { return row(label, what, view.width); };
  std::string text = findings(line, view) + "\n";
  text += add("posternd", fmt::format("{} on {}{}", text_in(line, "version"), text_in(line, "hostname"),
                                      started ? ", started " + relative(*started, view.now) : std::string()));
  text += add("settings", text_in(line, "config")) + add("spool", text_in(line, "spool"));
  const auto storm = number_in(totals, "storm");
  text += add("queue",
              fmt::format("{} waiting, {} active, {}{} on hold, {} failed, {} damaged", number_in(totals, "waiting"),
                          number_in(totals, "active"), storm > 0 ? fmt::format("{} in storms, ", storm) : std::string(),
                          number_in(totals, "held"), number_in(totals, "failed"), number_in(totals, "corrupt")));
  text += dropped_rows(object_in(line, "dropped"), view);
  text += add("since start", fmt::format("{} accepted; recipients: {} delivered, {} deferred, {} bounced",
                                         number_in(totals, "accepted"), number_in(totals, "delivered"),
                                         number_in(totals, "deferred"), number_in(totals, "bounced")));
  text += add("root's mail", joined_in(object_in(line, "root"), "recipients", ", "));
  return text + site_table(line, view) + route_table(line, view);
}

}  // namespace postern::console
