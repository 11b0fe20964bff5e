#include "control/render.h"

#include "base/text.h"
#include "control/fields.h"
#include "control/handling_words.h"
#include "control/render_check.h"
#include "control/summary.h"
#include "mail/status.h"
#include "mail/wrap.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace postern::control {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::int64_t kShownRecipients = 3;

std::string bracketed(const std::string& address) { return address.empty() ? "<>" : address; }

std::string row(std::string_view label, const std::string& text) {
  return text.empty() ? std::string() : fmt::format("{:<14}{}\n", label, text);
}

// "deferred: 451 4.7.1 try later"
std::string status_text(const object& status) {
  const std::string verdict = text_in(status, "verdict");
  if (verdict.empty()) return "not tried yet";
  mail::Status said;
  said.code = static_cast<int>(number_in(status, "code"));
  said.enhanced = text_in(status, "enhanced");
  said.text = text_in(status, "text");
  const std::string words = mail::to_text(said);
  return words.empty() ? verdict : verdict + ": " + words;
}

std::string entry(const object& line, WallTime now) {
  const std::optional<WallTime> accepted = time_in(line, "accepted");
  const std::optional<WallTime> next = time_in(line, "next");
  std::string recipients;
  std::int64_t count = 0;
  for (const value& one : array_in(line, "recipients")) {
    if (!one.is_object() || ++count > kShownRecipients) continue;
    recipients += (recipients.empty() ? "" : ", ") + text_in(one.get_object(), "address");
  }
  count = std::max(count, number_in(line, "recipient_count"));
  if (count > kShownRecipients) recipients += fmt::format(" and {} more", count - kShownRecipients);
  const std::string reason = text_in(line, "reason");
  const std::string age = accepted ? to_words(std::max(Seconds(0), std::chrono::floor<Seconds>(now - *accepted))) : "";
  std::string text = fmt::format("{:<16}  {:<7}  {:>7}  {:>6}  {:<9}  {} -> {}\n", text_in(line, "id"),
                                 text_in(line, "state"), age, short_size(number_in(line, "size")),
                                 next ? relative(*next, now) : "-", bracketed(text_in(line, "sender")), recipients);
  if (!reason.empty()) text += fmt::format("{:18}{}\n", "", mail::cut(reason, kListedWords));
  return text;
}

std::string source_text(const object& source) {
  std::string text = text_in(source, "kind");
  if (source.contains("uid")) text += fmt::format(", uid {}", number_in(source, "uid"));
  if (source.contains("pid")) text += fmt::format(", pid {}", number_in(source, "pid"));
  if (source.contains("peer")) text += ", " + text_in(source, "peer");
  return text;
}

std::string message(const object& line, WallTime now) {
  const std::optional<WallTime> accepted = time_in(line, "accepted");
  const std::optional<WallTime> next = time_in(line, "next");
  std::string text = row("id", text_in(line, "id")) + row("state", text_in(line, "state"));
  if (accepted) text += row("accepted", fmt::format("{} ({})", local_time(*accepted), relative(*accepted, now)));
  text += row("source", source_text(object_in(line, "source")));
  text += row("size", fmt::format("{} bytes", number_in(line, "size")));
  text += row("smarthost", text_in(line, "site"));
  text += row("rerouted to", text_in(line, "route"));
  if (next) text += row("next attempt", fmt::format("{} ({})", local_time(*next), relative(*next, now)));
  text += row("reason", text_in(line, "reason")) + row("in doubt", text_in(line, "doubt")) +
          row("what to do", text_in(line, "advice"));
  text += row("from", bracketed(text_in(line, "sender")));
  for (const value& one : array_in(line, "recipients")) {
    if (!one.is_object()) continue;
    const object& recipient = one.get_object();
    text +=
        row("to", fmt::format("{}  ({})", text_in(recipient, "address"), status_text(object_in(recipient, "last"))));
  }
  for (const value& one : array_in(line, "unread")) {
    if (one.is_string()) text += row("not read", printable(std::string_view(one.get_string())));
  }
  for (const value& one : array_in(line, "attempts")) {
    if (!one.is_object()) continue;
    const object& attempt = one.get_object();
    const std::optional<WallTime> time = time_in(attempt, "time");
    const std::string recipient = text_in(attempt, "recipient");
    text += row("attempt", fmt::format("{}  {}  {}", time ? local_time(*time) : "-",
                                       recipient.empty() ? "what could not be read" : recipient,
                                       status_text(object_in(attempt, "status"))));
  }
  text += "\n" + lines_in(line, "header");
  if (line.contains("body")) text += "\n" + lines_in(line, "body");
  if (flag_in(line, "truncated")) text += "(the rest is not shown)\n";
  return text;
}

