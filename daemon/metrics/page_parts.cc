#include "metrics/page_parts.h"

#include "base/json_members.h"
#include "base/text.h"
#include "mail/list_text.h"
#include "mail/status_words.h"
#include "metrics/day_picture.h"
#include "metrics/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace postern::metrics {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr std::size_t kShownAddresses = 3;

void add_time(Html& html, std::optional<WallTime> time, WallTime now) {
  const auto cell = html.inside("td", {{"class", "time"}});
  if (!time) return;
  const std::string machine = to_rfc3339(*time);
  html.element("time", {{"datetime", machine}}, mail::clock_time(*time, now));
}

/// "to a@b.example and 3 more"
void add_recipients(Html& html, const object& entry) {
  const array& recipients = array_in(entry, "recipients");
  const std::size_t all = entry.contains("recipient_count") ? count_in(entry, "recipient_count") : recipients.size();
  const auto line = html.inside("p");
  html.text("to ");
  const std::size_t shown = std::min(recipients.size(), kShownAddresses);
  for (std::size_t i = 0; i < shown; ++i) {
    if (!recipients[i].is_object()) continue;
    if (i > 0) html.text(", ");
    html.quote(raw_text_in(recipients[i].get_object(), "address"));
  }
  if (shown == 0) html.text(fmt::format("{} {}", all, all == 1 ? "recipient" : "recipients"));
  if (shown > 0 && all > shown) html.text(fmt::format(" and {} more", all - shown));
}

/// Nothing where nobody knows it.
void add_sender(Html& html, const object& entry) {
  if (!entry.contains("sender")) return;
  const auto line = html.inside("p", {{"class", "muted"}});
  html.text("from ");
  html.quote(mail::bracketed(raw_text_in(entry, "sender")));
}

/// It is copied into a command, and read by eye: no line ends within it.
void add_id(Html& html, const object& entry, const std::string& behind) {
  const auto line = html.inside("p", {{"class", "muted"}});
  html.element("span", {{"class", "id"}}, raw_text_in(entry, "id"));
  html.text(behind);
}

bool was_tried(const object& entry) {
  return std::ranges::any_of(array_in(entry, "recipients"),
                             [](const value& one) { return one.is_object() && one.get_object().contains("last"); });
}

void add_waiting_row(Html& html, const object& entry, WallTime now) {
  const auto row = html.inside("tr");
  add_time(html, time_in(entry, "accepted"), now);
  {
    const auto cell = html.inside("td");
    add_recipients(html, entry);
    add_sender(html, entry);
    add_id(html, entry, entry.contains("size") ? ", " + mail::short_size(number_in(entry, "size")) : "");
  }
  const auto cell = html.inside("td");
  const std::string site = raw_text_in(entry, "site");
  const std::string reason = raw_text_in(entry, "reason");
  {
    const auto line = html.inside("p");
    if (!site.empty() && reason.find(site) == std::string::npos) html.text(site + ": ");
    if (reason.empty()) html.text(was_tried(entry) ? "no reason is known" : "not tried yet");
    if (!reason.empty()) html.quote(reason);
  }
  if (const auto next = time_in(entry, "next")) {
    html.element("p", {{"class", "muted"}},
                 *next > now ? "next try " + mail::relative(*next, now) : "its turn has come");
  }
}

void add_failure_row(Html& html, const object& record, WallTime now) {
  const auto row = html.inside("tr");
  add_time(html, time_in(record, "time"), now);
  {
    const auto cell = html.inside("td");
    add_recipients(html, record);
    // A subject has whichever direction it begins with.
    if (const std::string subject = raw_text_in(record, "subject"); !subject.empty()) {
      const auto line = html.inside("p");
      html.element("bdi", subject);
    }
    add_sender(html, record);
    add_id(html, record, {});
  }
  const auto cell = html.inside("td");
  const auto line = html.inside("p");
  const std::string site = raw_text_in(record, "site");
  const std::string reply = raw_text_in(record, "reply");
  if (!site.empty() && reply.find(site) == std::string::npos) html.text(site + ": ");
  if (!reply.empty()) html.quote(reply);
  if (reply.empty()) html.text(raw_text_in(record, "state") + ", and nothing was said of it");
}

void add_muted(Html& html, const std::string& words) {
  const auto line = html.inside("p", {{"class", "none"}});
  html.sentence(words);
}

std::string_view verb(std::uint64_t count, std::string_view one, std::string_view many) {
  return count == 1 ? one : many;
}

std::string messages(std::uint64_t count) { return grouped(count) + (count == 1 ? " message" : " messages"); }

/// How many there are, as status tells every user.
void add_waiting_count(Html& html, const object& totals, WallTime now) {
  const std::uint64_t waiting = count_in(totals, "waiting");
  if (waiting == 0) return;
  const auto oldest = time_in(totals, "oldest");
  html.element("p", fmt::format("{} {}{}.", messages(waiting), verb(waiting, "waits", "wait"),
                                oldest ? ", the oldest since " + mail::clock_time(*oldest, now) : std::string()));
  add_muted(html, fmt::format("`postern queue list` shows {} and why {}: root all of them, a user the own.",
                              verb(waiting, "it", "them"), verb(waiting, "it waits", "each waits")));
}

