#include "metrics/status_page.h"

#include "base/json_members.h"
#include "base/json_text.h"
#include "base/zone.h"
#include "mail/list_text.h"
#include "mail/status_words.h"
#include "metrics/day_picture.h"
#include "metrics/figures.h"
#include "metrics/html.h"
#include "metrics/page_parts.h"
#include "metrics/page_style.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace postern::metrics {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr std::size_t kFinding = 800;
constexpr std::size_t kShownRecipients = 3;  // of root's mail

/// Of `level`, an exit code of `postern status` (control/exits.h).
std::string_view level_word(std::int64_t level) { return level == 0 ? "OK" : level == 1 ? "Trouble" : "Attention"; }
std::string_view level_class(std::int64_t level) {
  return level == 0 ? "verdict" : level == 1 ? "verdict trouble" : "verdict bad";
}

/// A finding may hold what a server or a settings file says; the advice is ours.
void add_finding(Html& html, const object& finding, Literal text_class) {
  {
    const auto line = html.inside("p", {{"class", text_class.text()}});
    html.quote(raw_text_in(finding, "text"), kFinding);
  }
  const std::string advice = raw_text_in(finding, "advice");
  if (advice.empty()) return;
  const auto line = html.inside("p", {{"class", "advice"}});
  html.sentence("What to do: " + advice, kFinding);
}

void add_finding_list(Html& html, std::span<const value> findings) {
  const auto list = html.inside("ul", {{"role", "list"}});
  for (const value& one : findings) {
    if (!one.is_object()) continue;
    const auto item = html.inside("li");
    add_finding(html, one.get_object(), "also");
  }
}

void add_other_findings(Html& html, std::span<const value> others) {
  if (others.empty()) return;
  const std::span<const value> shown = others.first(std::min(others.size(), kShownFindings - 1));
  add_finding_list(html, shown);
  const std::span<const value> folded = others.subspan(shown.size());
  if (folded.empty()) return;
  const std::span<const value> listed = folded.first(std::min(folded.size(), kFoldedFindings));
  const auto details = html.inside("details");
  html.element("summary", fmt::format("{} more", grouped(folded.size())));
  add_finding_list(html, listed);
  if (folded.size() == listed.size()) return;
  const auto line = html.inside("p", {{"class", "advice"}});
  html.sentence(fmt::format("And {} more: `postern status` has all.", grouped(folded.size() - listed.size())));
}

/// As `postern status` says it: the worst first.
void add_verdict(Html& html, const object& status, bool names) {
  const std::int64_t level = number_in(status, "level");
  const auto section = html.inside("section", {{"class", level_class(level)}, {"aria-labelledby", "verdict"}});
  html.element("h2", {{"id", "verdict"}}, level_word(level));
  const array& findings = array_in(status, "findings");
  if (!findings.empty()) {
    if (findings.front().is_object()) add_finding(html, findings.front().get_object(), "first");
    add_other_findings(html, std::span(findings.data(), findings.size()).subspan(1));
  }
  if (names) return;
  const auto line = html.inside("p", {{"class", "advice muted"}});
  html.sentence("As every user is told; `postern status` may tell root of more.");
}

void add_counts(Html& html, const object& totals, WallTime now) {
  const auto list = html.inside("ul", {{"class", "counts"}, {"role", "list"}});
  const auto add = [&](Literal name, const std::string& text) {
    const auto item = html.inside("li");
    html.text(name.text());
    html.text(" ");
    html.element("b", text);
  };
  const auto count = [&](std::string_view key) { return grouped(count_in(totals, key)); };
  add("Waiting", count("waiting"));
  add("Active", count("active"));
  if (number_in(totals, "storm") > 0) add("In storms", count("storm"));
  add("On hold", count("held"));
  add("Failed", count("failed"));
  add("Damaged", count("corrupt"));
  if (const auto oldest = time_in(totals, "oldest")) add("Oldest since", mail::clock_time(*oldest, now));
}

void add_day(Html& html, const PageContents& contents) {
  const auto section = html.inside("section", {{"aria-labelledby", "day"}});
  html.element("h2", {{"id", "day"}}, "The last day");
  const auto since = counted_since(contents.day, contents.begun);
  html.element(
      "p", {{"class", "none"}},
      since ? fmt::format("Recipients by the quarter of an hour, counted since the daemon started at {}: what is "
                          "before that, within the dashes, is not known.",
                          mail::clock_time(*since, contents.now))
            : std::string("Recipients by the quarter of an hour."));
  add_day_picture(html, contents.day, since);
  const auto details = html.inside("details", {{"class", "numbers"}});
  html.element("summary", "The same in numbers, by the hour");
  add_day_table(html, contents.day, since);
}

/// That it cannot be known is a finding.
void add_dropped(Html& html, const object& dropped, WallTime now) {
  const std::uint64_t waiting = count_in(dropped, "waiting");
  const std::uint64_t refused = count_in(object_in(dropped, "refused"), "files");
  if (waiting == 0 && refused == 0) return;
  const auto line = html.inside("p");
  if (waiting > 0) {
    const auto oldest = time_in(dropped, "oldest");
    html.text(fmt::format("Dropped by sendmail and not taken up yet: {}{}. ", grouped(waiting),
                          oldest ? ", the first came " + mail::relative(*oldest, now) : std::string()));
  }
  if (refused > 0) html.text(fmt::format("Dropped files that were no mail and are kept: {}.", grouped(refused)));
}