constexpr std::size_t kShownSenders = 5;

/// A sender whose mail the smarthost does not take.
std::string sender(const object& line, std::string_view told, WallTime now) {
  const object& trouble = object_in(line, "trouble");
  const std::optional<WallTime> since = time_in(line, "since");
  const std::optional<WallTime> probe = time_in(line, "next_probe");
  const std::string who = text_in(line, "sender");
  std::string text = who.empty() ? "  mail of a sender is not taken"
                                 : fmt::format("  mail of {} is not taken: {}", who,
                                               mail::cut(text_in(trouble, "text"), kListedWords));
  if (since) text += ", since " + clock_time(*since, now);
  if (probe) text += ", next try " + relative(*probe, now);
  text += "\n";
  const std::string advice = text_in(trouble, "advice");
  if (told.find(advice) == std::string_view::npos) text += "    what to do: " + advice + "\n";
  return text;
}

std::string senders(const object& site, std::string_view told, WallTime now) {
  const boost::json::array& list = array_in(site, "senders");
  std::string text;
  for (std::size_t i = 0; i < std::min(list.size(), kShownSenders); ++i) {
    if (list[i].is_object()) text += sender(list[i].get_object(), told, now);
  }
  if (list.size() > kShownSenders) text += fmt::format("  and of {} more senders\n", list.size() - kShownSenders);
  return text;
}

/// What is in `told` already, words and advice, is not said twice.
std::string smarthost(const object& site, std::size_t width, std::string_view told, WallTime now) {
  const object& trouble = object_in(site, "trouble");
  const std::optional<WallTime> since = time_in(site, "since");
  const std::optional<WallTime> probe = time_in(site, "next_probe");
  const std::optional<WallTime> delivery = time_in(site, "last_delivery");
  std::string state = flag_in(site, "tried") ? "well" : "not tried";
  if (site.contains("weaker")) state = "weaker";
  if (!trouble.empty()) state = flag_in(trouble, "login_refused") ? "login refused" : "trouble";
  std::string text = fmt::format("{}  {:<13}  {:>7}  {:>6}  {}\n", padded(text_in(site, "name"), width), state,
                                 number_in(site, "waiting"), number_in(site, "active"),
                                 delivery ? relative(*delivery, now) : "none yet");
  const object& limited = object_in(site, "limited");
  if (const auto until = time_in(limited, "until")) {
    text += fmt::format("  {} until {} ({})\n", text_in(limited, "text"), clock_time(*until, now),
                        text_in(limited, "limit"));
  }
  if (trouble.empty()) return text + senders(site, told, now);
  const std::string words = mail::cut(text_in(trouble, "text"), kListedWords);
  text += "  " + (told.find(words) == std::string_view::npos ? words : std::string("as above"));
  // Where no connection was made the text says so already.
  if (const std::string step = text_in(trouble, "step"); step != "connect" && step != "resolve") text += " at " + step;
  if (since) text += ", since " + clock_time(*since, now);
  if (probe) text += ", next try " + relative(*probe, now);
  text += "\n";
  const std::string advice = text_in(trouble, "advice");
  if (told.find(advice) == std::string_view::npos) text += "  what to do: " + advice + "\n";
  return text + senders(site, told, now);
}

/// Empty: an alias says where it goes, and where that is may not be told.
std::string root_text(const object& root) {
  const std::string to = joined_in(root, "recipients", ", ");
  const bool alias = flag_in(root, "alias");
  if (to.empty() || (alias && !flag_in(root, "local"))) return to;
  const std::string file = text_in(root, "file");
  return to +
         (alias          ? "; the alias for root leads to a local user alone"
          : file.empty() ? "; there is no alias for root"
                         : "; there is no alias for root in the settings or, as far as it can be read, in " + file) +
         ": set one (aliases: { root: ADDRESS }) if that is no mailbox";
}