/// What is not among those that wait for an attempt, and waits, too.
void add_other_waits(Html& html, const object& totals, WallTime now) {
  if (const std::uint64_t storm = count_in(totals, "storm"); storm > 0) {
    add_muted(html, fmt::format("{}: `postern queue list --state storm` shows {}.",
                                mail::waits_in_storms(storm, time_in(totals, "storm_until"), now),
                                verb(storm, "it", "them")));
  }
  if (const std::uint64_t owed = count_in(totals, "owed"); owed > 0) {
    add_muted(html, fmt::format("Of {} only the report to the sender is still to come.", messages(owed)));
  }
}

bool nothing_waits(const object& totals) {
  return count_in(totals, "waiting") == 0 && count_in(totals, "storm") == 0 && count_in(totals, "owed") == 0;
}

void add_waiting_table(Html& html, const array& listed, const object& totals, WallTime now) {
  const auto table = html.inside("table", {{"class", "messages"}});
  // Those of which a report is owed are listed, too.
  const std::uint64_t all = count_in(totals, "waiting") + count_in(totals, "owed");
  html.element("caption", all > listed.size() ? fmt::format("The oldest {} of {}", listed.size(), grouped(all))
                                              : std::string("The oldest first"));
  add_head(html, {{"Accepted", ""}, {"Message", ""}, {"Why it waits", ""}});
  const auto body = html.inside("tbody");
  for (const value& one : listed) {
    if (one.is_object()) add_waiting_row(html, one.get_object(), now);
  }
}

/// Without names. Of what failed before the daemon started nothing is known.
void add_failure_count(Html& html, const PageContents& contents) {
  std::uint64_t failed = 0;
  for (const Activity::Period& period : contents.day) failed += period.counts.failed;
  const std::string count =
      failed == 0 ? "No recipient was" : grouped(failed) + (failed == 1 ? " recipient was" : " recipients were");
  const auto since = counted_since(contents.day, contents.begun);
  const std::string when = since ? fmt::format("since the daemon started at {}; what was before that is not known here",
                                               mail::clock_time(*since, contents.now))
                                 : std::string("in the last day");
  add_muted(html,
            fmt::format("{} given up at a smarthost {}. `postern history --state failed` shows what failed: root all "
                        "of it, a user the own.",
                        count, when));
}

}  // namespace

void add_head(Html& html, std::initializer_list<Column> columns) {
  const auto head = html.inside("thead");
  const auto row = html.inside("tr");
  for (const Column& column : columns) {
    html.element("th", {{"scope", "col"}, {"class", column.kind.text()}}, column.name.text());
  }
}

std::uint64_t count_in(const object& from, std::string_view key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number_in(from, key), 0));
}

void add_waiting(Html& html, const PageContents& contents) {
  const auto section = html.inside("section", {{"aria-labelledby", "waiting"}});
  html.element("h2", {{"id", "waiting"}}, "What waits, and why");
  const object& totals = object_in(contents.status, "queue");
  const array none;
  const array& listed = contents.names && contents.waiting ? *contents.waiting : none;
  if (contents.names && !contents.waiting) {
    add_muted(html, "Which messages wait is not known: the disk of the queue does not answer.");
  } else if (listed.empty() && nothing_waits(totals)) {
    return add_muted(html, "Nothing waits.");
  }
  if (listed.empty()) {
    add_waiting_count(html, totals, contents.now);
  } else {
    add_waiting_table(html, listed, totals, contents.now);
  }
  add_other_waits(html, totals, contents.now);
}

void add_failures(Html& html, const PageContents& contents) {
  const auto section = html.inside("section", {{"aria-labelledby", "failures"}});
  html.element("h2", {{"id", "failures"}}, "Last failures");
  if (!contents.names) return add_failure_count(html, contents);
  if (!contents.history_trouble.empty()) {
    html.element("p", {{"class", "none"}}, contents.history_trouble);
    if (!contents.failures || contents.failures->empty()) return;
  }
  if (!contents.failures) {
    html.element("p", {{"class", "none"}}, "No history is kept, so that nothing is known of mail that is gone.");
    return;
  }
  if (contents.failures->empty()) {
    html.element("p", {{"class", "none"}}, "None in the last day.");
    return;
  }
  const auto table = html.inside("table", {{"class", "messages"}});
  html.element("caption", "Recipients given up for good in the last day, the last first");
  add_head(html, {{"When", ""}, {"Message", ""}, {"What was said", ""}});
  const auto body = html.inside("tbody");
  for (std::size_t i = 0; i < std::min(contents.failures->size(), kShownMessages); ++i) {
    const value& one = (*contents.failures)[i];
    if (one.is_object()) add_failure_row(html, one.get_object(), contents.now);
  }
}

}  // namespace postern::metrics