void add_roots_mail(Html& html, const array& recipients) {
  if (recipients.empty()) return;
  const auto line = html.inside("p");
  html.text("Mail for root goes to ");
  for (std::size_t i = 0; i < std::min(recipients.size(), kShownRecipients); ++i) {
    if (i > 0) html.text(", ");
    if (recipients[i].is_string()) html.quote(recipients[i].get_string());
  }
  if (recipients.size() > kShownRecipients)
    html.text(fmt::format(" and {} more", recipients.size() - kShownRecipients));
  html.text(".");
}

void add_foot(Html& html, const PageContents& contents) {
  const object& status = contents.status;
  const object& totals = object_in(status, "queue");
  const auto foot = html.inside("footer");
  {
    const auto line = html.inside("p");
    html.text(fmt::format("Postern {}", raw_text_in(status, "version")));
    if (const auto started = time_in(status, "started")) {
      const auto counted = [&totals](std::string_view key, std::string_view one, std::string_view many) {
        const std::uint64_t count = count_in(totals, key);
        return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
      };
      html.text(fmt::format(", started {}; since then {} accepted, {} delivered, {} bounced, {} deferred.",
                            mail::relative(*started, contents.now), counted("accepted", "message", "messages"),
                            counted("delivered", "recipient", "recipients"),
                            counted("bounced", "recipient", "recipients"), counted("deferred", "attempt", "attempts")));
    }
  }
  add_dropped(html, object_in(status, "dropped"), contents.now);
  add_roots_mail(html, array_in(object_in(status, "root"), "recipients"));
  {
    const auto line = html.inside("p");
    html.text("Settings ");
    html.element("code", raw_text_in(status, "config"));
    html.text(", queue ");
    html.element("code", raw_text_in(status, "spool"));
  }
  {
    const auto line = html.inside("p");
    html.sentence(contents.names
                      ? "Names are shown to every user of this machine (`metrics.page: all`)."
                      : "No message is told of by itself, and of what servers say from the login on the codes alone "
                        "(`metrics.page: counts`).");
  }
  const auto line = html.inside("p");
  html.text("For programs: ");
  html.element("a", {{"href", "/api/status"}}, "status");
  if (contents.names) html.text(", ");
  if (contents.names) html.element("a", {{"href", "/api/history"}}, "history");
  html.text(", ");
  html.element("a", {{"href", "/metrics"}}, "metrics");
}

void add_document_head(Html& html, const std::string& title) {
  const auto head = html.inside("head");
  html.lone("meta", {{"charset", "utf-8"}});
  html.lone("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  html.lone("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  html.element("title", title);
  // An empty picture: without it a browser would ask for one.
  html.lone("link", {{"rel", "icon"}, {"href", "data:,"}});
  html.raw("<style>");
  html.raw(page_style());
  html.raw("</style>");
}

object day_object(const Activity::Period& period) {
  object one;
  one["from"] = to_rfc3339(period.begin);
  one["delivered"] = period.counts.delivered;
  one["deferred"] = period.counts.deferred;
  one["failed"] = period.counts.failed;
  const auto put = [&one](std::string_view key, std::optional<Milliseconds> delay) {
    if (delay) one[key] = static_cast<double>(delay->count()) / 1000;
  };
  put("half_within", period.counts.delays.within(0.5));
  put("most_within", period.counts.delays.within(0.95));
  put("slowest", period.counts.delays.slowest());
  return one;
}

}  // namespace

std::string status_page(const PageContents& contents) {
  const object& status = contents.status;
  const std::string host = raw_text_in(status, "hostname");
  Html html;
  html.raw("<!DOCTYPE html>\n");
  {
    const auto document = html.inside("html", {{"lang", "en"}});
    add_document_head(html, fmt::format("{}: mail of {}", level_word(number_in(status, "level")), host));
    const auto body = html.inside("body");
    {
      const auto header = html.inside("header");
      html.element("h1", "Mail of " + host);
      const auto line = html.inside("p");
      const std::string machine = to_rfc3339(contents.now);
      html.text("as of ");
      html.element("time", {{"datetime", machine}}, local_text(contents.now, "%H:%M:%S"));
      html.text(" ");
      html.element("a", {{"href", "/"}}, "Look again");
    }
    {
      const auto main = html.inside("main");
      add_verdict(html, status, contents.names);
      add_counts(html, object_in(status, "queue"), contents.now);
      add_smarthosts(html, contents);
      add_waiting(html, contents);
      add_day(html, contents);
      add_failures(html, contents);
    }
    add_foot(html, contents);
  }
  html.raw("\n");
  return html.take();
}

object status_document(const PageContents& contents) {
  object document = contents.status;
  document["kind"] = "page_status";
  if (contents.names && contents.waiting) document["oldest_waiting"] = *contents.waiting;
  array day;
  for (const Activity::Period& period : contents.day) day.emplace_back(day_object(period));
  document["day"] = std::move(day);
  if (const auto since = counted_since(contents.day, contents.begun)) document["day_since"] = to_rfc3339(*since);
  return document;
}

}  // namespace postern::metrics