/// Nothing where nothing lies there.
std::string dropped_rows(const object& dropped, WallTime now) {
  std::string text;
  if (const std::string error = text_in(dropped, "error"); !error.empty()) text += row("drop", error);
  if (const std::int64_t waiting = number_in(dropped, "waiting"); waiting > 0) {
    const std::optional<WallTime> oldest = time_in(dropped, "oldest");
    text += row("drop", fmt::format("{} not taken up yet in {}{}", waiting, text_in(dropped, "directory"),
                                    oldest ? ", the first came " + relative(*oldest, now) : std::string()));
  }
  const object& refused = object_in(dropped, "refused");
  if (refused.empty()) return text;
  std::string owners;
  for (const value& one : array_in(refused, "owners")) {
    if (!one.is_object()) continue;
    owners += fmt::format("{}{} of uid {}", owners.empty() ? "" : ", ", number_in(one.get_object(), "files"),
                          number_in(one.get_object(), "uid"));
  }
  return text + row("refused", fmt::format("{} in {}; remove them when you have looked, or they go after {} days",
                                           owners, text_in(refused, "directory"), number_in(refused, "kept_days")));
}

std::string status(const object& line, WallTime now) {
  const object& totals = object_in(line, "queue");
  const std::optional<WallTime> started = time_in(line, "started");
  const std::string verdict = text_in(line, "verdict");
  std::string text = verdict + "\n\n";
  text += row("posternd", fmt::format("{} on {}{}", text_in(line, "version"), text_in(line, "hostname"),
                                      started ? ", started " + relative(*started, now) : std::string()));
  text += row("settings", text_in(line, "config")) + row("spool", text_in(line, "spool"));
  text += row("queue", fmt::format("{} waiting, {} active, {} on hold, {} failed, {} damaged",
                                   number_in(totals, "waiting"), number_in(totals, "active"), number_in(totals, "held"),
                                   number_in(totals, "failed"), number_in(totals, "corrupt")));
  text += dropped_rows(object_in(line, "dropped"), now);
  text += row("since start", fmt::format("{} accepted; recipients: {} delivered, {} deferred, {} bounced",
                                         number_in(totals, "accepted"), number_in(totals, "delivered"),
                                         number_in(totals, "deferred"), number_in(totals, "bounced")));
  text += row("root's mail", root_text(object_in(line, "root")));
  const boost::json::array& sites = array_in(line, "smarthosts");
  if (sites.empty()) return text;
  std::size_t width = std::string_view("SMARTHOST").size();
  for (const value& site : sites) {
    if (site.is_object()) width = std::max(width, text_in(site.get_object(), "name").size());
  }
  text += fmt::format("\n{}  {:<13}  WAITING  ACTIVE  LAST DELIVERY\n", padded("SMARTHOST", width), "STATE");
  for (const value& site : sites) {
    if (site.is_object()) text += smarthost(site.get_object(), width, verdict, now);
  }
  return text;
}

std::string more(const object& line, WallTime) {
  const std::string after = text_in(line, "after");
  if (after.empty()) return "There are more: a larger --limit shows them.\n";
  return fmt::format("There are more: the same command with --after {} shows them.\n", after);
}

constexpr std::string_view kToldLater = "given up; the sender will be told in a digest";
constexpr std::string_view kToldNever = "given up; the sender may not be told of it, and so it is kept in failed/";

/// What became of one message or of a selection.
std::string handled(const object& line, const HandlingWords& command) {
  if (line.contains("id")) {
    const std::string told = text_in(line, "told");
    const std::string_view words = told == "later" ? kToldLater : told == "never" ? kToldNever : command.done;
    return fmt::format("{}: {}\n", text_in(line, "id"), words);
  }
  const auto count_in = [&line](std::string_view key) {
    return static_cast<std::size_t>(std::max<std::int64_t>(0, number_in(line, key)));
  };
  const std::size_t later = count_in("told_later");
  const std::size_t never = count_in("told_never");
  const std::size_t left = count_in("left");
  const std::size_t done = count_in("count");
  const std::size_t plainly = done - std::min(done, later + never);
  std::string text;
  const auto add = [&text](std::size_t count, std::string_view words) {
    text += fmt::format("{}: {}\n", messages(count), words);
  };
  if (plainly > 0 || done + left == 0) add(plainly, command.done);
  if (later > 0) add(later, kToldLater);
  if (never > 0) add(never, kToldNever);
  if (left > 0) add(left, left == 1 ? "left as it was" : "left as they were");
  return text;
}

