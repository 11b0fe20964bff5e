#include "metrics/day_picture.h"

#include "base/zone.h"
#include "mail/list_text.h"
#include "metrics/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace postern::metrics {
namespace {

// Of a strip's picture: a quarter of an hour is one unit wide, and it is stretched to the width of the page.
constexpr double kHeight = 100;
constexpr std::size_t kGrid = 24;  // a line every six hours

// The scale of delays, in seconds: each line is named beside the picture by the style sheet's class of that name.
constexpr double kFastest = 0.1;
constexpr double kSlowest = 2.0 * 86'400;
constexpr std::array kDelayLines{1.0, 60.0, 3600.0, 86'400.0};

std::string number(double value) { return fmt::format("{:.2f}", value); }

void add_box(Html& html, std::string_view kind, double left, double top, double width, double height) {
  const std::string x = number(left);
  const std::string y = number(top);
  const std::string w = number(width);
  const std::string h = number(height);
  const Html::Element box = html.inside("rect", {{"class", kind}, {"x", x}, {"y", y}, {"width", w}, {"height", h}});
}

void add_line(Html& html, std::string_view kind, double from_x, double from_y, double to_x, double to_y) {
  const std::string x1 = number(from_x);
  const std::string y1 = number(from_y);
  const std::string x2 = number(to_x);
  const std::string y2 = number(to_y);
  const Html::Element line = html.inside("line", {{"class", kind}, {"x1", x1}, {"y1", y1}, {"x2", x2}, {"y2", y2}});
}

/// Where a delay stands, from the top.
double height_of(double seconds) {
  const double place = std::log(std::clamp(seconds, kFastest, kSlowest) / kFastest) / std::log(kSlowest / kFastest);
  return kHeight * (1 - place);
}

double seconds(Milliseconds delay) { return static_cast<double>(delay.count()) / 1000; }

/// Quarters of the picture that are before the counts.
double unknown(std::span<const Activity::Period> day, std::optional<WallTime> since) {
  if (!since || day.empty()) return 0;
  const double quarters = static_cast<double>((*since - day.front().begin).count()) /
                          static_cast<double>(Milliseconds(Activity::kPeriod).count());
  return std::min(quarters, static_cast<double>(day.size()));
}

struct Strip {
  Literal id;
  Literal title_id;
  Literal text_id;
  Literal name;
};

/// What all strips have: the picture's name and words for who cannot see it, what is not known, and the lines of time.
void begin_picture(Html& html, const Strip& strip, const std::string& words, std::span<const Activity::Period> day,
                   double before) {
  html.element("title", {{"id", strip.title_id.text()}}, strip.name.text());
  html.element("desc", {{"id", strip.text_id.text()}}, words);
  if (before > 0) add_box(html, "unknown", 0, 0, before, kHeight);
  for (std::size_t at = kGrid; at < day.size(); at += kGrid) {
    add_line(html, "grid", static_cast<double>(at), 0, static_cast<double>(at), kHeight);
  }
}

Html::Element open_picture(Html& html, const Strip& strip, const std::string& box) {
  const std::string label = fmt::format("{} {}", strip.title_id.text(), strip.text_id.text());
  return html.inside("svg", {{"class", strip.id.text()},
                             {"role", "img"},
                             {"aria-labelledby", label},
                             {"viewBox", box},
                             {"preserveAspectRatio", "none"}});
}

std::string box_of(std::span<const Activity::Period> day) {
  return fmt::format("0 0 {} {}", day.size(), static_cast<int>(kHeight));
}

void add_label(Html& html, std::string_view name, std::string_view sum, std::string_view more) {
  const auto label = html.inside("p", {{"class", "label"}});
  html.element("b", name);
  html.text(" ");
  html.text(sum);
  if (more.empty()) return;
  html.text(" ");
  html.element("span", {{"class", "muted"}}, more);
}

void add_count_strip(Html& html, const Strip& strip, std::span<const Activity::Period> day, double before,
                     std::uint64_t Counts::* member) {
  std::uint64_t all = 0;
  std::uint64_t most = 0;
  for (const Activity::Period& period : day) {
    all += period.counts.*member;
    most = std::max(most, period.counts.*member);
  }
  const std::string peak = most == 0 ? "" : fmt::format("at most {} in a quarter of an hour", grouped(most));
  add_label(html, strip.name.text(), most == 0 ? "none" : grouped(all), most == 0 ? "" : "(" + peak + ")");
  const std::string words = most == 0 ? std::string("None.") : fmt::format("{} in all, {}.", grouped(all), peak);
  const auto picture = open_picture(html, strip, box_of(day));
  begin_picture(html, strip, words, day, before);
  for (std::size_t at = 0; at < day.size(); ++at) {
    const std::uint64_t count = day[at].counts.*member;
    if (count == 0) continue;
    // One of very many is seen, too.
    const double height = std::max(3.0, kHeight * static_cast<double>(count) / static_cast<double>(most));
    add_box(html, "bar", static_cast<double>(at) + 0.1, kHeight - height, 0.8, height);
  }
  add_line(html, "base", 0, kHeight, static_cast<double>(day.size()), kHeight);
}

void add_delay_strip(Html& html, std::span<const Activity::Period> day, double before) {
  constexpr Strip kStrip{"delays", "t-delays", "d-delays", "Time to delivery"};
  Delays all;
  for (const Activity::Period& period : day) all.add(period.counts.delays);
  const auto half = all.within(0.5);
  const auto most = all.within(0.95);
  const auto slowest = all.slowest();
  const std::string words = half ? fmt::format("half within {}, 95 % within {}, the slowest {}", delay_words(*half),
                                               delay_words(*most), delay_words(*slowest))
                                 : std::string("none");
  add_label(html, kStrip.name.text(), words, half ? "(tick: half; bar: up to 95 %)" : "");
  const auto frame = html.inside("div", {{"class", "scaled"}});
  {
    const auto picture = open_picture(html, kStrip, box_of(day));
    begin_picture(html, kStrip, words + ".", day, before);
    for (const double line : kDelayLines) {
      add_line(html, "grid", 0, height_of(line), static_cast<double>(day.size()), height_of(line));
    }
    for (std::size_t at = 0; at < day.size(); ++at) {
      const Delays& delays = day[at].counts.delays;
      const auto middle = delays.within(0.5);
      if (!middle) continue;
      const double low = height_of(seconds(*middle));
      const double high = height_of(seconds(*delays.within(0.95)));
      add_box(html, "range", static_cast<double>(at) + 0.3, high, 0.4, low - high);
      add_box(html, "tick", static_cast<double>(at), low - 1.5, 1, 3);
    }
    add_line(html, "base", 0, kHeight, static_cast<double>(day.size()), kHeight);
  }
  const auto scale = html.inside("div", {{"class", "scale"}, {"aria-hidden", "true"}});
  html.element("span", {{"class", "one-d"}}, "1 d");
  html.element("span", {{"class", "one-h"}}, "1 h");
  html.element("span", {{"class", "one-m"}}, "1 min");
  html.element("span", {{"class", "one-s"}}, "1 s");
}

void add_times(Html& html, std::span<const Activity::Period> day) {
  const auto times = html.inside("div", {{"class", "times"}, {"aria-hidden", "true"}});
  // Each begins at its line.
  for (std::size_t at = 0; at < day.size(); at += kGrid) html.element("span", local_text(day[at].begin, "%H:%M"));
  html.element("span", "now");
}

void add_row(Html& html, const std::string& name, const Counts& counts) {
  const auto words = [](std::optional<Milliseconds> delay) { return delay ? delay_words(*delay) : std::string("–"); };
  const auto row = html.inside("tr");
  html.element("th", {{"scope", "row"}}, name);
  html.element("td", {{"class", "n"}}, grouped(counts.delivered));
  html.element("td", {{"class", "n"}}, grouped(counts.deferred));
  html.element("td", {{"class", "n"}}, grouped(counts.failed));
  html.element("td", {{"class", "n"}}, words(counts.delays.within(0.5)));
  {
    const auto cell = html.inside("td", {{"class", "n"}});
    html.text(words(counts.delays.within(0.95)));
    if (const auto slowest = counts.delays.slowest()) {
      html.element("p", {{"class", "narrow muted"}}, "slowest " + delay_words(*slowest));
    }
  }
  html.element("td", {{"class", "n wide"}}, words(counts.delays.slowest()));
}

/// The hour of the clock in which it begins, and which one of two that are called alike.
std::string hour_of(const Activity::Period& period) { return local_text(period.begin, "%F %H %z"); }

}  // namespace

std::optional<WallTime> counted_since(std::span<const Activity::Period> day, WallTime begun) {
  const auto first = std::ranges::find_if(day, [](const Activity::Period& one) { return !one.counts.none(); });
  if (first != day.end() && first->begin + Activity::kPeriod <= begun) begun = first->begin;
  return day.empty() || begun <= day.front().begin ? std::nullopt : std::optional(begun);
}

void add_day_picture(Html& html, std::span<const Activity::Period> day, std::optional<WallTime> since) {
  const double before = unknown(day, since);
  const auto figure = html.inside("div", {{"class", "strips"}});
  add_count_strip(html, {"delivered", "t-delivered", "d-delivered", "Delivered"}, day, before, &Counts::delivered);
  add_count_strip(html, {"deferred", "t-deferred", "d-deferred", "Deferred (attempts)"}, day, before,
                  &Counts::deferred);
  add_count_strip(html, {"failed", "t-failed", "d-failed", "Failed"}, day, before, &Counts::failed);
  add_delay_strip(html, day, before);
  add_times(html, day);
}

void add_day_table(Html& html, std::span<const Activity::Period> day, std::optional<WallTime> since) {
  const auto table = html.inside("table");
  html.element("caption",
               "By the hour: recipients (of the deferred, attempts), and how long it took from acceptance to delivery");
  {
    const auto head = html.inside("thead");
    const auto row = html.inside("tr");
    html.element("th", {{"scope", "col"}}, "From");
    html.element("th", {{"scope", "col"}, {"class", "n"}}, "Delivered");
    html.element("th", {{"scope", "col"}, {"class", "n"}}, "Deferred (attempts)");
    html.element("th", {{"scope", "col"}, {"class", "n"}}, "Failed");
    html.element("th", {{"scope", "col"}, {"class", "n"}}, "Half within");
    html.element("th", {{"scope", "col"}, {"class", "n"}}, "95 % within");
    html.element("th", {{"scope", "col"}, {"class", "n wide"}}, "Slowest");
  }
  const auto body = html.inside("tbody");
  Counts all;
  std::string before;
  for (std::size_t at = 0; at < day.size();) {
    const std::size_t begin = at;
    const std::string hour = hour_of(day[begin]);
    Counts counts;
    for (; at < day.size() && hour_of(day[at]) == hour; ++at) counts.add(day[at].counts);
    all.add(counts);
    if (counts.none()) continue;
    // Where the clocks are set back an hour comes twice.
    std::string name = mail::clock_time(day[begin].begin, day.back().begin);
    if (name == before) name += local_text(day[begin].begin, " %Z");
    before = name;
    add_row(html, name, counts);
  }
  add_row(html, since ? "Since " + mail::clock_time(*since, day.back().begin) : "Last day", all);
}

}  // namespace postern::metrics