std::string problem(const object& line, WallTime) {
  return fmt::format("{}: {}\n", text_in(line, "id"), text_in(line, "text"));
}

std::string device(const object& line, WallTime) {
  const std::string complete = text_in(line, "complete_url");
  std::string text = fmt::format(
      "To let posternd log in at {}, open this page in any browser, on any device:\n\n    {}\n\nand enter the code\n\n"
      "    {}\n\n",
      text_in(line, "site"), text_in(line, "url"), text_in(line, "code"));
  if (!complete.empty()) text += fmt::format("The page with the code in it: {}\n", complete);
  if (const std::int64_t left = number_in(line, "expires"); left > 0) {
    text += fmt::format("The code is good for {}.\n", to_words(Seconds(left)));
  }
  return text;
}

std::string metrics(const object& line, WallTime) { return lines_in(line, "text"); }

std::string notice(const object& line, WallTime) { return text_in(line, "text") + "\n"; }

std::string transport_text(const object& line) {
  std::string text = text_in(line, "host");
  if (const std::string tls = text_in(line, "tls"); !tls.empty()) text += ", " + tls;
  if (const std::string mechanism = text_in(line, "mechanism"); !mechanism.empty()) text += ", AUTH " + mechanism;
  return text;
}

std::string event(const object& line, WallTime) {
  const std::string what = text_in(line, "event");
  if (what == "queued") return "queued as " + text_in(line, "id") + "\n";
  if (what == "attempt") return "an attempt begins\n";
  if (what == "removed") return "the message has left the queue\n";
  const std::string transport = transport_text(line);
  const std::string through = transport.empty() ? "" : "  through " + transport + "\n";
  if (what == "site_trouble") {
    const object& trouble = object_in(line, "trouble");
    const std::string advice = text_in(trouble, "advice");
    return "not sent: " + text_in(trouble, "text") + "\n" + through +
           (advice.empty() ? "" : "  what to do: " + advice + "\n") +
           "the message stays in the queue and will be tried again\n";
  }
  const std::string advice = text_in(line, "advice");
  return text_in(line, "recipient") + ": " + status_text(object_in(line, "status")) + "\n" + through +
         (advice.empty() ? "" : "  what to do: " + advice + "\n");
}

struct Kind {
  std::string_view name;
  std::string (*render)(const object& line, WallTime now);
};

std::string nothing(const object&, WallTime) { return {}; }

constexpr std::array kKinds{
    Kind{"status", status},   Kind{"entry", entry},        Kind{"message", message},
    Kind{"more", more},       Kind{"problem", problem},    Kind{"checking", nothing},
    Kind{"waiting", nothing}, Kind{"check", render_check}, Kind{"event", event},
    Kind{"notice", notice},   Kind{"device", device},      Kind{"explain", render_explain},
    Kind{"metrics", metrics}, Kind{"text", render_text},   Kind{"recipients", render_recipients},
};

constexpr std::string_view kListHeading =
    "ID                STATE        AGE    SIZE  NEXT       SENDER -> RECIPIENTS, REASON\n";

}  // namespace

std::string Renderer::line(const object& object) {
  const std::string kind = text_in(object, "kind");
  if (kind == "checking") waiting_for_ = text_in(object, "site");
  if (kind == "device") waiting_for_ = "you to agree";
  if (kind == "event") waiting_for_ = object.contains("host") ? text_in(object, "host") : "the smarthost";
  const auto* const command = std::ranges::find(kHandlingWords, kind, &HandlingWords::kind);
  if (command != kHandlingWords.end()) return handled(object, *command);
  const auto* const found = std::ranges::find(kKinds, kind, &Kind::name);
  if (found == kKinds.end()) return {};
  std::string text;
  if (kind == "entry" && !heading_shown_) {
    text = kListHeading;
    heading_shown_ = true;
  }
  return text + found->render(object, now_);
}

std::string Renderer::end() const {
  return command_ == "queue list" && !heading_shown_ ? "The queue is empty.\n" : std::string();
}

}  // namespace postern::control
